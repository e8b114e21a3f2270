"""The base of both estimators: `fit`, `partial_fit` and `transform`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial, reduce
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin

from sklearn_shallow.estimators.attributes import FittedAttributesMixin
from sklearn_shallow.estimators.callbacks import CallbackBridge
from sklearn_shallow.estimators.parameters.checks import (
    check_fit_data,
    check_rows,
    check_several,
    is_array,
)
from sklearn_shallow.estimators.parameters.declared import Parameters
from sklearn_shallow.estimators.parameters.keywords import checks_keywords
from sklearn_shallow.estimators.parameters.options import warn_of_unused_options
from sklearn_shallow.estimators.parameters.settings import Settings
from sklearn_shallow.estimators.range_warnings import (
    warn_of_limits,
    warn_of_missing_codes,
    warn_of_unknown,
)
from sklearn_shallow.estimators.scikit_learn import (
    CALLBACKS,
    CallbackSupportMixin,
    NotebookViewMixin,
    makes_frames,
    with_callbacks,
)
from sklearn_shallow.estimators.streaming.mixin import StreamingMixin
from sklearn_shallow.estimators.streaming.survey import warn_of_new
from sklearn_shallow.estimators.training.ensemble import check_one_start, members, run_all
from sklearn_shallow.estimators.training.log import visible
from sklearn_shallow.estimators.training.messages import warn_of_result
from sklearn_shallow.estimators.training.results import after_run
from sklearn_shallow.estimators.training.samples import Samples
from sklearn_shallow.estimators.training.source import Source
from sklearn_shallow.estimators.training.validation import validation_samples
from sklearn_shallow.utils.typing import MatrixLike


class BaseShallowNet(
    Parameters,
    NotebookViewMixin,
    StreamingMixin,
    CallbackSupportMixin,
    FittedAttributesMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    BaseEstimator,
):
    """Base of the estimators; a subclass defines the target."""

    _warns_of_limits = True

    @checks_keywords
    @with_callbacks
    def fit(
        self,
        X: MatrixLike,
        y: MatrixLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: MatrixLike | None = None,
        y_val: MatrixLike | None = None,
        sample_weight_val: ArrayLike | None = None,
        coef_init: Sequence[ArrayLike] | None = None,
        intercept_init: Sequence[ArrayLike] | None = None,
    ) -> Self:
        """Train the network, from new initial values unless ``warm_start=True``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data; sparse input is not made dense. Missing values in dense X (nan, None,
            NA) are filled with the mean and marked in a further column.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight 2 counts a sample twice, weight 0 not at all. If `alpha` is found from the data,
            a common factor has no effect: the weights are scaled to a mean of 1, unless they are
            counts, that is, whole numbers of which the smallest is 1. Copies of a sample, if there
            are many, count as one observation.
        X_val, y_val : array-likes like X and y, default=None
            Validation set, instead of a fraction of X. With ``early_stopping="auto"`` the fit then
            stops early; with ``early_stopping=False`` the loss on it is only recorded in
            `history_`.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Weights of the validation set.
        coef_init, intercept_init : lists of arrays, default=None
            Initial values instead of random ones, with the shapes of `coefs_` and `intercepts_`,
            and like these for X as passed, or as transformed by the `preprocessor_` of this fit.
            For one network that is trained once. With ``numeric_encoding="auto"`` numbers are then
            not encoded.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data cannot be used, or if training fails numerically. The
            message says why and what to change, and the estimator is unchanged.
        """
        settings = Settings.of(self, validates=X_val is not None, is_plain=coef_init is not None)
        check_one_start(settings, coef_init, intercept_init)
        warn_of_unused_options(settings, self)
        passed, last = (X, y, sample_weight), self._networks if self.warm_start else ()
        with self._all_or_nothing(), visible(self.verbose):
            data, team = self._prepare(settings, passed, (X_val, y_val, sample_weight_val), last)
            warn_of_missing_codes(self._names(), data.inputs)
            team[0] = replace(team[0], initial=(coef_init, intercept_init))
            bridge = CallbackBridge(self, passed, team, data)
            best, interrupt = run_all(data, team, bridge)
            self._keep_best(data, team, best, bridge)
        if interrupt is not None:
            raise interrupt
        return self

    def _prepare(self, settings, passed, validation, last):
        """Return the training data, and the networks to be trained.

        Parameters
        ----------
        passed, validation : tuples of X, y and sample weights
        last : sequence of FittedNetwork to continue with
        """
        X, y = check_fit_data(self, *passed[:2], reset=not last)
        check_several(X, y)
        if last:
            warn_of_new(self._table, passed[0], X)
        source, team = Source(self._samples(X, y, weight=passed[2])), members(settings, last)
        target = self._make_target(y, settings)
        return self._data(settings, source, target, validation, team[0]), team

    def _data(self, settings, source, target, validation, member):
        """Return the training data of all samples of a source.

        Parameters
        ----------
        validation : tuple of X, y and sample weights
        member : Member, the first network to be trained
        """
        if member.last is not None:
            target.check_same(member.last.target)
        samples = source.sample.weighted(settings, target)
        target.warn_if_suspicious(samples.y, samples.cost)
        samples = samples.without_zeros()
        held_out = validation_samples(self, samples, *validation)
        return source.data(settings, samples, target, held_out, member)

    def _keep_best(self, data, team, best, bridge):
        """Set the networks of the best runs as those of the estimator, and warn of faults."""
        networks = [
            member.last if run is None else after_run(data, member, run)
            for member, run in zip(team, best, strict=True)
        ]
        self._networks = [network for network in networks if network is not None]
        self._chosen = data.chosen
        bridge.close()
        done = [run for run in best if run is not None]
        warn_of_result(data, done, is_warm_start=team[0].last is not None)

    def _samples(self, X, y, **known):
        """Return checked samples with the names of features and categories."""
        known |= {"categories": self._table and self._table.categories}
        return Samples(X, y, feature_names=self._names(), **known)

    @property
    def estimators_(self) -> list[Any]:
        """The networks, each an estimator that predicts by itself."""
        return [self._holding(network) for network in self._all_fitted("estimators_")]

    def _holding(self, network):
        """Return an estimator with the same parameters that holds one network."""
        single = self._with([network], self._chosen)
        single.n_estimators, single.random_state, single._is_member = 1, network.seed, True
        return single

    def _at_theta(self, data):
        """Return a function that maps theta to an estimator with these parameters; it can be
        pickled."""
        return partial(self._predicting, data, data.untrained())

    def _predicting(self, data, network, theta):
        """Return an estimator with the parameters theta, for the scorer of a fit."""
        single = self._with([network.at(data.for_columns(theta))], data.chosen)
        for name in single._of_columns():
            delattr(single, name)
        single.n_features_in_ = data.shape[1]
        single._warns_of_limits = False  # a scorer predicts in every iteration
        return single

    def _with(self, networks, chosen):
        """Return a copy of the estimator with other networks and without callbacks.

        The constructor, which a subclass may have changed, is not called.
        """
        single = object.__new__(type(self))
        vars(single).update(vars(self), _networks=networks, _chosen=chosen)
        vars(single).pop(CALLBACKS, None)
        return single

    @contextmanager
    def _all_or_nothing(self):
        """Restore the attributes of the columns of X if the context fails; others are set last."""
        before = self._of_columns()
        try:
            yield
        except BaseException:
            for name in self._of_columns():
                delattr(self, name)
            vars(self).update(before)
            raise

    def transform(self, X: MatrixLike, layer: int = -1) -> Any:
        """Return the activations of a hidden layer, as features for another estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples to be transformed.
        layer : int, default=-1
            Which hidden layer, counted from 0, or from the end if negative. A network without one
            returns X as the output layer sees it: standardised, and times the root of `relevance_`
            if there is one. (`get_feature_names_out` names the last layer, which is what pipelines
            use.)

        Returns
        -------
        activations : {ndarray, sparse matrix} of shape (n_samples, n_units)
            Those of several networks side by side.
        """
        X = self._checked(X)
        hidden = self._networks[0].network.layout.units[1:-1]
        if not hidden and layer == -1:
            return self._networks[0].scaled_inputs(X)  # the same for all
        number = check_layer(layer, hidden)
        if number < len(hidden) - 1 and makes_frames(self):
            raise ValueError(
                f"layer={layer!r} is not the last hidden layer, and set_output(transform=...) has "
                "names for that one only. Call set_output(transform='default')."
            )
        activations = [network.hidden(X, number) for network in self._networks]
        return activations[0] if len(activations) == 1 else np.hstack(activations)

    @property
    def _n_features_out(self):
        units = self._all_fitted("get_feature_names_out")[0].network.layout.units
        return units[-2] * (len(self._networks) if len(units) > 2 else 1)

    def _checked(self, X):
        """Return the checked X, and warn if it is far from the training data."""
        self._check_fitted()
        if is_array(self, X) and self._networks[0].inputs.has_within(X):
            return X  # nothing else to check
        given, X = X, check_rows(self, X)
        if self._warns_of_limits and isinstance(X, np.ndarray):
            warn_of_limits(self._names(), X, self._networks[0], self._many_limited)
            warn_of_unknown(self._table, given, X)
        return X

    def _each(self, X, function, n_columns):
        """Return a function of the raw output of every network, computed in blocks of samples."""
        X = self._checked(X)
        return (self._map_one(network, X, function, n_columns) for network in self._networks)

    def _map_one(self, network, X, function, n_columns):
        """Return a function of the raw output of one network."""
        return network.map(X, function, n_columns)

    def _map(self, X, function, n_columns):
        """Return the mean over the networks of a function of their raw output."""
        total = reduce(np.add, self._each(X, function, n_columns))
        n = len(self._networks)
        return total if n == 1 else total / n

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def check_layer(layer, hidden):
    """Return the number of a hidden layer, counted from 0."""
    if not (isinstance(layer, Integral) and -len(hidden) <= layer < len(hidden)):
        raise ValueError(
            f"layer={layer!r} must be the number of a hidden layer, counted from 0, or from the "
            f"end if negative. The network has {len(hidden)} of them, {hidden}."
        )
    return layer % len(hidden)
