"""What a fitted estimator knows and can do, whatever its target is."""

import warnings
from copy import deepcopy
from functools import reduce
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.utils.validation import check_is_fitted

from sklearn_shallow._version import __version__
from sklearn_shallow.estimators.auto import CHOSEN
from sklearn_shallow.estimators.checks import check_rows
from sklearn_shallow.estimators.range_warnings import warn_of_limits
from sklearn_shallow.estimators.uncertainty import covariance
from sklearn_shallow.utils.scikit_learn import makes_frames

__all__ = ["OF_THE_DATA", "FittedNet", "fitted_state", "forget", "scales"]

STATE = (
    "_model",
    "_networks",
    "_target",
    "_evidence",
    "_posterior",
    "_training",
    "_entropy",
    "_seen",
    "_decay",
)
VERSION = "_sklearn_shallow_version"  # in what is saved of an estimator
OF_THE_DATA = ("n_features_in_", "feature_names_in_")
IN_COMMON = (
    *OF_THE_DATA,
    *CHOSEN,
    "batch_size_",
    "max_iter_",
    "_target",
    "n_layers_",
    "n_outputs_",
    "out_activation_",
    "classes_",
)
OF_ALL = ("n_iter_", "loss_")
OF_ONE_NETWORK = (
    "coefs_",
    "intercepts_",
    "history_",
    "loss_curve_",
    "best_loss_",
    "validation_scores_",
    "t_",
    "best_iteration_",
    "best_validation_score_",
    "alpha_",
    "n_effective_params_",
    "log_evidence_",
    "posterior_",
    "loo_score_",
    "covariance_",
    "noise_variance_",
    "temperature_",
)


class FittedNet(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """The part of the estimators that begins where training has ended."""

    _evidence = _posterior = None
    _warns_of_limits = True

    def _keep(self, model, target, evidence=None, posterior=None):
        """Set what prediction needs, and what is known of the parameters."""
        self._model, self._target = model, target
        self._evidence, self._posterior = evidence, posterior
        n_layers = len(model.network.layout.layers)
        found = self._decay if evidence is None else decay_per_layer(evidence, n_layers)
        self.alpha_ = deepcopy(found)  # which may be the user's list
        self.n_layers_ = len(model.network.layout.units)
        self.n_outputs_ = target.n_outputs
        self.out_activation_ = target.out_activation

    def _gather(self, nets):
        """Take over the networks, and set what they have in common; of one, all that it has."""
        forget(self)
        if len(nets) == 1:
            vars(self).update(fitted_state(nets[0]))
            return
        vars(self).update({k: v for k, v in vars(nets[0]).items() if k in IN_COMMON})
        self._networks = nets
        self.n_iter_ = max(net.n_iter_ for net in nets)
        self.loss_ = float(np.mean([net.loss_ for net in nets]))

    @property
    def estimators_(self):
        """The networks, each an estimator that predicts by itself; of one network, this one."""
        if not self.__sklearn_is_fitted__():
            raise AttributeError(
                f"{type(self).__name__} has no attribute 'estimators_' before fit."
            )
        return list(self._nets)

    @property
    def _nets(self):
        return vars(self).get("_networks", (self,))

    def __getattr__(self, name):
        """Say where something is that every network has for itself, or that `fit` has to set it."""
        fitted = name in (*OF_ONE_NETWORK, *IN_COMMON, *OF_ALL) and name.endswith("_")
        if fitted and not self.__sklearn_is_fitted__():
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r} before fit.")
        if name in OF_ONE_NETWORK and "_networks" in vars(self):
            raise AttributeError(
                f"{type(self).__name__} has {len(self._networks)} networks, and each of them has "
                f"its own {name}: see estimators_[0].{name} for that of the first."
            )
        return self.__getattribute__(name)  # which says what is missing

    def _record(self, progress, result, going_on):
        """Set what tells of the fit."""
        validated = self.early_stopping_
        self.n_iter_ = progress.n_iter
        self.loss_ = result.value
        self._extend_history(progress.history, going_on)
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
    def best_loss_(self):
        """The least of `loss_curve_`; None with early stopping, as there it is not what counts."""
        return None if self.early_stopping_ else min(self.loss_curve_)

    @property
    def validation_scores_(self):
        """The scores on the validation rows, greater is better; None without early stopping."""
        if not self.early_stopping_:
            return None
        losses = [-loss for loss in self.history_["validation_loss"]]
        return self.history_.get("validation_score", losses)

    @property
    def coefs_(self):
        """Weights per layer, (n_in, n_out) each; the first layer's apply to X as it is passed.

        Where columns are compressed or values limited, to ``compression_.transform(X)``.
        """
        return self._unscaled("coefs_").W

    @property
    def intercepts_(self):
        """Biases per layer, (n_out,) each; they belong to X as `coefs_` do."""
        return self._unscaled("intercepts_").b

    def _unscaled(self, name):
        if not self.__sklearn_is_fitted__():
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r} before fit.")
        theta = self._in_user_units().astype(self._model.theta.dtype)
        return self._model.network.layout.unpack(theta)

    @property
    def compression_(self):
        """What becomes of X first: ``transform(X)``.

        The `columns` with heavy tails that ``standardize="auto"`` has found in the first fit, their
        `center` and `scale`; the range of all columns, from `low` to `high`, or None without
        limits.
        """
        if not self.__sklearn_is_fitted__():
            raise AttributeError(
                f"{type(self).__name__} has no attribute 'compression_' before fit."
            )
        return self._nets[0]._model.scaling.compression

    @property
    def posterior_(self):
        """What the posterior was computed of: "parameters", "rows" or "last layer"."""
        return self._of_posterior("posterior_").kind

    @property
    def n_effective_params_(self):
        """How many parameters the data determine, by the posterior or else by the evidence."""
        if self._posterior is None and self._evidence is not None:
            return self._evidence.n_effective_params
        return self._of_posterior("n_effective_params_").n_effective_params

    @property
    def log_evidence_(self):
        """The logarithm of the probability of the targets, see the class."""
        if self._evidence is None:
            raise AttributeError(
                f"{type(self).__name__} has no attribute 'log_evidence_' before fit with "
                "alpha='evidence' or 'ard'."
            )
        return self._evidence.log_evidence

    @property
    def loo_score_(self):
        """Minus the mean loss of the training rows, each left out: in units of `loss_`."""
        return self._of_posterior("loo_score_").loo_score

    @property
    def covariance_(self):
        """The covariance of the parameters, (n_params, n_params), computed on reading.

        They are those of `coefs_` and `intercepts_`, layer after layer: the weights row by row,
        then the biases; only of the last layer if ``posterior_ == "last layer"``.
        """
        return covariance(self._of_posterior("covariance_"), self._model, self._target)

    def _of_posterior(self, name):
        if self._posterior is None:
            raise AttributeError(
                f"{type(self).__name__} has no attribute {name!r} before fit with "
                "posterior='laplace'."
            )
        return self._posterior

    @property
    def feature_importances_(self):
        """Upper bounds of how much each column of X can change the output, made to sum to 1.

        The bound is the sum, over all paths from the column to the outputs, of the products of the
        absolute weights on them, with columns as `standardize` leaves them: where no slope of an
        activation is above 1, a change by 1 changes the sum of the raw outputs by no more. It is
        zero exactly if no path is left, which `l1_ratio` can bring about. Otherwise it tells of the
        network and not of the data, and large effects may cancel. The effect on held-out rows is
        what `sklearn.inspection.permutation_importance` measures. Of several networks it is the
        mean.
        """
        check_is_fitted(self)
        return np.mean([net._importances() for net in self._nets], axis=0)

    def _importances(self):
        model = self._model
        bound = np.ones(model.network.layout.units[-1])
        for W in reversed(model.network.layout.unpack(model.theta.astype(np.float64)).W):
            bound = np.abs(W) @ bound
        bound *= model.scaling.factor > 0  # a column that was constant is not looked at
        total = bound.sum()
        return bound / total if total else bound

    def transform(self, X, layer=-1):
        """Return the activations of a hidden layer, as features for another estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows to be transformed.
        layer : int, default=-1
            Which hidden layer, counted from 0, or from the end if negative. A network without one
            returns X as the output layer sees it: standardised. (`get_feature_names_out` names
            the last layer, which is what pipelines use.)

        Returns
        -------
        activations : {ndarray, sparse matrix} of shape (n_samples, n_units)
            Those of several networks side by side.
        """
        X = self._checked(X)
        models = [net._model for net in self._nets]
        hidden = models[0].network.layout.units[1:-1]
        if not hidden and layer == -1:
            return models[0].inputs(X)  # the same for all
        if not isinstance(layer, Integral):
            raise ValueError(f"layer={layer!r} must be an integer, the number of a hidden layer.")
        if not hidden:
            raise ValueError(f"layer={layer!r}, but the network has no hidden layer. Leave it out.")
        if not -len(hidden) <= layer < len(hidden):
            raise ValueError(
                f"layer={layer!r}, but the network has {len(hidden)} hidden layers {hidden}. Pass "
                f"a number from {-len(hidden)} to {len(hidden) - 1}."
            )
        if layer % len(hidden) < len(hidden) - 1 and makes_frames(self):
            raise ValueError(
                f"layer={layer!r} is not the last hidden layer, and set_output(transform=...) has "
                "names for that one only. Call set_output(transform='default')."
            )
        activations = [model.hidden(X, layer % len(hidden)) for model in models]
        return activations[0] if len(activations) == 1 else np.hstack(activations)

    @property
    def _n_features_out(self):
        units = self._nets[0]._model.network.layout.units
        return units[-2] * (len(self._nets) if len(units) > 2 else 1)

    def _checked(self, X):
        """Return X checked, and warn if it is far outside of what was trained on."""
        check_is_fitted(self)
        X = check_rows(self, X)
        if self._warns_of_limits and isinstance(X, np.ndarray):
            compression = self._nets[0]._model.scaling.compression
            if compression.low is not None and compression.is_far(X):
                warn_of_limits(self, X, compression)
        return X

    def _each(self, X, function, n_columns):
        """Return of every network a function of its raw output, computed in blocks of rows."""
        X = self._checked(X)
        return (net._map_one(X, function, n_columns) for net in self._nets)

    def _map_one(self, X, function, n_columns):
        """Return a function of the raw output of this one network for checked rows."""
        return self._model.map(X, function, n_columns)

    def _map(self, X, function, n_columns):
        """Return the mean over the networks of a function of their raw output."""
        total = reduce(np.add, self._each(X, function, n_columns))
        n = len(self._nets)
        return total if n == 1 else total / n

    def _in_user_units(self):
        return self._model.in_user_units(self._target)

    def __sklearn_is_fitted__(self):
        return "_target" in vars(self)

    def __getstate__(self):
        return {**super().__getstate__(), VERSION: __version__}

    def __setstate__(self, state):
        """Restore the state, with a warning if it was saved by another version of this package."""
        saved_by = state.pop(VERSION, "unknown")
        if saved_by != __version__:
            warnings.warn(
                InconsistentVersionWarning(
                    estimator_name=f"sklearn_shallow.{type(self).__name__}",
                    current_sklearn_version=__version__,
                    original_sklearn_version=saved_by,
                ),
                stacklevel=2,
            )
        super().__setstate__(state)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        kept = ["float64", "float32"] if self.dtype == "auto" else [self.dtype]
        tags.transformer_tags.preserves_dtype = kept
        return tags


def scales(model, target):
    """Return what tells the coordinates of theta from others."""
    return model.scaling.fingerprint() + target.scaling.fingerprint()


def fitted_state(net):
    """Return what fitting has set."""
    return {k: v for k, v in vars(net).items() if k.endswith("_") or k in STATE}


def forget(net):
    """Remove what fitting has set."""
    for name in fitted_state(net):
        delattr(net, name)


def decay_per_layer(evidence, n_layers):
    """Return the decay that was found as a number, or as a list with one entry per layer."""
    if evidence.relevance is None:
        return evidence.decay
    return [evidence.decay / evidence.relevance, *[evidence.decay] * (n_layers - 1)]
