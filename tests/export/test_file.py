"""Files without pickle: what comes back, what is refused, and that no file does harm."""

import copy
import io
import json
import pickle
import re
import zipfile
from contextlib import suppress

import numpy as np
import pytest
from exported import FRAMES, FULL, LABELS, NAMES, NUMBERS, fitted, labels, predictions
from hypothesis import given, settings
from hypothesis import strategies as st
from memory import peak_memory
from nets import assert_same_weights, plain, plain_regressor
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.model_selection import KFold
from sklearn.preprocessing import SplineTransformer

from sklearn_shallow import (
    SGD,
    Activation,
    Adam,
    Huber,
    Loss,
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    ShallowNetRegressor,
    load,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def saved(net, path):
    """Return the estimator as it is loaded from a file."""
    net.save(path)
    return load(path)


def shape_of(value):
    """Return what an object is made of, without the numbers."""
    if isinstance(value, (list, tuple)):
        return [shape_of(part) for part in value]
    return type(value), sorted(vars(value)) if hasattr(value, "__dict__") else None


@pytest.mark.parametrize("name", NAMES)
def test_everything_comes_back(name, tmp_path):
    if name in FRAMES:
        pytest.importorskip("pandas")
    net, X = fitted(name)
    again = saved(net, tmp_path / "net")
    np.testing.assert_array_equal(predictions(again, X), predictions(net, X))
    np.testing.assert_array_equal(labels(again, X), labels(net, X))
    assert vars(again).keys() == vars(net).keys()
    assert repr(again) == repr(net)
    assert repr(clone(again)) == repr(clone(net))
    before, after = (getattr(one, "best_estimator_", one) for one in (net, again))
    assert [shape_of(vars(n).values()) for n in after._networks] == [
        shape_of(vars(n).values()) for n in before._networks
    ]
    assert after.settings_ == before.settings_
    np.testing.assert_array_equal(after.input_names_, before.input_names_)
    for one, two in zip(after.estimators_, before.estimators_, strict=True):
        assert_same_weights(one, two)
        assert one.history_.keys() == two.history_.keys()
        for curves in zip(one.history_.values(), two.history_.values(), strict=True):
            np.testing.assert_array_equal(*curves)
    net.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "net").read_bytes()


@pytest.mark.parametrize(
    "settings",
    [
        {"posterior": "laplace", "hidden_layer_sizes": 3},
        {"posterior": "laplace", "hidden_layer_sizes": 40},
        {"early_stopping": True},
        {"hidden_layer_sizes": ()},
    ],
    ids=str,
)
def test_uncertainty_and_the_record_come_back(settings, tmp_path, capsys):
    net = ShallowNetRegressor(**{"solver": "lbfgs", "random_state": 0, "max_iter": 9, **settings})
    net.fit(FULL, NUMBERS)
    again = saved(net, tmp_path / "net")
    if "posterior" in settings:
        for one, two in zip(*(n.predict(FULL, return_std=True) for n in (again, net)), strict=True):
            np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(again.covariance_, net.covariance_)
    np.testing.assert_array_equal(again.transform(FULL), net.transform(FULL))
    net.summary()
    before = capsys.readouterr().out
    again.summary()
    assert capsys.readouterr().out == before


@pytest.mark.parametrize("options", [{}, {"dropout": 0.3, "shuffle": True}], ids=str)
@pytest.mark.parametrize(
    "solver", ["adam", "sgd", "lbfgs", "lm", SGD(nesterovs_momentum=False), Adam(clip_norm=1.0)]
)
def test_training_goes_on_as_if_nothing_had_happened(solver, options, tmp_path):
    takes_batches = solver not in ("lbfgs", "lm")
    options = options if takes_batches else {}
    net = plain_regressor(solver=solver, warm_start=True, **options).fit(FULL, NUMBERS)
    again = saved(net, tmp_path / "net")
    assert_same_weights(again.fit(FULL, NUMBERS), net.fit(FULL, NUMBERS))
    if takes_batches:
        assert_same_weights(again.partial_fit(FULL, NUMBERS), net.partial_fit(FULL, NUMBERS))


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_training_of_more_features_than_samples_goes_on(solver, tmp_path):
    X, y = np.random.default_rng(0).normal(size=(30, 61)), NUMBERS[:30]
    net = plain_regressor(solver=solver, standardize="auto", warm_start=True).fit(X, y)
    again = saved(net, tmp_path / "net")
    assert_same_weights(again.fit(X, y), net.fit(X, y))
    if solver == "adam":
        assert_same_weights(again.partial_fit(X, y), net.partial_fit(X, y))


def test_a_stream_goes_on(tmp_path):
    net = plain(n_estimators=2).partial_fit(FULL[:40], LABELS[:40], classes=[0, 1, 2])
    again = saved(net, tmp_path / "net")
    for estimator in (net, again):
        estimator.partial_fit(FULL[40:], LABELS[40:])
    for one, two in zip(again.estimators_, net.estimators_, strict=True):
        assert_same_weights(one, two)


def test_unfitted_estimators_and_parameters_of_every_kind_come_back(tmp_path):
    net = ShallowNetRegressor(
        np.int64(4),
        activation=["elu", "gelu"],
        loss=Huber(2.0),
        solver=Adam(beta_1=0.5),
        categorical_features=np.array([1, 3]),
        n_iter_no_change=np.inf,
        tol=np.float32(0.1),
        quantile=(0.1, 0.9),
    )
    assert repr(saved(net, tmp_path / "net").get_params()) == repr(net.get_params())
    net = ShallowNetClassifier(class_weight={"a": 1, 2: 3.0}).set_output(transform="pandas")
    again = saved(net, tmp_path / "net")
    assert vars(again) == vars(net)


def test_a_member_comes_back_as_one(tmp_path):
    net, _ = fitted("several")
    member = net.estimators_[1]
    again = saved(member, tmp_path / "net")
    assert_same_weights(again, member)
    assert vars(again).keys() == vars(member).keys()


# What cannot be saved


class Own(Loss):
    def terms(self, Y, raw):
        return (raw - Y) ** 2

    def gradient(self, Y, raw, out):
        return np.multiply(2, raw - Y, out=out)


@pytest.mark.parametrize(
    ("settings", "way_out"),
    [
        ({"activation": Activation(np.sin, np.cos)}, "joblib.dump"),
        ({"loss": Own(), "solver": "lbfgs"}, "joblib.dump"),
        ({"random_state": np.random.RandomState(0)}, "Pass an int as random_state"),
        ({"numeric_encoding": SplineTransformer()}, "skops.io.dump"),
        ({"scoring": lambda net, X, y: 0.0, "early_stopping": True}, "set_params(scoring='loss')"),
        ({"learning_rate": lambda done: 1.0 - done / 2}, "Fit with one that has a name"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_custom_objects_are_refused_with_a_way_out(settings, way_out, tmp_path):
    net = ShallowNetRegressor(3, max_iter=2, **{"random_state": 0, **settings}).fit(FULL, NUMBERS)
    path = tmp_path / "net"
    path.write_text("what was there")
    with pytest.raises(ValueError, match=f"{next(iter(settings))}=.*{re.escape(way_out)}"):
        net.save(path)
    assert path.read_text() == "what was there"
    assert [*tmp_path.iterdir()] == [path]
    if "set_params" in way_out:
        before = net.predict(FULL)
        exec(f"net.{re.search(r'set_params[(].*?[)]', way_out).group()}")
        np.testing.assert_array_equal(saved(net, path).predict(FULL), before)


def test_a_splitter_is_refused_and_a_derived_class_too(tmp_path):
    with pytest.raises(ValueError, match=re.escape("set_params(cv=None)")):
        ShallowNetClassifierCV(cv=KFold(3)).save(tmp_path / "net")

    class Derived(ShallowNetClassifier):
        pass

    with pytest.raises(ValueError, match="Derived is a class derived"):
        Derived().save(tmp_path / "net")


def test_a_file_is_written_as_a_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "net"
    net = plain().fit(FULL, LABELS)
    net.save(path)
    before = path.read_bytes()

    def fails(*args, **members):
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez", fails)
    with pytest.raises(OSError, match="no space left"):
        net.save(path)
    assert path.read_bytes() == before
    assert [*tmp_path.iterdir()] == [path]


# Files that are not what `save` writes


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Bytes of a file with something of everything."""
    path = tmp_path_factory.mktemp("saved") / "net"
    net, _ = fitted("bins")
    net = clone(net).set_params(warm_start=True, hidden_layer_sizes=3).fit(FULL, LABELS)
    net.save(path)
    return path.read_bytes()


def load_bytes(data, path):
    path.write_bytes(data)
    return load(path)


def unless_refused(data, path):
    """Return the estimator, or None if it is refused; no other error is expected."""
    try:
        return load_bytes(data, path)
    except ValueError as error:
        if "cannot be loaded" in str(error):
            return None
        raise


def opened(data):
    """Return the text and the arrays of a file, which is one that NumPy reads."""
    with np.load(io.BytesIO(data), allow_pickle=False) as members:
        arrays = dict(members)
    return json.loads(arrays.pop("model").item()), arrays


def packed(text, arrays, savez=np.savez):
    stream = io.BytesIO()
    savez(stream, model=np.bytes_(json.dumps(text).encode()), **arrays)
    return stream.getvalue()


def test_what_numpy_writes_again_is_the_same_file(data):
    assert packed(*opened(data)) == data


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_flipped_bits_and_missing_parts_are_noticed(data, tmp_path_factory, draw):
    path = tmp_path_factory.getbasetemp() / "flipped"
    altered = bytearray(data)
    for place in draw.draw(st.lists(st.integers(0, len(data) - 1), max_size=3)):
        altered[place] ^= 1 << draw.draw(st.integers(0, 7))
    end = draw.draw(st.integers(0, len(data)))
    altered = altered[: draw.draw(st.sampled_from([end, len(data)]))]
    again = unless_refused(bytes(altered), path)
    if again is not None:
        net = load_bytes(data, path)
        np.testing.assert_array_equal(again.predict_proba(FULL), net.predict_proba(FULL))


def with_shape(array, shape):
    """Return the bytes of a file of an array whose header says another shape."""
    stream = io.BytesIO()
    form = {"descr": array.dtype.str, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, form)
    return stream.getvalue() + array.tobytes()


def with_member(data, member):
    """Return a file with another first array."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, member if name == "0.npy" else old.read(name))
    return stream.getvalue()


CONTENTS = [
    {"Popen": {"args": "ls"}},
    {"os.system": "ls"},
    {"Activation": {}},
    {"tuple": [], "dict": []},
    {"array": -1},
    {"array": 10**9},
    {"objects": [[], [10**12]]},
    {"csr": [{"array": 0}, {"array": 0}, {"array": 0}, [10**9, 3]]},
    {"float64": "one"},
    {"generator": {"dict": []}},
    {"FittedNetwork": {}},
    {"tuple": []},
    {"FittedNetwork": None},
    None,
]


def refused_files(data):
    """Yield files that are not what `save` writes."""
    text, arrays = opened(data)
    for content in CONTENTS:
        yield packed(content, arrays)
    yield packed(text, {})
    yield packed({**text, "more": None}, arrays)
    yield packed(text, {**arrays, "bomb": np.zeros(10**6)}, np.savez_compressed)
    yield with_member(data, with_shape(arrays["0"], (10**18,)))
    yield with_member(data, with_shape(arrays["0"], (0, 10**30)))
    stream = io.BytesIO()
    np.save(stream, np.array([{}]), allow_pickle=True)
    yield with_member(data, stream.getvalue())
    yield packed(text, arrays).replace(b"ShallowNetClassifier", b"[" * 20)
    nested = np.bytes_(b"[" * 10**5 + b"]" * 10**5)
    stream = io.BytesIO()
    np.savez(stream, model=nested)
    yield stream.getvalue()
    yield b""
    yield pickle.dumps(text)


def refused(data, path):
    with pytest.raises(ValueError, match="cannot be loaded"):
        load_bytes(data, path)


def test_other_files_are_refused_and_make_nothing_large(data, tmp_path):
    for altered in refused_files(data):
        most = 1e6 + 100 * len(altered)
        assert peak_memory(refused, altered, tmp_path / "net", enough=most) < most


def places_in(value, place=()):
    """Yield the places of everything in nested lists and dicts."""
    yield place
    if isinstance(value, (dict, list)):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in inner:
            yield from places_in(part, (*place, key))


def get(value, place):
    for key in place:
        value = value[key]
    return value


ODD = [None, True, -1, 0, 1, 2, 7, 10**6, 10**30, 0.5, -1e300, float("nan"), "", "x", [], {}]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@settings(max_examples=200, deadline=None)
@given(st.data())
def test_rewritten_files_are_estimators_or_refused(data, tmp_path_factory, draw):
    """Anything in the text is another thing, or one that stands elsewhere in the text."""
    text, arrays = opened(data)
    places = list(places_in(text))
    for _ in range(draw.draw(st.integers(1, 2))):
        place = draw.draw(st.sampled_from(places[1:]))
        odd = st.sampled_from(ODD) | st.sampled_from(places).map(lambda p: get(text, p))
        with suppress(LookupError, TypeError):  # it is not there any more
            get(text, place[:-1])[place[-1]] = copy.deepcopy(draw.draw(odd))
    path = tmp_path_factory.getbasetemp() / "rewritten"
    net = unless_refused(packed(text, arrays), path)
    assert net is None or isinstance(net, ShallowNetClassifier)


def test_another_version_warns_as_in_unpickling(data, tmp_path):
    text, arrays = opened(data)
    text["ShallowNetClassifier"]["_sklearn_shallow_version"] = "12.3"
    with pytest.warns(InconsistentVersionWarning, match=r"Classifier from version 12\.3 when"):
        load_bytes(packed(text, arrays), tmp_path / "net")


def test_callbacks_and_requests_are_left_out(tmp_path):
    callback = pytest.importorskip("sklearn.callback").ProgressBar()
    with config_context(enable_metadata_routing=True):
        net = plain(max_iter=1).set_fit_request(sample_weight=True).set_callbacks(callback)
        again = saved(net, tmp_path / "net")
    assert vars(net).keys() - vars(again).keys() == {"_skl_callbacks", "_metadata_request"}
    assert again.get_params() == net.get_params()
