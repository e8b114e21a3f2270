"""Memory of a fit beyond that of X, which may be a map of a file."""

import numpy as np
import pytest
from memory import peak_memory

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.estimators.training import samples, short_fits
from sklearn_shallow.utils import rows

N_ROWS, N_FEATURES = 42_000, 50  # half of them are more than the encoding is chosen on
ONE_EPOCH = {"max_iter": 1, "random_state": 0}


def mapped(path, dtype, order, *, gaps=False):
    """Return a map of a new file with a matrix of random numbers."""
    X = np.memmap(path, dtype, "w+", shape=(N_ROWS, N_FEATURES), order=order)
    X[:] = np.random.default_rng(0).normal(size=X.shape)
    if gaps:
        X[::7, 3] = np.nan
    X.flush()
    return np.memmap(path, dtype, "r", shape=X.shape, order=order)


@pytest.fixture
def copies_are_large(monkeypatch):
    """Let X be larger than what is copied: tests with files of that size would take long."""
    monkeypatch.setattr(samples, "MAX_COPY_BYTES", 2**20)
    monkeypatch.setattr(rows, "MAX_COPY_BYTES", 2**20)


@pytest.mark.filterwarnings("ignore:.*(loss is no lower|not converged|max_iter).*")
@pytest.mark.parametrize(
    ("dtype", "order", "gaps", "settings"),
    [
        ("float32", "C", False, {}),
        ("float64", "F", True, {}),
        ("float32", "F", True, {"early_stopping": True}),
        ("float64", "C", False, {"early_stopping": True, "numeric_encoding": 4}),
        ("float64", "F", False, {"standardize": False, "numeric_encoding": None}),
        ("float32", "C", True, {"solver": "lbfgs", "alpha": 1.0}),
    ],
)
def test_no_copy_of_a_memory_map_is_made(tmp_path, copies_are_large, dtype, order, gaps, settings):
    X = mapped(tmp_path / "X", dtype, order, gaps=gaps)
    y = (np.nan_to_num(X[:, 0]) > 0).astype(float)
    net, half = ShallowNetClassifier(4, **ONE_EPOCH | settings), N_ROWS // 2
    for call in (lambda n: net.fit(X[:n], y[:n]), lambda n: net.predict(X[:n])):
        most = peak_memory(call, half, attempts=1) + 0.4 * X[:half].nbytes  # y and the like grow
        assert peak_memory(call, N_ROWS, enough=most) < most


@pytest.mark.filterwarnings("ignore:.*max_iter.*")
def test_many_samples_take_three_numbers_each_beside_X(copies_are_large, monkeypatch):
    monkeypatch.setattr(short_fits, "MANY_SAMPLES", 5000)
    X = np.random.default_rng(0).standard_normal((200_000, 2), dtype=np.float32)
    y, net = (X[:, 0] > 0).astype(int), ShallowNetClassifier(4, **ONE_EPOCH)

    def fit(n):
        net.fit(X[:n], y[:n])

    # The codes of the labels, what they are compared with, and the encoded labels.
    most = peak_memory(fit, 50_000, attempts=1) + 24 * 150_000
    assert peak_memory(fit, 200_000, enough=most) < most


@pytest.mark.parametrize("early_stopping", [False, True])
def test_rows_that_are_not_copied_give_the_same_fit(monkeypatch, early_stopping):
    rng = np.random.default_rng(0)
    X = rng.standard_t(3, size=(3000, 5))
    X[::5, 2] = np.nan
    y = np.tanh(X[:, 0]) + X[:, 1] / 4
    weight = rng.integers(1, 4, 3000).astype(float)
    settings = ONE_EPOCH | {"max_iter": 4, "early_stopping": early_stopping}
    settings |= {"scoring": "r2"} if early_stopping else {}

    def fitted():
        return ShallowNetRegressor(5, **settings).fit(X, y, weight).predict(X)

    copied = fitted()
    monkeypatch.setattr(samples, "MAX_COPY_BYTES", 0)
    monkeypatch.setattr(rows, "MAX_COPY_BYTES", 0)
    np.testing.assert_array_equal(fitted(), copied)


def test_memory_is_that_of_the_call_and_not_that_of_one_unlucky_attempt():
    others = iter([10**6, 0])  # what other threads allocate meanwhile

    def call():
        return np.empty(10**5 + next(others, 0), np.uint8), np.empty(10**5, np.uint8)[:0]

    assert 2 * 10**5 <= peak_memory(call) < 2.2 * 10**5
