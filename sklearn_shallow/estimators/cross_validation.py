"""The estimators that choose weight decay, layers and activation by cross-validation.

Convention
----------
net : the estimator whose other parameters apply, unfitted
"""

from dataclasses import KW_ONLY, dataclass
from itertools import chain, product
from numbers import Integral
from typing import Any

import numpy as np
from scipy.stats import rankdata
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils import check_random_state, get_tags, metadata_routing
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from sklearn_shallow.estimators.alpha_path import check_alphas, make_folds, scores_along_path
from sklearn_shallow.estimators.callbacks import SearchReport
from sklearn_shallow.estimators.classifier import ShallowNetClassifier
from sklearn_shallow.estimators.exporting import ExportingMixin
from sklearn_shallow.estimators.parameters.checks import check_fit_data, check_weight
from sklearn_shallow.estimators.parameters.declared import COUNT, N_JOBS, parameter
from sklearn_shallow.estimators.parameters.keywords import with_checked_parameters
from sklearn_shallow.estimators.parameters.options import warn_of_unused_options
from sklearn_shallow.estimators.parameters.scoring import check_scoring_of_classes, scorer_of
from sklearn_shallow.estimators.parameters.settings import Settings, is_auto
from sklearn_shallow.estimators.regressor import ShallowNetRegressor
from sklearn_shallow.estimators.saving import saveable
from sklearn_shallow.estimators.scikit_learn import (
    CallbackSupportMixin,
    NotebookViewMixin,
    validate_parameters,
    with_callbacks,
)
from sklearn_shallow.estimators.training.auto import CONVERGED_ITERATIONS
from sklearn_shallow.estimators.training.log import visible
from sklearn_shallow.inputs.sample_weights import proportions
from sklearn_shallow.utils.warnings import warn_user

PATH_SOLVER = "lbfgs"


@dataclass(eq=False, repr=False)
class BaseShallowNetCV(
    NotebookViewMixin,
    CallbackSupportMixin,
    ExportingMixin,
    MetaEstimatorMixin,
    BaseEstimator,
):
    """Base of the two; a subclass says which estimator it is about."""

    estimator: Any = None
    _: KW_ONLY
    alphas: Any = parameter(9, COUNT, "array-like")
    hidden_layer_sizes: list | None = parameter(None, list, None)
    activation: list | None = parameter(None, list, None)
    cv: Any = parameter(None, "cv_object")
    scoring: Any = parameter(None, str, callable, None)
    n_jobs: int | None = parameter(None, *N_JOBS)
    verbose: bool | int = parameter(0, "verbose")
    random_state: Any = parameter(None, "random_state")

    __metadata_request__fit = {"groups": metadata_routing.UNUSED}  # it is the splitter's

    @with_callbacks
    def fit(self, X, y, sample_weight=None, *, groups=None):
        """Choose the candidate of the best mean score, and fit it to all samples.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples, in training and in the scores; weight 0 leaves a sample out.
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
            message says why and what to change, and the estimator is unchanged.
        """
        self._check_lists()
        validate_parameters(self)
        with visible(self.verbose):
            report = SearchReport(self, X, y, sample_weight, n_tasks=2)
            if isinstance(self.alphas, Integral) and sample_weight is not None:
                sample_weight = proportions(check_weight(sample_weight, X))
            net = self._seeded()
            found, constant = self._search(net, X, y, sample_weight, groups, report)
            best = int(found["rank_test_score"].argmin())
            net = self._candidate(net, found["params"][best])
            if is_auto(net.max_iter) and not Settings.of(net).solver.takes_batches:
                net.set_params(max_iter=CONVERGED_ITERATIONS)  # the path has led closer than 200
            with report.last_fit(net):
                net.fit(X, y, sample_weight)
            self.cv_results_, self.best_index_, self.best_estimator_ = found, best, net
            self.best_score_ = float(found["mean_test_score"][best])
            self.best_params_ = params = found["params"][best]
            first, self.activation_ = net.estimators_[0], params["activation"]
            self.alpha_ = first.alpha_
            self.hidden_layer_sizes_ = params["hidden_layer_sizes"]
            if is_auto(self.hidden_layer_sizes_):
                self.hidden_layer_sizes_ = first.settings_["hidden_layer_sizes"]
            report.close()
            self._warn_no_better(constant)
        return self

    def _check_lists(self):
        """Check that candidates are in lists: a tuple may be several, or one of several layers."""
        for name in ("hidden_layer_sizes", "activation"):
            value = getattr(self, name)
            if value is None or isinstance(value, list):
                continue
            write = f"[{value!r}]"
            if isinstance(value, tuple) and len(value) > 1:
                n = len(value)
                write = f"{[*value]} for {n} candidates, or {write} for one of {n} layers"
            raise ValueError(
                f"{name}={value!r} must be a list of candidates, or None. Pass {name}={write}."
            )

    def _net(self):
        """Return the estimator whose other parameters apply."""
        return self._default if self.estimator is None else self.estimator

    def _seeded(self):
        """Return the estimator with an integer seed, the same in every process."""
        net = clone(self._net())
        source = net.random_state if self.random_state is None else self.random_state
        if not isinstance(source, Integral):
            source = check_random_state(source).randint(2**31 - 1)
        return net.set_params(random_state=source)

    def _search(self, net, X, y, sample_weight, groups, report):
        """Return `cv_results_`."""
        net = clone(net).set_params(warm_start=False, n_estimators=1, n_init=1)
        paths = self._paths(net)
        X, y = check_fit_data(net, X, y, reset=True)
        nets = [self._candidate(net, path[0]) for path in paths]
        every = [Settings.of(candidate) for candidate in nets]
        for settings, candidate in zip(every, nets, strict=True):
            warn_of_unused_options(settings, candidate)
        target = net._make_target(y, every[0])
        check_scoring_of_classes(self.scoring, target)
        samples = net._samples(X, y, weight=sample_weight).weighted(every[-1], target)
        stratified = target.strata(y) is not None
        folds = make_folds(self.cv, samples, groups, stratified=stratified)
        scorer = self._scorer(net)
        of_paths = [[params["alpha"] for params in path] for path in paths]
        outcomes = Parallel(n_jobs=self.n_jobs, return_as="generator")(
            delayed(scores_along_path)(candidate, settings, scorer, *fold, alphas, *samples)
            for candidate, settings, alphas in zip(nets, every, of_paths, strict=True)
            for fold in folds
        )
        outcomes = list(report.following(outcomes, paths, len(folds)))
        of_folds = [np.hstack(outcomes[place :: len(folds)]) for place in range(len(folds))]
        scores, seconds, constants = np.transpose(of_folds, (1, 2, 0))
        return results([*chain(*paths)], scores, seconds), float(constants[0].mean())

    def _warn_no_better(self, constant):
        """Warn if a constant has a better score on the test folds; nan if that is unknown."""
        if not self.best_score_ <= constant:
            return
        alphas = [alpha for alpha in self.cv_results_["param_alpha"] if not is_auto(alpha)]
        largest, wider = max(alphas, default=None), ""
        if self.best_params_["alpha"] == largest:
            wider = f"The best is the largest of alphas: larger ones than {largest:g} may help. "
        warn_user(
            f"{type(self).__name__}: no candidate is better than a constant on the test folds: "
            f"with {self.best_params_} the mean loss is {-self.best_score_:.6g} there, that of the "
            f"best constant of the samples trained on {-constant:.6g}. {wider}If nothing helps, "
            "X may have no information about y.",
            ConvergenceWarning,
        )

    def _scorer(self, net):
        """Return the scorer of the folds; None for the loss."""
        return scorer_of(net, "loss" if self.scoring is None else self.scoring)

    def _paths(self, net):
        """Return the candidates, lists of their parameters, those of a path in one list."""
        lists = {"hidden_layer_sizes": self.hidden_layer_sizes, "activation": self.activation}
        for name, values in lists.items():
            if values is None:
                lists[name] = [getattr(net, name)]
            elif not values:
                raise ValueError(f"{name}=[] leaves nothing to choose from. Pass None, or a list.")
        return [
            [{"alpha": alpha, **dict(zip(lists, values, strict=True))} for alpha in path]
            for values in product(*lists.values())
            for path in check_alphas(self.alphas)
        ]

    def _candidate(self, net, params):
        """Return the estimator of a candidate.

        The default one has a solver that leads along a path, where alpha is a number.
        """
        net = clone(net).set_params(**params)
        if self.estimator is None and not is_auto(net.alpha):
            net.set_params(solver=PATH_SOLVER)
        return net

    @property
    def _best(self):
        """The best candidate; before fit, the error of scikit-learn."""
        check_is_fitted(self)
        return self.best_estimator_

    def summary(self):
        """Print what `best_estimator_` is, and what "auto" chose and why."""
        self._best.summary()

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
            Samples to predict.

        Returns
        -------
        y : ndarray
            See the estimator's own method.
        """
        return self._best.predict(X)

    def score(self, X, y, sample_weight=None):
        """Return the score of `best_estimator_` by `scoring`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples to predict.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True values.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        score : float
            If `scoring` is None or "loss", the accuracy of a classifier or R2 of a regressor.
        """
        net = self._best
        scorer = self._scorer(net) or check_scoring(net)
        weight = {} if sample_weight is None else {"sample_weight": sample_weight}
        return scorer(net, X, y, **weight)

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


@saveable
@with_checked_parameters
@dataclass(eq=False, repr=False)
class ShallowNetClassifierCV(BaseShallowNetCV):
    """`ShallowNetClassifier` with weight decay, layers and activation by cross-validation.

    Every candidate is scored on test folds. The one with the best mean score is fitted to all
    samples, and predicts. On every fold the alphas of a network form a path of warm starts, which
    takes a fraction of the time of fits from the beginning; see the user guide.

    Parameters
    ----------
    estimator : ShallowNetClassifier, default=None
        Its other parameters apply. None is ``ShallowNetClassifier()``, with ``solver="lbfgs"`` for
        alphas that are numbers.
    alphas : int or sequence of float >= 0 and "auto", default=9
        The weight decays to choose from. "auto" is one that is found from the data, with bins,
        layers and relevance of features chosen as without a search. A number says how many: they
        are on a logarithmic grid from 100 to 0.01, with "auto" before them, and sample weights that
        are not whole numbers are scaled to mean 1. Of equal scores the first wins.
    hidden_layer_sizes : list, default=None
        The sizes to choose from, for example ``[(), 20, (50, 20)]``. None: those of `estimator`.
    activation : list, default=None
        The activations to choose from. None: that of `estimator`.
    cv : int, splitter or iterable, default=None
        The folds, as in scikit-learn: None is 5, an int how many; they are stratified for labels.
    scoring : str, callable or None, default=None
        The name of a scorer, or one with the signature ``scorer(estimator, X, y)``. None (or
        "loss") is minus the loss of the estimator without the penalty, as `history_` has it: of the
        scaled target, and with class weights if there are any. `score` uses it too.
    n_jobs : int or None, default=None
        How many networks and folds are worked on at a time, as in joblib; -1 uses all processors.
    verbose : bool or int, default=0
        Whether to log every network on every fold to the logger "sklearn_shallow", or to standard
        error where logging is not set up.
    random_state : int, RandomState instance or None, default=None
        Source of the random seed of all fits; None is that of `estimator`. Folds are shuffled only
        by a splitter in `cv` that does it.

    Attributes
    ----------
    best_estimator_ : ShallowNetClassifier
        The best candidate, fitted to all samples.
    classes_ : ndarray of shape (n_classes,)
        As of the estimator.
    alpha_, hidden_layer_sizes_, activation_ : float; int or tuple; str or other
        What was chosen; of several networks with a decay that was found, that of the first.
    best_params_ : dict
        The same by name.
    best_score_ : float
        Its mean score.
    best_index_ : int
        Its place in `cv_results_`.
    cv_results_ : dict of arrays
        Per candidate, under the names of `GridSearchCV`: "params", "param_alpha" and so on,
        "split0_test_score" and so on, "mean_test_score", "std_test_score", "rank_test_score",
        "mean_fit_time", "std_fit_time". The seconds are those of a step of the path.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where X has string names.

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

    estimator: ShallowNetClassifier | None = parameter(None, ShallowNetClassifier, None)

    _default = ShallowNetClassifier()

    @property
    def classes_(self):
        """Class labels, as of the estimator."""
        return self.best_estimator_.classes_

    def predict_proba(self, X):
        """Return the probabilities that `best_estimator_` gives the classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples to be classified.

        Returns
        -------
        probability : ndarray of shape (n_samples, n_classes)
        """
        return self._best.predict_proba(X)

    def predict_log_proba(self, X):
        """Return the logarithms of the probabilities that `best_estimator_` gives the classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples to be classified.

        Returns
        -------
        log_probability : ndarray of shape (n_samples, n_classes)
        """
        return self._best.predict_log_proba(X)

    def decision_function(self, X):
        """Return the raw output of `best_estimator_`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples to be judged.

        Returns
        -------
        raw : ndarray of shape (n_samples,) for two classes, else (n_samples, n_outputs)
        """
        return self._best.decision_function(X)


@saveable
@with_checked_parameters
@dataclass(eq=False, repr=False)
class ShallowNetRegressorCV(BaseShallowNetCV):
    """`ShallowNetRegressor` with weight decay, layers and activation by cross-validation.

    Every candidate is scored on test folds. The one with the best mean score is fitted to all
    samples, and predicts. On every fold the alphas of a network form a path of warm starts, which
    takes a fraction of the time of fits from the beginning; see the user guide.

    Parameters
    ----------
    estimator : ShallowNetRegressor, default=None
        Its other parameters apply. None is ``ShallowNetRegressor()``, with ``solver="lbfgs"`` for
        alphas that are numbers.
    alphas : int or sequence of float >= 0 and "auto", default=9
        The weight decays to choose from. "auto" is one that is found from the data, with bins,
        layers and relevance of features chosen as without a search. A number says how many: they
        are on a logarithmic grid from 100 to 0.01, with "auto" before them, and sample weights that
        are not whole numbers are scaled to mean 1. Of equal scores the first wins.
    hidden_layer_sizes : list, default=None
        The sizes to choose from, for example ``[(), 20, (50, 20)]``. None: those of `estimator`.
    activation : list, default=None
        The activations to choose from. None: that of `estimator`.
    cv : int, splitter or iterable, default=None
        The folds, as in scikit-learn: None is 5, an int how many; they are stratified for labels.
    scoring : str, callable or None, default=None
        The name of a scorer, or one with the signature ``scorer(estimator, X, y)``. None (or
        "loss") is minus the loss of the estimator without the penalty, as `history_` has it: of the
        scaled target, and with class weights if there are any. `score` uses it too.
    n_jobs : int or None, default=None
        How many networks and folds are worked on at a time, as in joblib; -1 uses all processors.
    verbose : bool or int, default=0
        Whether to log every network on every fold to the logger "sklearn_shallow", or to standard
        error where logging is not set up.
    random_state : int, RandomState instance or None, default=None
        Source of the random seed of all fits; None is that of `estimator`. Folds are shuffled only
        by a splitter in `cv` that does it.

    Attributes
    ----------
    best_estimator_ : ShallowNetRegressor
        The best candidate, fitted to all samples.
    alpha_, hidden_layer_sizes_, activation_ : float; int or tuple; str or other
        What was chosen; of several networks with a decay that was found, that of the first.
    best_params_ : dict
        The same by name.
    best_score_ : float
        Its mean score.
    best_index_ : int
        Its place in `cv_results_`.
    cv_results_ : dict of arrays
        Per candidate, under the names of `GridSearchCV`: "params", "param_alpha" and so on,
        "split0_test_score" and so on, "mean_test_score", "std_test_score", "rank_test_score",
        "mean_fit_time", "std_fit_time". The seconds are those of a step of the path.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where X has string names.

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

    estimator: ShallowNetRegressor | None = parameter(None, ShallowNetRegressor, None)

    _default = ShallowNetRegressor()

    def predict_interval(self, X, coverage=0.9):
        """Return an interval for y of every sample, by `best_estimator_`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples to predict.
        coverage : float in (0, 1), default=0.9
            Probability that y is within the interval.

        Returns
        -------
        interval : ndarray of shape (n_samples, 2) or (n_samples, 2, n_targets)
            Lower and upper bound.

        Raises
        ------
        ValueError
            If the fit of `estimator` offers no interval, see `ShallowNetRegressor`.
        """
        return self._best.predict_interval(X, coverage)


def results(params, scores, seconds):
    """Return scores and seconds, (n_candidates, n_splits), under the names of `GridSearchCV`."""
    mean = scores.mean(axis=1)
    if not np.isfinite(mean).any():
        raise ValueError(
            "No candidate has a finite score on every split. Change scoring, cv or the candidates."
        )
    table = {"mean_fit_time": seconds.mean(axis=1), "std_fit_time": seconds.std(axis=1)}
    for name in params[0]:
        column = np.fromiter((candidate[name] for candidate in params), object)
        table[f"param_{name}"] = np.ma.masked_array(column, mask=False)
    table["params"] = params
    table |= {f"split{k}_test_score": column for k, column in enumerate(scores.T)}
    with np.errstate(invalid="ignore"):  # of infinite scores
        table |= {"mean_test_score": mean, "std_test_score": scores.std(axis=1)}
    table["rank_test_score"] = rankdata(-mean, method="min").astype(np.int32)
    return table
