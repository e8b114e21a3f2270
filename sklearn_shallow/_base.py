"""What the estimators share: parameters, and `fit` as a recipe."""

from contextlib import contextmanager
from copy import deepcopy
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sklearn_shallow._callbacks import visible
from sklearn_shallow._early_stopping import probe
from sklearn_shallow._options import SOLVER_OPTIONS, warn_of_unused_options
from sklearn_shallow._preparation import (
    CANONICAL_ROWS,
    batch_rows,
    hold_out,
    make_model,
    make_objective,
    make_scaling,
    precision,
    row_weights,
)
from sklearn_shallow._rows import canonical_rows, take_rows
from sklearn_shallow._schedules import SCHEDULES, Schedule
from sklearn_shallow._solvers import Diverged, SolverResult, run_epoch
from sklearn_shallow._threads import blas_threads
from sklearn_shallow._training import (
    Training,
    explain,
    make_monitor,
    make_optimizer,
    make_progress,
    schedule,
    solve,
    warn_not_converged,
)
from sklearn_shallow._validation import (
    ACTIVATION_CONSTRAINT,
    HAS_CALLBACKS,
    CallbackSupportMixin,
    Interval,
    StrOptions,
    check_fit_data,
    check_initial_parameters,
    check_parameters,
    check_rows,
    with_callbacks,
)

__all__ = ["BaseShallowNet"]

STREAMS = ("initial", "split", "shuffle", "dropout")
GOING_ON = ("shuffle", "dropout")
STATE = ("_model", "_target", "_training", "_entropy", "_weight_seen")


class BaseShallowNet(CallbackSupportMixin, BaseEstimator):
    """Base of the estimators; a subclass says what a target is."""

    _parameter_constraints: dict = {
        "hidden_layer_sizes": "no_validation",  # check_hidden_units
        "activation": ACTIVATION_CONSTRAINT,
        "solver": [StrOptions(set(SOLVER_OPTIONS))],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto", "full"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions(set(SCHEDULES)), callable],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "power_t": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither"), "cv_object"],
        "scoring": [str, callable, None],
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "nesterovs_momentum": ["boolean"],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "max_grad_norm": [Interval(Real, 0, None, closed="neither"), None],
        "dropout": "no_validation",  # check_dropout
        "init": "no_validation",  # check_init
        "standardize": ["boolean"],
        "dtype": [StrOptions({"auto", "float32", "float64"})],
        "shuffle": ["boolean"],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    @with_callbacks
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        groups=None,
        coef_init=None,
        intercept_init=None,
    ):
        """Train the network, from new initial values unless ``warm_start=True``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data; sparse input is not made dense.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight 2 counts a row twice, weight 0 leaves it out.
        X_val, y_val : array-likes like X and y, default=None
            Rows to validate on, in place of a part of X; needs ``early_stopping=True``.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Their weights.
        groups : array-like of shape (n_samples,), default=None
            For a splitter in `validation_fraction` that keeps groups together.
        coef_init, intercept_init : lists of arrays, default=None
            Initial values in place of random ones, with the shapes of `coefs_` and `intercepts_`,
            and like these for X as it is passed.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data cannot be used, or if training fails numerically; the
            message names the reason and the way out, and the estimator is as it was before.
        """
        if groups is not None and not self.early_stopping:
            raise ValueError(
                "groups were passed with early_stopping=False, where nothing is split. Set "
                "early_stopping=True and a splitter in validation_fraction, or leave groups out."
            )
        validation = (X_val, y_val, sample_weight_val)
        stacklevel = 3 if HAS_CALLBACKS else 2
        with all_or_nothing(self), visible(self.verbose):
            check_parameters(self)
            warn_of_unused_options(self, stacklevel)
            interrupt = self._fit(
                (X, y, sample_weight), groups, validation, (coef_init, intercept_init), stacklevel
            )
        if interrupt is not None:
            raise interrupt
        return self

    def _fit(self, given, groups, validation, initial, stacklevel):
        """Fit, and return the KeyboardInterrupt if one came and the parameters are to be kept."""
        going_on = self.warm_start and self.__sklearn_is_fitted__()
        rows = check_fit_data(self, *given[:2], reset=not going_on)
        target = self._make_target(rows[1])
        if going_on:
            self._check_same_target(target)
        streams = self._make_streams(going_on)
        weights = row_weights(self, *rows, target, given[2])
        train, held_out = hold_out(
            self, rows, target, weights, groups, validation, streams["split"]
        )
        model, objective, batch_size = self._prepare(train, target, streams, going_on, initial)
        monitor = None
        if held_out is not None:
            monitor = make_monitor(self, model, target, objective.dtype, held_out)
        progress, bridge = make_progress(self, monitor, given, probe(self, model, target))
        result, interrupt = self._train(
            model, objective, progress, streams, batch_size, self._training if going_on else None
        )
        self._keep(model.at(result.theta), target)
        self._record(progress, result, going_on)
        if bridge is not None:
            bridge.close(result.theta)
        if not result.converged:
            warn_not_converged(self, result, progress.n_iter, stacklevel + 1)
        return interrupt

    def _train(self, model, objective, progress, streams, batch_size, last):
        """Run the solver; return its result and the KeyboardInterrupt that ended it, or None."""
        theta = model.theta.astype(objective.dtype)
        scales = model.scaling.fingerprint()
        self._weight_seen = objective.total_weight
        optimizer, signature = make_optimizer(
            self, objective.layout, theta, self._weight_seen, scales, last
        )
        if last is not None:
            progress.begin(theta)
        interrupt = None
        try:
            with blas_threads(batch_size, objective):
                result = solve(
                    self, objective, theta, progress, optimizer, streams["shuffle"], batch_size
                )
        except Diverged as failure:
            raise ValueError(explain(self, failure, objective)) from None
        except KeyboardInterrupt as error:
            if not self.warm_start or progress.best_theta is None:
                raise
            interrupt, best = error, progress.best_theta
            result = SolverResult(best, objective.value(best), "interrupt")
        self._training = Training(optimizer, signature, streams) if self.warm_start else None
        return result, interrupt

    def _prepare(self, train, target, streams, going_on, initial):
        """Return the model with its initial values, the objective, and the rows per batch."""
        X, y, weights = train
        batch_size = batch_rows(self, X.shape[0])
        full_batch = batch_size == X.shape[0]
        Y = self._encode(target, y, precision(self, X, full_batch=full_batch))
        if full_batch and batch_size <= CANONICAL_ROWS:
            X, Y, weights = canonical_rows(X, Y, weights)
            batch_size = len(Y)
        model = make_model(self, X, target, make_scaling(self, X, weights[0]))
        model = self._initialized(model, streams["initial"], going_on, initial)
        alpha = 0.0 if self.solver == "adamw" else self.alpha  # decoupled: not in the gradient
        objective = make_objective(
            self, model, X, Y, weights[1], target, alpha=alpha, rng=streams["dropout"]
        )
        return model, objective, batch_size

    def _initialized(self, model, rng, going_on, initial=(None, None)):
        """Return the model at its initial values: the caller's, the last fit's, or random ones."""
        if going_on:
            self._check_same_shape(model.network.layout)
        start = check_initial_parameters(*initial, model.network.layout)
        if start is None and going_on:
            if self._model.scaling.equals(model.scaling):
                return model.at(self._model.theta)
            start = self._model.unscaled()
        if start is not None:
            return model.at(model.scaled(start))
        layout, activations = model.network.layout, model.network.activations
        return model.at(layout.initial(rng, self.init, activations))

    def _check_same_shape(self, layout):
        before = self._model.network.layout.units
        if before != layout.units:
            raise ValueError(
                f"hidden_layer_sizes={self.hidden_layer_sizes!r} makes layers {layout.units}, but "
                f"the fitted network has {before}, and training was to go on with it. Set "
                "hidden_layer_sizes back, or begin anew: fit with warm_start=False, or clone."
            )

    def _is_stochastic(self):
        if self.solver != "lbfgs":
            return True
        raise AttributeError(
            "partial_fit needs a stochastic solver: set solver='adam', 'adamw' or 'sgd'; "
            f"solver={self.solver!r} works on all rows at once."
        )

    def _partial_fit(self, X, y, make_target, sample_weight):
        """Pass once over the rows, from where the last call ended."""
        with all_or_nothing(self):
            check_parameters(self)
            self._pass_once(X, y, make_target, sample_weight)
        return self

    def _pass_once(self, X, y, make_target, sample_weight):
        first = not self.__sklearn_is_fitted__()
        X, y = check_fit_data(self, X, y, reset=first)
        target = make_target(y)
        weights = row_weights(self, X, y, target, sample_weight)
        if weights[1] is not None:
            X, y, weights = take_rows(np.flatnonzero(weights[1]), X, y, weights)
        streams = self._make_streams(going_on=not first)
        # The standardised network goes on as it is, even if the statistics have moved a little.
        scaling = None if first else deepcopy(self._model.scaling)
        model = make_model(self, X, target, make_scaling(self, X, weights[0], scaling))
        if first:
            model = self._initialized(model, streams["initial"], going_on=False)
        elif self._model.scaling.n_seen == 0 and self.standardize:
            # The first statistics: the network goes on as the same function of X.
            model = self._initialized(model, None, going_on=True)
        else:
            self._check_same_shape(model.network.layout)
            model = model.at(self._model.theta)
        Y = self._encode(target, y, precision(self, X, full_batch=False))
        # The prior counts once for all rows seen, not once per call.
        total = float(len(Y) if weights[1] is None else weights[1].sum())
        self._weight_seen = total + (0.0 if first else self._weight_seen)
        alpha = 0.0 if self.solver == "adamw" else self.alpha * total / self._weight_seen
        objective = make_objective(
            self, model, X, Y, weights[1], target, alpha=alpha, rng=streams["dropout"]
        )
        self._step_through(model, objective, target, streams, first)

    def _step_through(self, model, objective, target, streams, first):
        theta = model.theta.astype(objective.dtype)
        last = None if first else self._training
        # Running statistics move at every call, and the optimiser's state goes on all the same.
        optimizer, signature = make_optimizer(
            self, objective.layout, theta, self._weight_seen, "running", last
        )
        n_done = 0 if first else self.n_iter_
        # How many calls will come is not known, so only a rate that follows their count moves.
        rates = schedule(self) if self.learning_rate == "invscaling" else Schedule(self.max_iter)
        batch_size = batch_rows(self, objective.n_rows)
        with blas_threads(batch_size, objective):
            value, norm = run_epoch(
                objective,
                theta,
                optimizer,
                streams["shuffle"] if self.shuffle else None,
                rate=lambda done: self.learning_rate_init * rates.factor(n_done + done),
                batch_size=batch_size,
                max_grad_norm=self.max_grad_norm,
            )
        if not (np.isfinite(value) and np.isfinite(theta).all()):
            failure = Diverged(n_done + 1, self.learning_rate_init * rates.factor(n_done))
            raise ValueError(explain(self, failure, objective))
        self._keep(model.at(theta), target)
        self._training = Training(optimizer, signature, streams)
        rate = self.learning_rate_init * rates.factor(n_done)
        entries = {"loss": value, "learning_rate": rate, "gradient_norm": norm, "seconds": np.nan}
        self._extend_history({name: [entry] for name, entry in entries.items()}, going_on=not first)
        self.n_iter_ = self.best_iteration_ = n_done + 1
        self.best_validation_score_ = None
        self.loss_ = value

    # Fitted attributes

    def _keep(self, model, target):
        """Set what prediction needs."""
        self._model, self._target = model, target
        self.n_layers_ = len(model.network.layout.units)
        self.n_outputs_ = target.n_outputs
        self.out_activation_ = target.link

    def _record(self, progress, result, going_on):
        """Set what tells of the fit."""
        self.n_iter_ = progress.n_iter
        self.loss_ = result.value
        self._extend_history(progress.history, going_on)
        validated = progress.monitor is not None
        at_best = validated or result.reason in ("no descent", "interrupt")
        self.best_iteration_ = progress.best_iteration if at_best else progress.n_iter
        self.best_validation_score_ = -progress.best_criterion if validated else None

    def _extend_history(self, history, going_on):
        before = self.history_ if going_on else {}
        done, new = len(before.get("loss", [])), len(history["loss"])
        self.history_ = {
            name: before.get(name, [np.nan] * done) + history.get(name, [np.nan] * new)
            for name in {**before, **history}
        }

    @property
    def loss_curve_(self):
        """The training loss per iteration: ``history_["loss"]``."""
        return self.history_["loss"]

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

    def _map(self, X, function, n_columns):
        """Return a function of the raw output, computed in blocks of rows."""
        check_is_fitted(self)
        return self._model.map(check_rows(self, X), function, n_columns)

    def _make_streams(self, going_on):
        """Return the random streams by purpose.

        Those of a continued fit go on, but for the split: that is the same in every fit.
        """
        if not going_on:
            random = check_random_state(self.random_state)
            self._entropy = random.randint(np.iinfo(np.int32).max, size=4).tolist()
        streams = new_streams(self._entropy)
        if going_on and self._training is not None:
            streams |= {name: deepcopy(self._training.streams[name]) for name in GOING_ON}
        elif going_on:
            later = new_streams([*self._entropy, self.n_iter_])
            streams |= {name: later[name] for name in GOING_ON}
        return streams

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_model")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def new_streams(entropy):
    """Return independent generators by purpose; using one more or less of one moves no other."""
    children = np.random.SeedSequence(entropy).spawn(len(STREAMS))
    return dict(zip(STREAMS, map(np.random.default_rng, children), strict=True))


@contextmanager
def all_or_nothing(estimator):
    """Give an estimator back the fitted state that it had, if what follows fails."""

    def fitted():
        return {k: v for k, v in vars(estimator).items() if k.endswith("_") or k in STATE}

    before = fitted()
    try:
        yield
    except BaseException:
        for name in fitted():
            delattr(estimator, name)
        vars(estimator).update(before)
        raise
