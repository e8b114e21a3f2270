"""Whatever the order of calls: each works, or says why not and leaves the estimator as it was."""

import pickle

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sklearn_shallow import ShallowNetClassifier

N_ROWS = 24
VALUES = {
    "solver": ["adam", "adamw", "sgd", "lbfgs"],
    "hidden_layer_sizes": [(), 3, (4,), (3, 2)],
    "activation": ["relu", "tanh", "gelu"],
    "alpha": [0.0, 1.0, 100.0],
    "early_stopping": [False, True],
    "warm_start": [False, True],
    "batch_size": ["auto", "full", 1, 7],
    "standardize": [False, True],
    "dtype": ["auto", "float32", "float64"],
    "dropout": [0.0, 0.5, (0.3, 0.2)],
    "learning_rate": ["constant", "invscaling", "adaptive", "plateau", "cosine", "onecycle"],
    "class_weight": [None, "balanced", {0: 2.0}],
}
NAMED = [*VALUES, "features", "classes", "sparse"]


def make_rows(n_features, n_classes, is_sparse, dtype, seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(N_ROWS, n_features)).astype(dtype)
    y = rng.permutation(np.arange(N_ROWS) % n_classes)
    return (sparse.csr_matrix(X) if is_sparse else X), y


DATA = st.builds(
    make_rows,
    n_features=st.sampled_from([3, 4]),
    n_classes=st.sampled_from([2, 3]),
    is_sparse=st.booleans(),
    dtype=st.sampled_from([np.float32, np.float64]),
    seed=st.integers(0, 5),
)
CHANGES = st.sampled_from([(name, value) for name, values in VALUES.items() for value in values])


def error_of(call):
    """Return the error that the call raises of those that it may raise, or None."""
    try:
        call()
    except (ValueError, AttributeError) as error:
        return error
    return None


class Sequences(RuleBasedStateMachine):
    """Calls of an estimator in any order."""

    @initialize()
    def begin(self):
        self.net = ShallowNetClassifier(4, max_iter=2, random_state=0)

    def predictions(self):
        """Return the probabilities of rows that fit the estimator, or None before a fit."""
        n_features = getattr(self.net, "n_features_in_", None)
        if n_features is None:
            return None
        return self.net.predict_proba(np.linspace(-2, 2, 5 * n_features).reshape(5, n_features))

    def attempt(self, call):
        """Call, and if an error is raised, check its words and that nothing has changed."""
        before = self.predictions()
        error = error_of(call)
        if error is None:
            return
        if isinstance(error, AttributeError):
            assert "partial_fit" in str(error)
            assert self.net.solver == "lbfgs"
        else:
            assert any(name in str(error) for name in NAMED), error
        np.testing.assert_array_equal(self.predictions(), before)

    @rule(data=DATA)
    def fit(self, data):
        self.attempt(lambda: self.net.fit(*data))

    @rule(data=DATA, declared=st.sampled_from([None, [0, 1], [0, 1, 2]]))
    def partial_fit(self, data, declared):
        self.attempt(lambda: self.net.partial_fit(*data, classes=declared))

    @rule(change=CHANGES)
    def set_params(self, change):
        before = self.predictions()
        self.net.set_params(**dict([change]))
        np.testing.assert_array_equal(self.predictions(), before)

    @rule(data=DATA)
    def predict(self, data):
        X, _ = data
        if self.predictions() is None:
            with pytest.raises(NotFittedError):
                self.net.predict(X)
        elif X.shape[1] != self.net.n_features_in_:
            with pytest.raises(ValueError, match="features"):
                self.net.predict(X)
        else:
            predicted = self.net.predict(X)
            assert predicted.shape == (N_ROWS,)
            assert set(predicted) <= set(self.net.classes_)

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

    @invariant()
    def predictions_are_probabilities(self):
        found = self.predictions() if hasattr(self, "net") else None
        if found is not None:
            assert found.shape == (5, len(self.net.classes_))
            np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
            assert len({len(entries) for entries in self.net.history_.values()}) == 1
            assert self.net.coefs_[0].shape[0] == self.net.n_features_in_


@pytest.mark.filterwarnings("ignore:No effect:UserWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
class TestSequences(Sequences.TestCase):
    settings = settings(max_examples=30, stateful_step_count=15, deadline=None)
