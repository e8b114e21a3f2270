"""The scores of wide X: an objective of them is that of the columns."""

import numpy as np
import pytest
from scipy import sparse

from sklearn_shallow.inputs.scaling import ScaledRows, Standardization, append_ones
from sklearn_shallow.inputs.spaces import SampleSpace, row_products

N_ROWS, N_COLUMNS, N_NEW = 12, 60, 5


def as_seen(kind, seed=0, n_rows=N_ROWS):
    """Return standardised X as a network sees it, and the same dense."""
    X = np.random.default_rng(seed).normal(size=(n_rows, N_COLUMNS))
    if kind == "sparse":
        X[X < 0.5] = 0
        seen = append_ones(sparse.csr_matrix(X), np.float64)
        return seen, seen.toarray()
    scaling = Standardization(N_COLUMNS, center=True)
    scaling.update(X)
    seen = scaling.apply(X, np.float64)
    return (ScaledRows(scaling, X, np.float64) if kind == "in parts" else seen), seen


@pytest.mark.parametrize("kind", ["dense", "sparse", "in parts"])
def test_products_with_weights_are_those_of_the_columns(kind, monkeypatch):
    monkeypatch.setattr("sklearn_shallow.inputs.spaces.BLOCK_BYTES", 8 * N_COLUMNS * 5)
    X, dense = as_seen(kind)
    space = SampleSpace(X, np.float64)
    W = np.random.default_rng(1).normal(size=(space.n_trained(None), 3))
    W_columns = space.for_columns(W)
    np.testing.assert_allclose(dense[:, :-1] @ W_columns, space.scores[:, :-1] @ W, atol=1e-9)
    assert (space.scores[:, -1] == 1).all()
    new, new_dense = as_seen(kind, seed=2, n_rows=N_NEW)
    np.testing.assert_allclose(
        new_dense[:, :-1] @ W_columns, space.rows_of(new)[:, :-1] @ W, atol=1e-9
    )
    np.testing.assert_allclose(W_columns.T @ W_columns, W.T @ W, atol=1e-9)  # the same penalty
    np.testing.assert_allclose(space.for_training(W_columns), W, atol=1e-9)
    assert space.contains(W_columns)
    noise = np.random.default_rng(3).normal(size=W_columns.shape) / 10
    assert not space.contains(W_columns + noise)


def test_centred_rows_span_one_dimension_less():
    assert SampleSpace(as_seen("dense")[0], np.float64).n_trained(None) == N_ROWS - 1


def test_copies_of_rows_span_nothing_new():
    X, _ = as_seen("dense")
    twice = np.vstack([X, X])
    assert SampleSpace(twice, np.float32).n_trained(None) == N_ROWS - 1


def test_rows_of_zeros_span_nothing():
    X = append_ones(sparse.csr_matrix((3, 7)), np.float64)
    space = SampleSpace(X, np.float64)
    assert space.scores.shape == (3, 1)
    assert space.for_columns(np.empty((0, 2))).shape == (7, 2)


def test_products_in_single_are_summed_in_double():
    X = np.random.default_rng(0).normal(size=(3, 50_001)).astype(np.float32)
    exact = X[:, :-1].astype(np.float64) @ X[:, :-1].T.astype(np.float64)
    error = np.abs(row_products(X, X) - exact).max() / exact.max()
    assert error < 1e-6
