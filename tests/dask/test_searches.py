"""Searches on a cluster, by the backends of joblib."""

from collections import Counter

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV

from sklearn_shallow import (
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    ShallowNetRegressor,
    ShallowNetRegressorCV,
)

pytest.importorskip("distributed")
BACKEND = pytest.importorskip("joblib._dask").DaskDistributedBackend
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = load_breast_cancer(return_X_y=True)
FAST = {"max_iter": 4, "random_state": 0}
GRID = {"hidden_layer_sizes": [2, 3]}
SEARCHES = [
    GridSearchCV(ShallowNetClassifier(**FAST), GRID, cv=2),
    GridSearchCV(ShallowNetRegressor(**FAST, n_estimators=2), GRID, cv=2),
    ShallowNetClassifierCV(ShallowNetClassifier(3, **FAST, solver="lbfgs"), alphas=2, cv=2),
    ShallowNetRegressorCV(ShallowNetRegressor(3, **FAST), alphas=2, cv=2),
]


def found(search):
    """The scores of a search, and the weights of what it chose."""
    best = search.best_estimator_
    scores = search.cv_results_["mean_test_score"]
    return [scores, *(W for net in best.estimators_ for W in net.coefs_)]


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: type(search).__name__)
def test_every_backend_finds_the_same_and_data_are_sent_once(client, monkeypatch, search):
    if not isinstance(search, GridSearchCV) and not BACKEND.supports_retrieve_callback:
        pytest.skip("with this joblib, Dask gives results all at once only")
    sent, scatter = Counter(), client.scatter

    def counting(data, *args, **options):
        sent[getattr(data, "shape", None)] += 1
        return scatter(data, *args, **options)

    monkeypatch.setattr(client, "scatter", counting)
    alone = found(clone(search).fit(X, y))
    with joblib.parallel_config(backend="loky", n_jobs=2):
        in_processes = found(clone(search).fit(X, y))
    with joblib.parallel_config(backend="dask"):
        on_the_cluster = found(clone(search).fit(X, y))
    for others in (in_processes, on_the_cluster):
        for one, other in zip(alone, others, strict=True):
            np.testing.assert_array_equal(one, other)
    assert sent[X.shape] == sent[y.shape] == 1
