"""Combinations of solver, early stopping, weights, labels, dtype, sparsity and warm start.

For the classifier all of solver, early stopping, weights and labels, each with one of all kinds of
X and warm start in turn; for the regressor, which has more losses and targets, a sample.
"""

from itertools import cycle, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor, Tweedie
from sklearn_shallow.losses.registry import REGRESSOR_LOSSES, make_loss
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


POSITIVE = np.exp(X[:, 0] / 2)
TARGETS = {
    "one": POSITIVE,
    "two": np.column_stack([POSITIVE, 3 - np.sin(X[:, 1])]),
    "two with gaps": np.column_stack([POSITIVE, np.where(rng.random(N_ROWS) < 0.3, np.nan, 1.0)]),
    "three": np.column_stack([POSITIVE, 1e6 * POSITIVE + 1e6, 1e-6 * POSITIVE]),
}
LOSSES = {name: {"loss": name} for name in REGRESSOR_LOSSES}
LOSSES |= {
    "quantiles": {"loss": "quantile", "quantile": [0.2, 0.5, 0.7]},
    "tweedie 3": {"loss": Tweedie(3.0)},
}


@given(
    solver=st.sampled_from(["auto", *REGISTERED]),
    alpha=st.sampled_from(["auto", 1.0]),
    loss=st.sampled_from(list(LOSSES)),
    target=st.sampled_from(list(TARGETS)),
    early_stopping=st.booleans(),
    weighted=st.booleans(),
    dtype=st.sampled_from([np.float32, np.float64]),
    kind=st.sampled_from([np.asarray, sparse.csr_matrix, sparse.csr_array]),
    warm_start=st.booleans(),
    standardize=st.sampled_from(["auto", True, False]),
    hidden=st.sampled_from([(), (4,), (4, 3)]),
    l1_ratio=st.sampled_from([0.0, 0.5]),
)
@settings(max_examples=150, deadline=None)
def test_fit_of_a_regressor(
    solver,
    alpha,
    loss,
    target,
    early_stopping,
    weighted,
    dtype,
    kind,
    warm_start,
    standardize,
    hidden,
    l1_ratio,
):
    rows, y = kind(X.astype(dtype)), TARGETS[target]
    if target == "three" and (loss == "poisson" or not standardize):
        y = y[:, [0, 0, 0]]  # where the unit of the target matters, it is one that suits
    if solver == "sgd":
        y = np.minimum(y, 2.0)
    weight = np.arange(N_ROWS) % 4 if weighted else None
    model = ShallowNetRegressor(
        hidden,
        solver=solver,
        alpha=alpha,
        early_stopping=early_stopping,
        warm_start=warm_start,
        standardize=standardize,
        l1_ratio=l1_ratio,
        max_iter=3,
        random_state=0,
        **LOSSES[loss],
    )
    curved = make_loss(model.loss, REGRESSOR_LOSSES, {}).has_curvature
    refused = l1_ratio and not (solver == "auto" or REGISTERED[solver].makes_zeros)
    if refused or (solver == "lm" and not curved):
        match = "l1_ratio=0.5 does not go" if refused else "solver='lm' needs"
        with pytest.raises(ValueError, match=match):
            model.fit(rows, y, sample_weight=weight)
        return
    shape = y.shape + ((3,) if loss == "quantiles" else ())
    found, n_entries = [], 0
    for _ in range(2):
        predicted = model.fit(rows, y, sample_weight=weight).predict(rows)
        found.append(predicted)
        assert predicted.shape == shape
        assert predicted.dtype == dtype
        assert np.isfinite(predicted).all()
        searches = alpha == "auto" and solver in ("lbfgs", "lm")  # in rounds of their own, twice
        assert model.n_iter_ <= (42 if searches else 3)
        n_entries = model.n_iter_ + (n_entries if warm_start else 0)
        assert {len(entries) for entries in model.history_.values()} == {n_entries}
        assert ("validation_loss" in model.history_) == early_stopping
        assert np.isfinite([model.loss_, *model.loss_curve_]).all()
        assert model.coefs_[-1].shape[1] == model.n_outputs_ == np.prod(shape[1:], dtype=int)
    if not warm_start:
        np.testing.assert_array_equal(*found)
    if loss == "quantiles":
        assert (np.diff(predicted, axis=-1) >= 0).all()
    if model.out_activation_ == "exp":
        assert (predicted >= 0).all()
