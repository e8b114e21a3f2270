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
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils import check_random_state, get_tags, metadata_routing
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from sklearn_shallow.estimators.base import all_or_nothing
from sklearn_shallow.estimators.checks import (
    check_fit_data,
    check_parameters,
    check_weight,
)
from sklearn_shallow.estimators.classifier import ShallowNetClassifier
from sklearn_shallow.estimators.log import visible
from sklearn_shallow.estimators.path import check_alphas, make_folds, scores_along_path
from sklearn_shallow.estimators.preparation import row_weights
from sklearn_shallow.estimators.regressor import ShallowNetRegressor
from sklearn_shallow.estimators.search_report import SearchReport
from sklearn_shallow.estimators.shared_text import with_shared_text
from sklearn_shallow.inputs.sample_weights import proportions
from sklearn_shallow.utils.scikit_learn import (
    CallbackSupportMixin,
    Interval,
    validate_parameters,
    with_callbacks,
)

__all__ = ["ShallowNetClassifierCV", "ShallowNetRegressorCV"]


class BaseShallowNetCV(CallbackSupportMixin, MetaEstimatorMixin, BaseEstimator):
    """Base of the two; a subclass says which estimator it is about."""

    _parameter_constraints: dict = {
        "alphas": [Interval(Integral, 1, None, closed="left"), "array-like"],
        "hidden_layer_sizes": [list, None],
        "activation": [list, None],
        "cv": ["cv_object"],
        "scoring": [str, callable, None],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    __metadata_request__fit = {"groups": metadata_routing.UNUSED}  # it is the splitter's

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
        random_state=None,
    ):
        self.estimator = estimator
        self.alphas = alphas
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.cv = cv
        self.scoring = scoring
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.random_state = random_state

    @with_callbacks
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
        validate_parameters(self)
        with all_or_nothing(self), visible(self.verbose):
            report = SearchReport(self, X, y, sample_weight)
            if isinstance(self.alphas, Integral) and sample_weight is not None:
                sample_weight = proportions(check_weight(sample_weight, X))
            net = self._seeded()
            self.cv_results_ = self._search(net, X, y, sample_weight, groups, report)
            self.best_index_ = int(self.cv_results_["rank_test_score"].argmin())
            self.best_score_ = float(self.cv_results_["mean_test_score"][self.best_index_])
            self.best_params_ = self.cv_results_["params"][self.best_index_]
            for name, value in self.best_params_.items():
                setattr(self, f"{name}_", value)
            self.best_estimator_ = net.set_params(**self.best_params_)
            with report.last_fit(self.best_estimator_):
                self.best_estimator_.fit(X, y, sample_weight)
            report.close()
        return self

    def _net(self):
        return self._default if self.estimator is None else self.estimator

    def _seeded(self):
        """Return the estimator with a seed that is the same in every process."""
        net = clone(self._net())
        source = net.random_state if self.random_state is None else self.random_state
        if not isinstance(source, Integral):
            source = check_random_state(source).randint(2**31 - 1)
        return net.set_params(random_state=source)

    def _search(self, net, X, y, sample_weight, groups, report):
        """Return what becomes `cv_results_`."""
        net = clone(net).set_params(warm_start=False, n_estimators=1, n_restarts=1)
        X, y = check_fit_data(net, X, y, reset=True)
        target = net._make_target(y)
        sample_weight, weight = row_weights(net, X, y, target, sample_weight)
        stratified = target.strata(y) is not None
        folds = make_folds(self.cv, X, y, weight, groups, stratified=stratified)
        alphas, architectures = check_alphas(self.alphas), self._architectures(net)
        nets = [copy(net).set_params(**architecture) for architecture in architectures]
        for candidate in nets:
            check_parameters(candidate)
        rows, scoring = (X, y, sample_weight), "loss" if self.scoring is None else self.scoring
        paths = Parallel(n_jobs=self.n_jobs, return_as="generator")(
            delayed(scores_along_path)(candidate, rows, *fold, alphas, scoring)
            for candidate in nets
            for fold in folds
        )
        paths = list(report.following(paths, architectures, len(folds), alphas))
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
        """Return the score of `best_estimator_` by `scoring`.

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
            If `scoring` is None or "loss", the accuracy of a classifier or R2 of a regressor.
        """
        check_is_fitted(self)
        net, scoring = self.best_estimator_, None if self.scoring == "loss" else self.scoring
        weight = {} if sample_weight is None else {"sample_weight": sample_weight}
        return check_scoring(net, scoring)(net, X, y, **weight)

    def get_metadata_routing(self):
        """Return where metadata go: sample weights to this estimator, groups to `cv`.

        Returns
        -------
        routing : MetadataRouter
        """
        to_split = metadata_routing.MethodMapping().add(caller="fit", callee="split")
        splitter = check_cv(self.cv)
        return (
            metadata_routing.MetadataRouter(owner=type(self).__name__)
            .add_self_request(self)
            .add(splitter=splitter, method_mapping=to_split)
        )

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
