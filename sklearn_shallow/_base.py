"""What the estimators share: parameters, and `fit` as a recipe."""

import warnings
from numbers import Integral, Real

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sklearn_shallow._layout import Layout
from sklearn_shallow._model import Model
from sklearn_shallow._network import Network
from sklearn_shallow._objective import Objective
from sklearn_shallow._optimizers import OPTIMIZERS, SGD, Adam
from sklearn_shallow._rows import canonical_rows, take_rows
from sklearn_shallow._scaling import Standardization
from sklearn_shallow._solvers import run_epoch, solve_lbfgs, solve_stochastic
from sklearn_shallow._validation import (
    ACTIVATION_CONSTRAINT,
    Interval,
    StrOptions,
    check_activations,
    check_fit_data,
    check_hidden_units,
    check_init,
    check_parameters,
    check_rows,
    check_weight,
)

__all__ = ["BaseShallowNet"]

AUTO_BATCH_SIZE = 200
CANONICAL_ROWS = 2000  # beyond this a fit does not hinge on rounding, and ordering takes time
STREAMS = ("initial", "split", "shuffle", "dropout")


class BaseShallowNet(BaseEstimator):
    """Base of the estimators; a subclass says what a target is."""

    _parameter_constraints: dict = {
        "hidden_layer_sizes": "no_validation",  # check_hidden_units
        "activation": ACTIVATION_CONSTRAINT,
        "solver": [StrOptions({*OPTIMIZERS, "lbfgs"})],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto", "full"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "nesterovs_momentum": ["boolean"],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "init": "no_validation",  # check_init
        "standardize": ["boolean"],
        "dtype": [StrOptions({"auto", "float32", "float64"})],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
    }

    def fit(self, X, y, sample_weight=None):
        """Train the network from new initial values.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data; sparse input is not made dense.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight 2 counts a row twice, weight 0 leaves it out.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data cannot be used; the message names it and the way out.
        """
        check_parameters(self)
        X, y = check_fit_data(self, X, y, reset=True)
        target = self._make_target(y)
        X, y, weights = self._weigh(X, y, target, sample_weight)
        batch_size = self._batch_size(X.shape[0])
        full_batch = batch_size == X.shape[0]
        streams = random_streams(self.random_state)
        model = self._new_model(X, target, streams["initial"])
        # Double precision costs a full batch next to nothing, and rounding is what limits it.
        Y = target.encode(y, np.float64 if full_batch else model.theta.dtype)
        if full_batch and len(Y) <= CANONICAL_ROWS:
            X, Y, weights = canonical_rows(X, Y, weights)
            batch_size = len(Y)
        objective = self._objective(model, X, Y, weights, target)
        result = self._solve(objective, model.theta, streams["shuffle"], batch_size)
        self._keep(model, target, result.theta)
        self._optimizer, self._shuffle_stream = None, streams["shuffle"]
        self.n_iter_ = result.n_iter
        self.loss_ = result.value
        self.loss_curve_ = result.loss_curve
        if not result.converged:
            self._warn_not_converged(result)
        return self

    def _is_stochastic(self):
        if self.solver in OPTIMIZERS:
            return True
        raise AttributeError(
            f"partial_fit needs a stochastic solver, one of {sorted(OPTIMIZERS)}; "
            f"solver={self.solver!r} works on all rows at once."
        )

    def _partial_fit(self, X, y, make_target, sample_weight):
        """Pass once over the rows, from where the last call ended."""
        check_parameters(self)
        first = not self.__sklearn_is_fitted__()
        X, y = check_fit_data(self, X, y, reset=first)
        target = make_target(y)
        X, y, weights = self._weigh(X, y, target, sample_weight)
        if first:
            streams = random_streams(self.random_state)
            model = self._new_model(X, target, streams["initial"])
            optimizer, stream = None, streams["shuffle"]
        else:
            model, optimizer, stream = self._model.copy(), self._optimizer, self._shuffle_stream
        Y = target.encode(y, model.theta.dtype)
        objective = self._objective(model, X, Y, weights, target)
        if optimizer is None:
            optimizer = self._make_optimizer(model.theta)
        value = run_epoch(
            objective,
            model.theta,
            optimizer,
            stream if self.shuffle else None,
            learning_rate=self.learning_rate_init,
            batch_size=self._batch_size(X.shape[0]),
        )
        self._keep(model, target, model.theta)
        self._optimizer, self._shuffle_stream = optimizer, stream
        self.n_iter_ = 1 if first else self.n_iter_ + 1
        self.loss_ = value
        self.loss_curve_ = [value] if first else [*self.loss_curve_, value]
        return self

    def _weigh(self, X, y, target, sample_weight):
        """Return the rows of positive weight, and their weights: (sample, sample times class).

        The inputs are standardised by the sample weights alone: how much an error on a class costs
        does not change where its rows lie.
        """
        sample_weight = check_weight(sample_weight, X)
        weight = self._class_weighted(target, y, sample_weight)
        if weight is None or weight.all():
            return X, y, (sample_weight, weight)
        if not weight.any():
            raise ValueError(
                "class_weight and sample_weight leave no row with a positive weight. "
                "Give at least one class that is present a positive weight."
            )
        return take_rows(np.flatnonzero(weight), X, y, (sample_weight, weight))

    def _new_model(self, X, target, stream):
        hidden = check_hidden_units(self.hidden_layer_sizes)
        activations = check_activations(self.activation, hidden)
        layout = Layout((X.shape[1], *hidden, target.n_outputs))
        theta = layout.initial(stream, check_init(self.init), activations)
        scaling = Standardization(X.shape[1], center=not sparse.issparse(X))
        return Model(Network(layout, activations), scaling, theta.astype(self._dtype(X)))

    def _dtype(self, X):
        return X.dtype if self.dtype == "auto" else np.dtype(self.dtype)

    def _batch_size(self, n_rows):
        if self.batch_size == "full" or self.solver not in OPTIMIZERS:
            return n_rows
        return min(n_rows, AUTO_BATCH_SIZE if self.batch_size == "auto" else self.batch_size)

    def _objective(self, model, X, Y, weights, target):
        """Update the scaling and return the objective, in the dtype of Y."""
        sample_weight, weight = weights
        if self.standardize:
            model.scaling.update(X, sample_weight)
        weight = None if weight is None else weight.astype(Y.dtype)
        X = model.scaling.apply(X, Y.dtype)
        loss = self._make_loss(target)
        return Objective(model.network, loss, X, Y, weight, alpha=self.alpha)

    def _solve(self, objective, theta, stream, batch_size):
        theta = theta.astype(objective.dtype)
        if self.solver == "lbfgs":
            return solve_lbfgs(objective, theta, max_iter=self.max_iter, tol=self.tol)
        return solve_stochastic(
            objective,
            theta,
            self._make_optimizer(theta),
            stream if self.shuffle else None,
            learning_rate=self.learning_rate_init,
            batch_size=batch_size,
            max_iter=self.max_iter,
            tol=self.tol,
            n_iter_no_change=self.n_iter_no_change,
        )

    def _make_optimizer(self, theta):
        if self.solver == "sgd":
            optimizer = SGD(momentum=self.momentum, nesterov=self.nesterovs_momentum)
        else:
            optimizer = Adam(beta_1=self.beta_1, beta_2=self.beta_2, epsilon=self.epsilon)
        optimizer.start(theta)
        return optimizer

    def _keep(self, model, target, theta):
        """Set the fitted attributes."""
        model.theta = theta.astype(model.theta.dtype, copy=False)
        self._model, self._target = model, target
        self.n_layers_ = len(model.network.layout.units)
        self.n_outputs_ = target.n_outputs
        self.out_activation_ = target.link

    def _warn_not_converged(self, result):
        warnings.warn(
            f"{type(self).__name__}(solver={self.solver!r}) had not converged after "
            f"{result.n_iter} iterations: {result.message}. Increase max_iter={self.max_iter} or "
            f"tol={self.tol}, or change learning_rate_init={self.learning_rate_init}.",
            ConvergenceWarning,
            stacklevel=3,
        )

    def _raw(self, X):
        check_is_fitted(self)
        return self._model.raw(check_rows(self, X))

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_model")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    @property
    def coefs_(self):
        """Weights per layer, (n_in, n_out) each; the first layer's apply to X as it is passed."""
        return self._unscaled("coefs_").W

    @property
    def intercepts_(self):
        """Biases per layer, (n_out,) each; they belong to X as it is passed."""
        return self._unscaled("intercepts_").b

    def _unscaled(self, name):
        if not self.__sklearn_is_fitted__():
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r} before fit.")
        return self._model.network.layout.unpack(self._model.unscaled())


def random_streams(random_state):
    """Return independent generators by purpose; using one more or less of one moves no other."""
    entropy = check_random_state(random_state).randint(np.iinfo(np.int32).max, size=4)
    children = np.random.SeedSequence(entropy.tolist()).spawn(len(STREAMS))
    return dict(zip(STREAMS, map(np.random.default_rng, children), strict=True))
