"""Data at the limits of floating-point numbers: a fit, or an error that says what to change."""

import numpy as np
import pytest
from memory import peak_memory
from scipy import sparse

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.utils.rows import canonical_rows

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.RandomState(0)
X = rng.randn(60, 3)
far = X * [1e3, 1e5, 1]
counts = rng.poisson(np.exp(X[:, 2]))


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("columns", ["far", "further", "two rows"])
def test_the_decay_is_found_where_all_outputs_are_saturated(columns, solver):
    rows = {"far": far, "further": 1e100 * X, "two rows": np.array([[1e30], [2e30]])}[columns]
    labels = np.arange(len(rows)) % 2 if columns == "two rows" else X[:, 0] > 0
    net = ShallowNetClassifier(5, standardize=False, solver=solver, random_state=0)
    net.fit(rows, labels)
    assert np.isfinite(net.alpha_)
    assert np.isfinite(net.predict_proba(rows)).all()


def test_the_decay_is_found_where_all_counts_are_saturated():
    net = ShallowNetRegressor(loss="poisson", standardize=False, solver="lbfgs", random_state=0)
    assert np.isfinite(net.fit(far, counts).alpha_)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_initial_values_that_saturate_every_output(solver):
    labels = X[:, 0] > 0
    net = ShallowNetClassifier(5, solver=solver, random_state=0).fit(X, labels)
    W, b = [1e10 * W for W in net.coefs_], net.intercepts_
    assert np.isfinite(net.fit(X, labels, coef_init=W, intercept_init=b).alpha_)


@pytest.mark.parametrize("weight", [np.ones(60), np.r_[np.ones(3), np.full(57, 1e-9)]])
def test_a_target_that_is_reached_exactly_has_a_finite_evidence(weight):
    net = ShallowNetRegressor(2, solver="lm", random_state=0, max_iter=10)
    net.fit(X, np.zeros(60), sample_weight=weight)
    assert np.isfinite(net.log_evidence_)
    np.testing.assert_allclose(net.predict(X), 0, atol=1e-6)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
def test_rows_in_their_fixed_order_take_one_copy_of_them(kind):
    rows = kind(np.random.RandomState(1).randn(200, 5000))
    size = rows.data.nbytes + (rows.indices.nbytes if sparse.issparse(rows) else 0)
    Y = np.arange(200.0)[:, np.newaxis]
    assert peak_memory(canonical_rows, rows, Y, (None,), enough=1.2 * size) < 1.2 * size
    ordered, _, _ = canonical_rows(rows, Y, (None,))
    again, _, _ = canonical_rows(rows[::-1], Y[::-1], (None,))
    assert abs(ordered - again).max() == 0
