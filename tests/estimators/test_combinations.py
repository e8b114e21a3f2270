"""All combinations of solver, early stopping, weights and labels, each with another kind of X.

More settings, and the regressor, are in test_pairs.py, in pairs.
"""

from itertools import cycle, product

import numpy as np
import pytest
from scipy import sparse

from sklearn_shallow import ShallowNetClassifier
from sklearn_shallow.solvers.registry import SOLVERS as REGISTERED

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N_ROWS = 60
rng = np.random.default_rng(0)
X = rng.normal(size=(N_ROWS, 4)) * (rng.random((N_ROWS, 4)) < 0.8)
NUMBER = np.digitize(X[:, 0] + X[:, 1], [-0.5, 0.5])
LABELS = {
    "binary": np.where(NUMBER > 0, "yes", "no"),
    "multiclass": 10 * NUMBER,
    "multilabel": np.column_stack([NUMBER > 0, NUMBER == 1, X[:, 2] > 0]).astype(int),
}
CLASS_WEIGHT = {
    "binary": {"yes": 2.0},
    "multiclass": "balanced",
    "multilabel": [{0: 1.0, 1: 2.0}, {1: 0.5}, {}],
}
N_COLUMNS = {"binary": 2, "multiclass": 3, "multilabel": 3}


def training(weights, labels):
    """Return the parameters and the arguments of fit that this kind of weights needs."""
    settings = {"class_weight": CLASS_WEIGHT[labels]} if weights == "class_weight" else {}
    arguments = {"sample_weight": np.arange(N_ROWS) % 4} if weights == "sample_weight" else {}
    return settings, arguments


def check_predictions(net, rows, labels):
    y, probability = LABELS[labels], net.predict_proba(rows)
    assert probability.shape == (N_ROWS, N_COLUMNS[labels])
    assert probability.dtype == rows.dtype
    assert ((probability >= 0) & (probability <= 1)).all()
    if labels != "multilabel":
        np.testing.assert_allclose(probability.sum(axis=1), 1, rtol=1e-5)
    assert net.predict(rows).shape == y.shape
    assert set(np.unique(net.predict(rows))) <= set(np.unique(y))
    assert np.isfinite(net.predict_log_proba(rows)).all()


WEIGHTS = ["no weight", "sample_weight", "class_weight"]
FORMS = list(product([np.float32, np.float64], [np.asarray, sparse.csr_matrix], [False, True]))
CASES = [
    (*case, *form)
    for case, form in zip(
        product(REGISTERED, [False, True], WEIGHTS, LABELS), cycle(FORMS), strict=False
    )
]


@pytest.mark.parametrize(
    ("solver", "early_stopping", "weights", "labels", "dtype", "kind", "warm_start"), CASES
)
def test_fit(solver, early_stopping, weights, labels, dtype, kind, warm_start):
    rows, y = kind(X.astype(dtype)), LABELS[labels]
    settings, arguments = training(weights, labels)
    settings |= {"solver": solver, "early_stopping": early_stopping, "warm_start": warm_start}
    net = ShallowNetClassifier(4, alpha=1.0, max_iter=3, random_state=0, **settings)
    for n_fits in (1, 2):
        net.fit(rows, y, **arguments)
        check_predictions(net, rows, labels)
        n_entries = 3 * n_fits if warm_start else 3
        assert {len(entries) for entries in net.history_.values()} == {n_entries}
        assert ("validation_loss" in net.history_) == early_stopping
        assert np.isfinite([net.loss_, *net.loss_curve_]).all()
