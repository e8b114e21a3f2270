"""Fitted attributes of both estimators, and their state in pickles and files."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.utils.validation import check_is_fitted

from sklearn_shallow._version import __version__
from sklearn_shallow.estimators.exporting import ExportingMixin
from sklearn_shallow.estimators.parameters.settings import Settings
from sklearn_shallow.estimators.training.fitted_network import FittedNetwork
from sklearn_shallow.inputs.preprocessor import Preprocessor
from sklearn_shallow.inputs.table import Table
from sklearn_shallow.inspection.summary import summarize

OF_COLUMNS = ("n_features_in_", "feature_names_in_", "_table")
VERSION = "_sklearn_shallow_version"  # key of the version in a saved state
MAX_IN_COVARIANCE = 10_000  # parameters up to which their covariance is computed: 800 MB


class FittedAttributesMixin(ExportingMixin):
    """Attributes of the fitted networks.

    Attributes of one network, such as `coefs_`, are there if there is one; with several networks,
    each of `estimators_` has its own.
    """

    _networks: Sequence[FittedNetwork] = ()
    _chosen: dict[str, Any] = {}
    _table: Table | None = None
    n_features_in_: int

    def __sklearn_is_fitted__(self):
        return len(self._networks) > 0

    def _check_fitted(self):
        """Raise scikit-learn's error before fit. (Its own check reads the tags, about 5 us.)"""
        if not self._networks:
            check_is_fitted(self)

    @property
    def _target(self):
        """The target of the networks, see `targets`; an error before fit."""
        self._check_fitted()
        return self._networks[0].target

    def _all_fitted(self, name):
        """Return the networks, for an attribute of this name."""
        if not self._networks:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r} before fit.")
        return self._networks

    def _one_fitted(self, name):
        """Return the only network, for an attribute of this name."""
        networks = self._all_fitted(name)
        if len(networks) > 1:
            raise AttributeError(
                f"{type(self).__name__} has {len(networks)} networks, and each of them has "
                f"its own {name}: see estimators_[0].{name} for that of the first."
            )
        return networks[0]

    def _of_columns(self):
        """Return the attributes that describe the columns of X."""
        return {name: vars(self)[name] for name in OF_COLUMNS if name in vars(self)}

    def _names(self):
        """Return the names of the features, or None if X had none."""
        return getattr(self, "feature_names_in_", None)

    def _found(self, name, found, settings):
        """Return the result of a search, for an attribute of this name; an error if there was
        none."""
        if found is None:
            raise AttributeError(
                f"{type(self).__name__} has no attribute {name!r} without {settings}."
            )
        return found

    def _posterior(self, name):
        """Return the posterior of the only network, for an attribute of this name."""
        return self._found(name, self._one_fitted(name).posterior, "posterior='laplace'")

    @property
    def settings_(self) -> dict[str, Any]:
        """The values that "auto" stood for, by parameter."""
        self._all_fitted("settings_")
        return dict(self._chosen)

    @property
    def coefs_(self) -> list[NDArray[Any]]:
        """Weights per layer, (n_in, n_out) each; the first layer's apply to X as it is passed.

        Where columns are compressed or encoded, or values limited, to
        ``preprocessor_.transform(X)``.
        """
        return self._one_fitted("coefs_").raw_parameters.W

    @property
    def intercepts_(self) -> list[NDArray[Any]]:
        """Biases per layer, (n_out,) each; they belong to X as `coefs_` do."""
        return self._one_fitted("intercepts_").raw_parameters.b

    @property
    def preprocessor_(self) -> Preprocessor:
        """The transform of X before it is standardised: ``transform(X)``.

        First gaps are filled, and the levels of categories and the indicators of gaps put behind
        the numbers (`columns`); an `encoding` stands last. Between them `compression` has the
        `columns` with heavy tails that ``standardize="auto"`` has found in the first fit, their
        `center` and `scale`, and the range of all numbers, from `low` to `high`, or None without
        limits. Columns are counted in the order of `input_names_`.
        """
        return Preprocessor(self._all_fitted("preprocessor_")[0].inputs, self._table)

    @property
    def is_categorical_(self) -> NDArray[Any] | None:
        """Mask of the features that are categories, (n_features,); None if none is."""
        self._all_fitted("is_categorical_")
        places = [] if self._table is None else self._table.places
        return np.isin(np.arange(self.n_features_in_), places) if places else None

    @property
    def input_names_(self) -> NDArray[Any]:
        """The names of the columns that the network sees, one per row of ``coefs_[0]``.

        First the features that are numbers (x0, x1 and so on if X had no names), then the levels of
        categories, then the indicators of gaps in numbers, then the encoding of numbers.
        """
        inputs = self._all_fitted("input_names_")[0].inputs
        names = getattr(self, "feature_names_in_", [f"x{i}" for i in range(self.n_features_in_)])
        return np.array(inputs.names(names), dtype=object)

    @property
    def n_iter_(self) -> int:
        """Epochs or iterations of the last fit; the most of several networks."""
        return max(network.n_iter for network in self._all_fitted("n_iter_"))

    @property
    def loss_(self) -> float:
        """The objective at the fitted parameters; the mean over several networks."""
        return float(np.mean([network.loss for network in self._all_fitted("loss_")]))

    @property
    def history_(self) -> dict[str, list[float]]:
        """Values per iteration, by name: dict of lists."""
        return dict(self._one_fitted("history_").history)

    @property
    def loss_curve_(self) -> list[float]:
        """The training loss per iteration: ``history_["loss"]``."""
        return self._one_fitted("loss_curve_").history["loss"]

    @property
    def best_loss_(self) -> float | None:
        """The least of `loss_curve_`; `loss_` if that is empty, since no step was possible; None
        with early stopping, which does not judge by it."""
        network = self._one_fitted("best_loss_")
        if self._chosen["early_stopping"]:
            return None
        return min(network.history["loss"], default=network.loss)

    @property
    def best_iteration_(self) -> int:
        """The iteration whose parameters were returned, counted from 1."""
        return self._one_fitted("best_iteration_").best_iteration

    @property
    def validation_scores_(self) -> list[float] | None:
        """The scores on the validation set, greater is better; None without early stopping."""
        history = self._one_fitted("validation_scores_").history
        if not self._chosen["early_stopping"]:
            return None
        return history.get("validation_score", [-loss for loss in history["validation_loss"]])

    @property
    def best_validation_score_(self) -> float | None:
        """The best score on the validation set, greater is better; None without early stopping."""
        return self._one_fitted("best_validation_score_").best_validation_score

    @property
    def t_(self) -> int:
        """Samples that training has passed through, in all fits that continued each other."""
        return self._one_fitted("t_").n_rows_seen

    @property
    def n_layers_(self) -> int:
        """Layers, including input and output."""
        return len(self._all_fitted("n_layers_")[0].network.layout.units)

    @property
    def n_outputs_(self) -> int:
        """Columns of the raw output."""
        return self._all_fitted("n_outputs_")[0].target.n_outputs

    @property
    def out_activation_(self) -> str:
        """The activation of the output layer."""
        return self._all_fitted("out_activation_")[0].target.out_activation

    @property
    def alpha_(self) -> float:
        """The weight decay: the one that the evidence found, or the one that was given."""
        return self._one_fitted("alpha_").decay

    @property
    def relevance_(self) -> NDArray[Any]:
        """The relevance of every column of `input_names_`.

        The decay of the weights of a column is `alpha_` divided by its relevance.
        """
        inputs = self._one_fitted("relevance_").inputs
        settings = (
            "short fits or a lasso that find it: alpha='auto', solver='adam' or 'sgd' (for numbers "
            "also 'lbfgs'), and 100 samples, or many features of which few count. "
            "sklearn.inspection.permutation_importance needs none of these"
        )
        return self._found("relevance_", inputs.relevance, settings)[inputs.features]

    @property
    def n_effective_params_(self) -> float:
        """The number of parameters that the data determine."""
        network = self._one_fitted("n_effective_params_")
        if network.posterior is None and network.evidence is not None:
            return network.evidence.n_effective_params
        return self._posterior("n_effective_params_").n_effective_params

    @property
    def log_evidence_(self) -> float:
        """The logarithm of the probability of the targets."""
        evidence = self._one_fitted("log_evidence_").evidence
        settings = "alpha='evidence', or 'auto' and a solver that finds the decay"
        return self._found("log_evidence_", evidence, settings).log_evidence

    @property
    def posterior_(self) -> str:
        """The rows of the matrix of the posterior: "parameters", "rows" or "sample"."""
        return self._posterior("posterior_").space.kind

    @property
    def loo_score_(self) -> float:
        """Minus the mean loss of the training samples, each left out: in units of `loss_`."""
        return self._posterior("loo_score_").loo_score

    @property
    def covariance_(self) -> NDArray[Any]:
        """The covariance of the parameters, (n_params, n_params), computed on reading.

        They are those of `coefs_` and `intercepts_`, layer after layer: the weights row by row,
        then the biases. With more than 10,000 of them there is no such attribute.
        """
        space = self._posterior("covariance_").space
        if len(space.precision) > MAX_IN_COVARIANCE:
            raise AttributeError(
                f"{type(self).__name__} has no attribute 'covariance_': it would be a matrix of "
                f"n_params x n_params, with {len(space.precision)} parameters, and may have "
                f"{MAX_IN_COVARIANCE} rows. Predictions with posterior='laplace' do without it; "
                "for the matrix choose fewer hidden units or columns of X, or "
                "numeric_encoding=None."
            )
        covariance = self._networks[0].covariance()
        covariance.flags.writeable = False
        return covariance

    def summary(self) -> None:
        """Print on about 15 lines what the network is, what "auto" chose and why.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn_shallow import ShallowNetClassifier
        >>> net = ShallowNetClassifier(random_state=0).fit(*load_iris(return_X_y=True))
        >>> net.summary()
        ShallowNetClassifier
        network        4 -> 100 -> 3 (relu, softmax), 803 parameters (auto: two layers ...)
        data           150 samples, 4 features, 3 classes
        solver         adam (auto: suits most data)
        ...
        """
        networks = self._all_fitted("summary")
        finds_decay = networks[0].evidence is not None
        print(summarize(self, finds_decay and Settings.of(self).chooses_encoding))

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
