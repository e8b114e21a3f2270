"""What is saved of an estimator, and what loading it says."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from nets import plain, plain_regressor
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_shallow import ShallowNetRegressor, diagnose, load
from sklearn_shallow.estimators import attributes

X, amounts = load_diabetes(return_X_y=True)
labels = np.digitize(amounts, [100, 200])
ESTIMATORS = [(plain, labels), (plain_regressor, amounts)]
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
both = pytest.mark.parametrize(("make", "y"), ESTIMATORS, ids=["classifier", "regressor"])


def arrays(value, seen):
    """Yield all arrays that an object holds."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, dict):
        for entry in value.values():
            yield from arrays(entry, seen)
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from arrays(entry, seen)
    elif hasattr(value, "__dict__") and not isinstance(value, type):
        yield from arrays(vars(value), seen)


@both
@pytest.mark.parametrize("n_estimators", [1, 2])
def test_another_version_warns_and_predicts(make, y, n_estimators, monkeypatch):
    net = make(n_estimators=n_estimators).fit(X, y)
    saved = pickle.dumps(net)
    monkeypatch.setattr(attributes, "__version__", "12.3")
    named = rf"sklearn_shallow.{type(net).__name__} from version 0.* using version 12.3"
    with pytest.warns(InconsistentVersionWarning, match=named):
        again = pickle.loads(saved)
    np.testing.assert_array_equal(again.predict(X), net.predict(X))


@both
def test_copies_and_the_same_version_do_not_warn(make, y):
    net = make().fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for twin in (pickle.loads(pickle.dumps(net)), copy.copy(net), copy.deepcopy(net)):
            assert vars(twin).keys() == vars(net).keys()
    assert vars(clone(net)).keys() == net.get_params().keys()


def test_a_file_without_a_version_warns():
    net = plain().fit(X, labels)
    with pytest.warns(InconsistentVersionWarning, match="from version unknown"):
        plain().__setstate__(vars(net).copy())


@both
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"solver": "lbfgs"},
        {"early_stopping": True, "scoring": None},
        {"alpha": "evidence"},
        {"posterior": "laplace", "hidden_layer_sizes": 2},
    ],
    ids=str,
)
def test_nothing_of_the_size_of_the_rows_or_the_optimiser_is_saved(make, y, settings):
    net = make(max_iter=20, **settings).fit(X, y)
    assert getattr(net, "posterior_", "parameters") == "parameters"
    found = list(arrays(vars(net), set()))
    assert not [array.shape for array in found if len(X) in array.shape]
    if net.posterior is None:
        n_params = sum(array.size for array in net.coefs_ + net.intercepts_)
        assert sum(array.size for array in found if array.size >= n_params) == n_params


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"solver": "lbfgs", "posterior": "laplace"},
        {"warm_start": True, "dropout": 0.1},
        {"numeric_encoding": 3, "activation": "elu", "n_estimators": 2},
    ],
    ids=str,
)
@both
def test_skops_needs_trust_in_types_of_this_package_only(make, y, settings):
    io = pytest.importorskip("skops.io")
    if "warm_start" in settings and not hasattr(np.random.PCG64(0), "seed_seq"):
        pytest.skip("skops needs a newer NumPy for the state of random numbers")
    pipeline = make_pipeline(StandardScaler(), make(max_iter=5, **settings)).fit(X, y)
    saved = io.dumps(pipeline)
    names = io.get_untrusted_types(data=saved)
    ours = [name for name in names if name.startswith("sklearn_shallow.")]
    assert ours
    again = io.loads(saved, trusted=ours)
    np.testing.assert_array_equal(again.predict(X), pipeline.predict(X))
    if "warm_start" in settings:
        np.testing.assert_array_equal(again.fit(X, y).predict(X), pipeline.fit(X, y).predict(X))


@pytest.mark.parametrize("solver", ["lbfgs", "lm"])
@pytest.mark.parametrize(
    "stopping", [{}, {"early_stopping": True}, {"early_stopping": True, "scoring": "r2"}]
)
def test_a_fit_that_had_nothing_to_do_is_complete(stopping, solver, tmp_path, capsys):
    """A network without hidden layer begins at a constant target."""
    net = ShallowNetRegressor((), solver=solver, random_state=0, **stopping)
    net.fit(X, np.full(len(X), 3.7))
    assert (net.n_iter_, net.loss_curve_) == (0, [])
    net.save(tmp_path / "net")
    again = load(tmp_path / "net")
    np.testing.assert_array_equal(again.predict(X), net.predict(X))
    assert again.validation_scores_ == ([] if stopping else None)
    assert again.best_loss_ == (None if stopping else net.loss_)
    again.summary()
    assert "after no iteration" in capsys.readouterr().out
    with pytest.raises(ValueError, match="the start was the minimum"):
        diagnose(again, X, amounts)
