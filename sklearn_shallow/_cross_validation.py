"""The estimators that choose weight decay, layers and activation by cross-validation.

Convention
----------
net : the estimator whose other parameters apply, unfitted
"""

from copy import copy
from itertools import product
from numbers import Integral

import numpy as np
from scipy.stats import rankdata
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.model_selection import check_cv
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from sklearn_shallow._base import all_or_nothing
from sklearn_shallow._classifier import ShallowNetClassifier
from sklearn_shallow._early_stopping import as_indices
from sklearn_shallow._path import scores_along_path
from sklearn_shallow._preparation import row_weights
from sklearn_shallow._regressor import ShallowNetRegressor
from sklearn_shallow._shared_text import with_shared_text
from sklearn_shallow._validation import Interval, check_fit_data, check_parameters

__all__ = ["ShallowNetClassifierCV", "ShallowNetRegressorCV"]

MOST, LEAST = 100.0, 0.01  # ends of the grid where only the number of alphas is given


class BaseShallowNetCV(MetaEstimatorMixin, BaseEstimator):
    """Base of the two; a subclass says which estimator it is about."""

    _parameter_constraints: dict = {
        "alphas": [Interval(Integral, 1, None, closed="left"), "array-like"],
        "hidden_layer_sizes": [list, None],
        "activation": [list, None],
        "cv": ["cv_object"],
        "scoring": [str, callable, None],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        estimator=None,
        *,
        alphas=9,
        hidden_layer_sizes=None,
        activation=None,
        cv=None,
        scoring=None,
        n_jobs=None,
        verbose=0,
    ):
        self.estimator = estimator
        self.alphas = alphas
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.cv = cv
        self.scoring = scoring
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X, y, sample_weight=None, *, groups=None):
        """Choose the candidate of the best mean score, and fit it to all rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, in training and in the scores; weight 0 leaves a row out.
        groups : array-like of shape (n_samples,), default=None
            For a splitter in `cv` that keeps groups together.

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
        self._validate_params()
        with all_or_nothing(self):
            self.cv_results_ = self._search(X, y, sample_weight, groups)
            self.best_index_ = int(self.cv_results_["rank_test_score"].argmin())
            self.best_score_ = float(self.cv_results_["mean_test_score"][self.best_index_])
            self.best_params_ = self.cv_results_["params"][self.best_index_]
            for name, value in self.best_params_.items():
                setattr(self, f"{name}_", value)
            self.best_estimator_ = clone(self._net()).set_params(**self.best_params_)
            self.best_estimator_.fit(X, y, sample_weight)
        return self

    def _net(self):
        return self._default if self.estimator is None else self.estimator

    def _search(self, X, y, sample_weight, groups):
        """Return what becomes `cv_results_`."""
        net = clone(self._net()).set_params(warm_start=False, n_estimators=1, n_restarts=1)
        if not isinstance(net.random_state, Integral):  # one seed, in whatever process
            net.random_state = check_random_state(net.random_state).randint(2**31 - 1)
        X, y = check_fit_data(net, X, y, reset=True)
        target = net._make_target(y)
        weights = row_weights(net, X, y, target, sample_weight)
        folds = self._folds(net._strata(target, y) is not None, X, y, weights[1], groups)
        alphas, architectures = check_alphas(self.alphas), self._architectures(net)
        nets = [copy(net).set_params(**architecture) for architecture in architectures]
        for candidate in nets:
            check_parameters(candidate)
        scoring = "loss" if self.scoring is None else self.scoring
        paths = Parallel(n_jobs=self.n_jobs, verbose=self.verbose)(
            delayed(scores_along_path)(candidate, (X, y, weights), *fold, alphas, scoring)
            for candidate in nets
            for fold in folds
        )
        paths = np.reshape(paths, (len(nets), len(folds), 2, len(alphas)))
        scores, seconds = paths.transpose(2, 0, 3, 1).reshape(2, -1, len(folds))
        params = [{"alpha": a, **layers} for layers in architectures for a in alphas.tolist()]
        return results(params, scores, seconds)

    def _architectures(self, net):
        """Return the candidates without their alpha."""
        lists = {"hidden_layer_sizes": self.hidden_layer_sizes, "activation": self.activation}
        for name, values in lists.items():
            if values is None:
                lists[name] = [getattr(net, name)]
            elif not values:
                raise ValueError(f"{name}=[] leaves nothing to choose from. Pass None, or a list.")
        return [dict(zip(lists, values, strict=True)) for values in product(*lists.values())]

    def _folds(self, stratified, X, y, weight, groups):
        """Return pairs of the rows to train on and to score, without those of weight zero."""
        splits = check_cv(self.cv, y, classifier=stratified).split(X, y, groups)
        folds = [tuple(map(as_indices, split)) for split in splits]
        if weight is not None:
            folds = [tuple(rows[weight[rows] > 0] for rows in fold) for fold in folds]
        for number, (train, test) in enumerate(folds):
            if len(train) == 0 or len(test) == 0:
                raise ValueError(
                    f"cv={self.cv!r} leaves {len(train)} rows of positive weight to train on and "
                    f"{len(test)} to score in split {number}. Change cv, or the weights."
                )
        if not folds:
            raise ValueError(f"cv={self.cv!r} makes no split. Pass a number of folds.")
        return folds

    @property
    def n_features_in_(self):
        """Columns of X."""
        return self.best_estimator_.n_features_in_

    @property
    def feature_names_in_(self):
        """Names of the columns, where X has string names."""
        return self.best_estimator_.feature_names_in_

    def predict(self, X):
        """Return the predictions of `best_estimator_`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows to predict.

        Returns
        -------
        y : ndarray
            See the estimator's own method.
        """
        check_is_fitted(self)
        return self.best_estimator_.predict(X)

    def score(self, X, y, sample_weight=None):
        """Return the score of `best_estimator_`: the accuracy of a classifier, R2 of a regressor.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows to predict.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True values.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        score : float
        """
        check_is_fitted(self)
        return self.best_estimator_.score(X, y, sample_weight)

    def __sklearn_tags__(self):
        tags, of_net = super().__sklearn_tags__(), get_tags(self._net())
        tags.estimator_type = of_net.estimator_type
        tags.classifier_tags, tags.regressor_tags = of_net.classifier_tags, of_net.regressor_tags
        tags.target_tags, tags.input_tags = of_net.target_tags, of_net.input_tags
        return tags


@with_shared_text
class ShallowNetClassifierCV(BaseShallowNetCV):
    """`ShallowNetClassifier` with weight decay, layers and activation by cross-validation.

    {cross-validation}

    Parameters
    ----------
    estimator : ShallowNetClassifier, default=None
        Its other parameters apply. None is ``ShallowNetClassifier(solver="lbfgs")``.

    {cross-validation parameters}

    Attributes
    ----------
    best_estimator_ : ShallowNetClassifier
        The best candidate, fitted to all rows.
    classes_ : ndarray of shape (n_classes,), or list of such
        As of the estimator.
    {cross-validation attributes}

    See Also
    --------
    sklearn.linear_model.LogisticRegressionCV : The same without a hidden layer.
    sklearn.model_selection.GridSearchCV : For other parameters; every fit from the beginning.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn_shallow import ShallowNetClassifier, ShallowNetClassifierCV
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> net = ShallowNetClassifier(5, solver="lbfgs", max_iter=500, random_state=0)
    >>> search = ShallowNetClassifierCV(net, alphas=[100, 3, 0.1]).fit(X, y)
    >>> search.alpha_
    3.0
    >>> round(search.best_score_, 1)  # minus the log-loss
    -0.1
    """

    _default = ShallowNetClassifier(solver="lbfgs")
    _parameter_constraints: dict = {
        **BaseShallowNetCV._parameter_constraints,
        "estimator": [ShallowNetClassifier, None],
    }

    @property
    def classes_(self):
        """Class labels, as of the estimator."""
        return self.best_estimator_.classes_

    def predict_proba(self, X):
        """Return the probabilities that `best_estimator_` gives the classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows to be classified.

        Returns
        -------
        probability : ndarray of shape (n_samples, n_classes), or list of such
        """
        check_is_fitted(self)
        return self.best_estimator_.predict_proba(X)

    def predict_log_proba(self, X):
        """Return the logarithms of the probabilities that `best_estimator_` gives the classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows to be classified.

        Returns
        -------
        log_probability : ndarray of shape (n_samples, n_classes), or list of such
        """
        check_is_fitted(self)
        return self.best_estimator_.predict_log_proba(X)

    def decision_function(self, X):
        """Return the raw output of `best_estimator_`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows to be judged.

        Returns
        -------
        raw : ndarray of shape (n_samples,) for two classes, else (n_samples, n_outputs_)
        """
        check_is_fitted(self)
        return self.best_estimator_.decision_function(X)


@with_shared_text
class ShallowNetRegressorCV(BaseShallowNetCV):
    """`ShallowNetRegressor` with weight decay, layers and activation by cross-validation.

    {cross-validation}

    Parameters
    ----------
    estimator : ShallowNetRegressor, default=None
        Its other parameters apply. None is ``ShallowNetRegressor(solver="lbfgs")``.

    {cross-validation parameters}

    Attributes
    ----------
    best_estimator_ : ShallowNetRegressor
        The best candidate, fitted to all rows.
    {cross-validation attributes}

    See Also
    --------
    sklearn.linear_model.RidgeCV : The same without a hidden layer.
    sklearn.model_selection.GridSearchCV : For other parameters; every fit from the beginning.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_shallow import ShallowNetRegressor, ShallowNetRegressorCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> net = ShallowNetRegressor(5, activation="tanh", solver="lbfgs", random_state=0)
    >>> search = ShallowNetRegressorCV(net, alphas=[1, 10, 100]).fit(X, y)
    >>> search.alpha_
    10.0
    """

    _default = ShallowNetRegressor(solver="lbfgs")
    _parameter_constraints: dict = {
        **BaseShallowNetCV._parameter_constraints,
        "estimator": [ShallowNetRegressor, None],
    }


def check_alphas(alphas):
    """Return the alphas to choose from, in the order in which they were given."""
    if isinstance(alphas, Integral):
        return np.geomspace(MOST, LEAST, alphas)
    values = np.asarray(alphas)
    if values.ndim == 1 and len(values) and values.dtype.kind in "iuf":
        values = values.astype(float)
        if (values >= 0).all() and np.isfinite(values).all():
            return values
    raise ValueError(
        f"alphas={alphas!r} must be how many to choose from, or a sequence of numbers >= 0: 9, or "
        "[0.1, 1, 10]."
    )


def results(params, scores, seconds):
    """Return scores and seconds, (n_candidates, n_splits), under the names of `GridSearchCV`."""
    mean = scores.mean(axis=1)
    if not np.isfinite(mean).any():
        raise ValueError(
            "No candidate has a finite score on every split. Change scoring, cv or the candidates."
        )
    table = {"mean_fit_time": seconds.mean(axis=1), "std_fit_time": seconds.std(axis=1)}
    for name in params[0]:
        column = np.empty(len(params), object)
        for i, candidate in enumerate(params):
            column[i] = candidate[name]
        table[f"param_{name}"] = np.ma.masked_array(column, mask=False)
    table["params"] = params
    table |= {f"split{k}_test_score": column for k, column in enumerate(scores.T)}
    with np.errstate(invalid="ignore"):  # of infinite scores
        table |= {"mean_test_score": mean, "std_test_score": scores.std(axis=1)}
    table["rank_test_score"] = rankdata(-mean, method="min").astype(np.int32)
    return table
