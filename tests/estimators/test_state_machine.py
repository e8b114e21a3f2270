"""Whatever the order of calls: each works, or says why not and leaves the estimator as it was."""

import pickle

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from nets import STOCHASTIC
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sklearn_shallow import Adam, ShallowNetClassifier, ShallowNetRegressor

N_ROWS = 24
VALUES = {
    "solver": [*STOCHASTIC, "lbfgs", "lm", Adam(dtype="float64", clip_norm=1.0)],
    "hidden_layer_sizes": [(), 3, (4,), (3, 2)],
    "activation": ["relu", "tanh", "gelu"],
    "alpha": [0.0, 1.0, 100.0],
    "l1_ratio": [0.0, 0.5],
    "early_stopping": [False, True],
    "warm_start": [False, True],
    "batch_size": ["auto", "full", 1, 7],
    "standardize": ["auto", False, True],
    "dropout": [0.0, 0.5, (0.3, 0.2)],
    "learning_rate": ["constant", "invscaling", "adaptive", "flat_cosine"],
    "n_estimators": [1, 2, 3],
    "n_init": [1, 2],
}
OF_CLASSIFIER = {
    "class_weight": [None, "balanced", {0: 2.0}],
    "loss": ["log_loss", "absolute_error", "squared_error"],
}
OF_REGRESSOR = {
    "loss": ["squared_error", "absolute_error", "huber", "quantile", "poisson", "gamma"],
    "quantile": [0.5, 0.9, [0.1, 0.9], [0.6, 0.9]],
}


def make_rows(n_features, is_sparse, dtype, seed):
    X = np.random.default_rng(seed).normal(size=(N_ROWS, n_features)).astype(dtype)
    return sparse.csr_matrix(X) if is_sparse else X


def make_labels(n_classes, seed):
    return np.random.default_rng(seed).permutation(np.arange(N_ROWS) % n_classes)


def make_targets(n_targets, kind, seed):
    """Return positive targets with or without gaps, or some that are not positive."""
    Y = np.random.default_rng(seed).gamma(2.0, size=(N_ROWS, n_targets))
    if kind == "gaps" and n_targets > 1:
        Y[:: n_targets + 1, 0] = np.nan
    if kind == "negative":
        Y[:4] -= 5
    return Y[:, 0] if n_targets == 1 else Y


ROWS = st.builds(
    make_rows,
    n_features=st.sampled_from([3, 4]),
    is_sparse=st.booleans(),
    dtype=st.sampled_from([np.float32, np.float64]),
    seed=st.integers(0, 5),
)
LABELS = st.builds(make_labels, n_classes=st.sampled_from([2, 3]), seed=st.integers(0, 5))
TARGETS = st.builds(
    make_targets,
    n_targets=st.sampled_from([1, 2]),
    kind=st.sampled_from(["positive", "gaps", "negative"]),
    seed=st.integers(0, 5),
)


def changes(values):
    """Return what draws a parameter and a value of it."""
    return st.sampled_from([(name, value) for name in values for value in values[name]])


def error_of(call):
    """Return the error that the call raises of those that it may raise, or None."""
    try:
        call()
    except (ValueError, AttributeError) as error:
        return error
    return None


class Calls(RuleBasedStateMachine):
    """Calls of an estimator in any order; a subclass says of which, and with what target."""

    named = (*VALUES, "features", "sparse")

    def outputs(self, X):
        """Return what the estimator makes of rows that fit it."""
        raise NotImplementedError

    def predictions(self):
        """Return what it makes of some rows, or None before a fit."""
        n_features = getattr(self.net, "n_features_in_", None)
        if n_features is None:
            return None
        return self.outputs(np.linspace(-2, 2, 5 * n_features).reshape(5, n_features))

    def attempt(self, call):
        """Call, and if an error is raised, check its words and that nothing has changed."""
        before = self.predictions()
        error = error_of(call)
        if error is None:
            return
        if isinstance(error, AttributeError):
            assert "partial_fit sees a part" in str(error.__cause__)
        else:
            assert any(name in str(error) for name in self.named), error
        np.testing.assert_array_equal(self.predictions(), before)

    def change(self, name, value):
        before = self.predictions()
        self.net.set_params(**{name: value})
        np.testing.assert_array_equal(self.predictions(), before)

    @rule(X=ROWS)
    def predict(self, X):
        if self.predictions() is None:
            with pytest.raises(NotFittedError):
                self.net.predict(X)
        elif X.shape[1] != self.net.n_features_in_:
            with pytest.raises(ValueError, match="features"):
                self.net.predict(X)
        else:
            predicted = self.net.predict(X)
            assert len(predicted) == N_ROWS
            assert np.isfinite(predicted).all()

    @rule()
    def pickle_round_trip(self):
        before = self.predictions()
        self.net = pickle.loads(pickle.dumps(self.net))
        np.testing.assert_array_equal(self.predictions(), before)

    @precondition(lambda self: self.predictions() is not None)
    @rule()
    def clone(self):
        parameters = self.net.get_params()
        self.net = clone(self.net)
        assert self.net.get_params() == parameters
        assert self.predictions() is None

    def check_history(self):
        for net in self.net.estimators_:
            assert len({len(entries) for entries in net.history_.values()}) == 1
            assert net.coefs_[0].shape[0] == self.net.n_features_in_


class ClassifierCalls(Calls):
    named = (*Calls.named, *OF_CLASSIFIER, "classes")

    @initialize()
    def begin(self):
        self.net = ShallowNetClassifier(4, max_iter=2, random_state=0)

    def outputs(self, X):
        return self.net.predict_proba(X)

    @rule(X=ROWS, y=LABELS)
    def fit(self, X, y):
        self.attempt(lambda: self.net.fit(X, y))

    @rule(X=ROWS, y=LABELS, declared=st.sampled_from([None, [0, 1], [0, 1, 2]]))
    def partial_fit(self, X, y, declared):
        self.attempt(lambda: self.net.partial_fit(X, y, classes=declared))

    @rule(change=changes(VALUES | OF_CLASSIFIER))
    def set_params(self, change):
        self.change(*change)

    @invariant()
    def predictions_are_probabilities(self):
        found = self.predictions() if hasattr(self, "net") else None
        if found is not None:
            assert found.shape == (5, len(self.net.classes_))
            np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
            assert set(self.net.predict(np.zeros((2, self.net.n_features_in_)))) <= (
                set(self.net.classes_)
            )
            self.check_history()


class RegressorCalls(Calls):
    named = (*Calls.named, *OF_REGRESSOR, "target")

    @initialize()
    def begin(self):
        self.net = ShallowNetRegressor(4, max_iter=2, learning_rate_init=1e-3, random_state=0)

    def outputs(self, X):
        return self.net.predict(X)

    @rule(X=ROWS, y=TARGETS, weighted=st.booleans())
    def fit(self, X, y, weighted):
        weight = np.arange(N_ROWS) % 3 if weighted else None
        self.attempt(lambda: self.net.fit(X, y, sample_weight=weight))

    @rule(X=ROWS, y=TARGETS, n_rows=st.sampled_from([1, 5, N_ROWS]))
    def partial_fit(self, X, y, n_rows):
        self.attempt(lambda: self.net.partial_fit(X[:n_rows], y[:n_rows]))

    @rule(change=changes(VALUES | OF_REGRESSOR))
    def set_params(self, change):
        self.change(*change)

    @invariant()
    def predictions_are_numbers_of_the_right_shape(self):
        found = self.predictions() if hasattr(self, "net") else None
        if found is not None:
            assert np.isfinite(found).all()
            assert np.prod(found.shape) == 5 * self.net.n_outputs_
            if self.net.out_activation_ == "exp":
                assert (found >= 0).all()
            if self.net.out_activation_ == "ordered":
                assert (np.diff(found, axis=-1) >= 0).all()
            self.check_history()


@pytest.mark.filterwarnings("ignore:No effect:UserWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
class TestClassifier(ClassifierCalls.TestCase):
    settings = settings(max_examples=20, stateful_step_count=15, deadline=None)


@pytest.mark.filterwarnings("ignore:No effect:UserWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
class TestRegressor(RegressorCalls.TestCase):
    settings = settings(max_examples=20, stateful_step_count=15, deadline=None)
