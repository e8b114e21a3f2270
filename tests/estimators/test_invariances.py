"""What must not matter does not: hypothesis draws the data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_shallow import ShallowNetClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
few = settings(max_examples=10, deadline=None)
seeds = st.integers(0, 2**32 - 1)
n_classes = st.integers(2, 4)


def draw(seed, k, n_rows=40):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_rows, 3))
    y = np.r_[np.arange(k), rng.integers(k, size=n_rows - k)]
    return X, y, rng


def net(solver="lbfgs", **parameters):
    defaults = {"solver": solver, "random_state": 0, "max_iter": 25}
    if solver != "lbfgs":
        defaults |= {"learning_rate_init": 0.02, "batch_size": "full"}
    return ShallowNetClassifier(4, **(defaults | parameters))


@pytest.mark.parametrize("solver", ["lbfgs", "adam", "sgd"])
@few
@given(seeds, n_classes)
def test_integer_weight_is_repetition_zero_is_absence_to_the_last_bit(solver, seed, k):
    X, y, rng = draw(seed, k)
    times = rng.integers(0, 4, size=len(y))
    times[:k] = 1
    repeated = net(solver).fit(np.repeat(X, times, axis=0), np.repeat(y, times))
    weighted = net(solver).fit(X, y, sample_weight=times)
    np.testing.assert_array_equal(weighted.predict_proba(X), repeated.predict_proba(X))


@few
@given(seeds, n_classes)
def test_order_of_rows_changes_no_bit_of_a_full_batch_fit(seed, k):
    X, y, rng = draw(seed, k)
    rows = rng.permutation(len(y))
    one, two = net().fit(X, y), net().fit(X[rows], y[rows])
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))


@pytest.mark.parametrize("solver", ["lbfgs", "adam"])
@few
@given(seeds, n_classes)
def test_units_by_powers_of_two_change_no_bit(solver, seed, k):
    X, y, rng = draw(seed, k)
    X, y = np.tile(X, (3, 1)), np.tile(y, 3)  # copies, which are merged in a fixed order
    unit = 2.0 ** rng.integers(-9, 10, X.shape[1])
    one, two = (net(solver, alpha="auto").fit(some, y) for some in (X, X * unit))
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X * unit))


@few
@given(seeds, st.floats(1e-6, 1e6), st.floats(-1e3, 1e3))
def test_units_of_the_columns_do_not_matter(seed, scale, shift):
    X, y, _ = draw(seed, 2)
    # A few iterations: rounding in the standardised columns grows along the path.
    one = net(max_iter=5).fit(X, y)
    moved = scale * (X + shift)
    two = net(max_iter=5).fit(moved, y)
    np.testing.assert_allclose(two.predict_proba(moved), one.predict_proba(X), atol=1e-5)


@few
@given(seeds, n_classes)
def test_a_linear_model_does_not_mind_the_order_of_columns(seed, k):
    X, y, rng = draw(seed, k)
    columns = rng.permutation(3)
    one, two = linear(X, y), linear(X[:, columns], y)
    np.testing.assert_allclose(two.coefs_[0], one.coefs_[0][columns], atol=1e-5)


def linear(X, y):
    return ShallowNetClassifier((), solver="lbfgs", tol=1e-9, max_iter=500).fit(X, y)


@pytest.mark.filterwarnings("ignore:.*far outside the ")
@few
@given(seeds, n_classes)
def test_probabilities_are_probabilities(seed, k):
    X, y, rng = draw(seed, k)
    fitted = net(alpha=0.0, max_iter=50).fit(X, y)
    P = fitted.predict_proba(1e3 * rng.standard_normal((50, 3)))
    assert P.shape == (50, k)
    assert ((P >= 0) & (P <= 1)).all()
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-12)
