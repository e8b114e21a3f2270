"""The estimators for data on several machines."""

from dataclasses import dataclass, replace
from functools import wraps
from inspect import signature
from typing import Any

from sklearn.base import clone, is_classifier

from sklearn_shallow.dask.data import DistributedSamples, auto_batch_rows, head, read
from sklearn_shallow.dask.parts import aligned_parts, client_of, is_collection
from sklearn_shallow.dask.prediction import gathered, lazily
from sklearn_shallow.estimators.classifier import ShallowNetClassifier
from sklearn_shallow.estimators.parameters.checks import check_fit_data
from sklearn_shallow.estimators.parameters.settings import is_auto
from sklearn_shallow.estimators.regressor import ShallowNetRegressor
from sklearn_shallow.estimators.streaming.mixin import refuse
from sklearn_shallow.estimators.training.ensemble import members
from sklearn_shallow.inputs.batches import stacked
from sklearn_shallow.utils.names import fields_of

HEAD_ROWS = 5


class DaskMixin:
    """A fit and predictions on the workers of a cluster; see the estimators."""

    def to_local(self):
        """Return the local estimator with the same parameters and networks."""
        local = self._local_class()
        vars(local).update({name: value for name, value in vars(self).items() if name != "client"})
        return local

    def save(self, path):
        """Write a file of the local estimator, which `load` returns."""
        self.to_local().save(path)

    def score(self, X, y, sample_weight=None):
        """Return the accuracy, or R2; the labels or numbers of a collection are gathered."""
        if not is_collection(X):
            return super().score(X, y, sample_weight)
        local, predicted = self.to_local(), gathered(self.predict(X))
        local.predict = lambda X: predicted
        return local.score(X, gathered(y), gathered(sample_weight))

    def __getstate__(self):
        return {**super().__getstate__(), "client": None}

    def __sklearn_clone__(self):
        copied = type(self)(client=self.client)
        vars(copied).update(vars(clone(self.to_local())))
        return copied

    def _partial_fit(self, X, *others):
        check_in_one_place("partial_fit", X)
        return super()._partial_fit(X, *others)

    def _fit_batches(self, batches, *others, **options):
        check_in_one_place("fit_batches", batches)
        return super()._fit_batches(batches, *others, **options)

    def _prepare(self, settings, passed, validation, last):
        check_possible(settings, validation)
        settings = replace(settings, given=fields_of(self.to_local()))  # workers get them
        raw = aligned_parts(client_of(self.client), *passed)
        self._look_at(raw, reset=not last)
        source = DistributedSamples(raw.map(read, self._probe(), is_classifier(self)))
        target = self._make_target(source.y, settings)
        settings = source.facts.with_class_weights(settings)
        if is_auto(settings.batch_size):
            settings = replace(settings, batch_size=auto_batch_rows(source.facts.n_rows))
        validation, team = map(gathered, validation), members(settings, last)
        return self._data(settings, source, target, validation, team[0]), team

    def _look_at(self, parts, *, reset):
        """Learn the columns of X from some rows of every partition."""
        heads = [some for some in parts.collect(head, HEAD_ROWS, self.categorical_features) if some]
        if not heads:
            raise ValueError("X has no rows in any partition. Check how they were selected.")
        check_fit_data(self, *map(stacked, zip(*heads, strict=True)), reset=reset)

    def _probe(self):
        """Return an estimator that knows the columns of X only."""
        probe = self._local_class(categorical_features=self.categorical_features)
        vars(probe).update(self._of_columns())
        return probe


def by_partition(local):
    """Return a method of the local estimator that returns an array of Dask for a collection of
    Dask."""

    @wraps(local)
    def method(self, X, *args, **options):
        if not is_collection(X):
            return local(self, X, *args, **options)
        self._check_fitted()
        _, _, *given = signature(local).bind(self, X, *args, **options).arguments.items()
        return lazily(self.to_local(), local.__name__, X, dict(given))

    return method


def check_in_one_place(method, data):
    """Refuse samples on the workers, for which one epoch is an iteration of `fit`."""
    if is_collection(data):
        raise ValueError(
            f"{method} is for samples in one place, got a collection of Dask, "
            f"{type(data).__name__}. To continue a fit on the workers, set warm_start=True and "
            "call fit; to train here on one partition after the other, call compute() for each."
        )


def check_possible(settings, validation):
    """Check that the settings are possible for distributed samples."""
    stops = settings.early_stopping and validation[0] is None
    needs_all_rows = (
        ("posterior", settings.posterior is not None, "Set posterior=None"),
        ("early_stopping", stops, "Pass X_val and y_val"),
    )
    otherwise = "fit to_local() to some of the samples"
    refuse(needs_all_rows, settings.given, "a worker", ValueError, otherwise)


@dataclass(eq=False, repr=False, kw_only=True)
class DaskShallowNetClassifier(DaskMixin, ShallowNetClassifier):
    """`ShallowNetClassifier` for samples on several machines, in collections of Dask.

    Needs the extra `dask`. The rows stay where they are: the workers send sums of losses and
    gradients, see the page on Dask. Predictions for a collection are lazy arrays of Dask, with a
    chunk for every partition.

    Parameters
    ----------
    hidden_layer_sizes, activation, ... : see `ShallowNetClassifier`
        Not ``posterior``; early stopping needs `X_val` and `y_val`.
    client : distributed.Client, default=None
        The cluster; None is the client that was made last.

    Attributes
    ----------
    coefs_, ... : those of `ShallowNetClassifier`

    Examples
    --------
    >>> import dask.array as da
    >>> from distributed import Client
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_shallow.dask import DaskShallowNetClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> X, y = da.from_array(X, chunks=(50, -1)), da.from_array(y, chunks=50)
    >>> with Client(processes=False, dashboard_address=":0") as client:
    ...     net = DaskShallowNetClassifier(5, solver="lbfgs", random_state=0, client=client)
    ...     probability = net.fit(X, y).predict_proba(X)  # lazy
    ...     round(net.score(X, y), 2)
    0.99
    >>> probability.shape, net.to_local().predict([[5.1, 3.5, 1.4, 0.2]])
    ((150, 3), array([0]))
    """

    client: Any = None

    _local_class = ShallowNetClassifier

    predict = by_partition(ShallowNetClassifier.predict)
    predict_proba = by_partition(ShallowNetClassifier.predict_proba)
    predict_log_proba = by_partition(ShallowNetClassifier.predict_log_proba)
    decision_function = by_partition(ShallowNetClassifier.decision_function)
    transform = by_partition(ShallowNetClassifier.transform)


@dataclass(eq=False, repr=False, kw_only=True)
class DaskShallowNetRegressor(DaskMixin, ShallowNetRegressor):
    """`ShallowNetRegressor` for samples on several machines, in collections of Dask.

    Needs the extra `dask`. The rows stay where they are: the workers send sums of losses and
    gradients, see the page on Dask. Predictions for a collection are lazy arrays of Dask, with a
    chunk for every partition.

    Parameters
    ----------
    hidden_layer_sizes, activation, ... : see `ShallowNetRegressor`
        Not ``posterior``; early stopping needs `X_val` and `y_val`.
    client : distributed.Client, default=None
        The cluster; None is the client that was made last.

    Attributes
    ----------
    coefs_, ... : those of `ShallowNetRegressor`
    """

    client: Any = None

    _local_class = ShallowNetRegressor

    predict = by_partition(ShallowNetRegressor.predict)
    transform = by_partition(ShallowNetRegressor.transform)
    predict_interval = by_partition(ShallowNetRegressor.predict_interval)
