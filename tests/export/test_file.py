"""Files without pickle: what comes back, what is refused, and that no file does harm."""

import copy
import io
import json
import pickle
import re
import warnings
import zipfile
from contextlib import suppress

import golden
import numpy as np
import pytest
from exported import FRAMES, FULL, LABELS, NAMES, NUMBERS, fitted, labels, predictions
from hypothesis import given, settings
from hypothesis import strategies as st
from memory import peak_memory
from nets import assert_same_weights, plain, plain_regressor
from sklearn.base import clone
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
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
from sklearn_shallow.export.file.archive import header
from sklearn_shallow.solvers.registry import SOLVERS

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
        {"alpha": "ard"},
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
@pytest.mark.parametrize("solver", [*SOLVERS, SGD(nesterovs_momentum=False), Adam(clip_norm=1.0)])
def test_training_goes_on_as_if_nothing_had_happened(solver, options, tmp_path):
    takes_batches = getattr(SOLVERS.get(str(solver), solver), "takes_batches", False)
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

    def fails(*args):
        raise OSError("no space left")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", fails)
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
    """Return the text and the other members of a file."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    return json.loads(members.pop("model.json")), list(members.items())


def packed(text, members, compression=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", compression) as archive:
        warnings.simplefilter("ignore")  # of two members of one name
        for name, member in [("model.json", json.dumps(text)), *members]:
            archive.writestr(name, member)
    return stream.getvalue()


def test_the_file_is_a_zip_that_numpy_reads(data):
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        text = json.loads(arrays["model.json"])
        assert text["version"] == 1
        assert text["packages"]["numpy"] == np.__version__
        shapes = [entry["shape"] for entry in text["arrays"]]
        assert [list(arrays[f"arrays/{i}"].shape) for i in range(len(shapes))] == shapes


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


def network_of(text):
    """Return the fields of the fitted network in the text of a file."""
    return text["content"]["ShallowNetClassifier"]["_networks"][0]["FittedNetwork"]


def deeply_nested(text):
    inner = json.dumps({**text, "content": 0})
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        nested = "[" * 10**5 + "]" * 10**5
        archive.writestr("model.json", inner.replace('"content": 0', f'"content": {nested}'))
    return stream.getvalue()


def archives(text, members):
    """Yield files that are no archives of ours, and a part of the message that they deserve."""
    bomb = [*members, ("bomb", b"0" * 10**6)]
    yield packed(text, bomb, zipfile.ZIP_DEFLATED), "is compressed"
    yield packed(text, [*members, members[0]]), "two members have one name"
    yield packed(text, members[1:]), "not those that are declared"
    yield packed(text, [*members, ("../../home", b"x")]), "not those that are declared"
    yield packed([], []), "no whole file"
    yield deeply_nested(text), "no whole file"
    yield b"", "no whole file"
    yield pickle.dumps(text), "no whole file"
    yield packed({**text, "format": "pickle"}, members), "no file of an estimator"
    yield packed({**text, "version": 2}, members), "Install a later release"
    yield packed({**text, "arrays": [], "content": {"tuple": []}}, []), "no estimator, but tuple"


ARRAYS = [
    ({"dtype": "|O"}, "has the dtype '|O'"),
    ({"dtype": "|V8"}, "has the dtype '|V8'"),
    ({"dtype": "<i4"}, "is not of the dtype int32"),
    ({"dtype": 3}, "has the dtype 3"),
    ({"order": "K"}, "the order 'K'"),
    ({"shape": [10**18]}, "is not of the dtype"),
    ({"shape": [0, 10**30]}, "is not of the dtype"),
    ({"dtype": "<U9999999", "shape": [10**6]}, "is not of the dtype"),
    ({"shape": [-1]}, "has the shape [-1]"),
    ({"shape": [True]}, "has the shape [True]"),
]
CONTENTS = [
    ({"tuple": [{"array": 0}, {"array": 0}]}, "an array is used twice"),
    ({"tuple": [{"array": 0}]}, "an array is not used"),
    ({"Popen": {"args": "ls"}}, "there is no class 'Popen'"),
    ({"os.system": "ls"}, "there is no class 'os.system'"),
    ({"tuple": [], "dict": []}, "damaged or altered"),
    ({"array": -1}, "no number of an array"),
    ({"array": 10**9}, "damaged or altered"),
    ({"array": {"shape": [10**12], "elements": []}}, "damaged or altered"),
    ({"int8": 300}, "300 is no int8"),
    ({"float64": "1"}, "'1' is no float64"),
    ({"dict": [[[1], 2]]}, "damaged or altered"),
    ({"dict": [[1, 2], [1, 3]]}, "a key twice"),
    ({"LeakyReLU": {"negative_slope": 7}}, "negative_slope must be in [0, 1)"),
    ({"LeakyReLU": {}}, "LeakyReLU lacks, or has no attribute, 'negative_slope'"),
    ({"LeakyReLU": {"negative_slope": 0.1, "forward": 1}}, "no attribute, 'forward'"),
    ({"Adam": {"beta_1": 0.9}}, "Adam lacks"),
]
UNITS = {
    "Network": {"layout": {"Layout": {"units": {"tuple": [13, 10**15, 3]}}}, "activations": []}
}
PARTS = [
    ({"network": UNITS}, "it has not one activation per hidden layer"),
    ({"n_iter": 1.5}, "'n_iter' of FittedNetwork is not a whole number >= 0"),
    ({"theta": None}, "'theta' of FittedNetwork is not an array"),
    ({"history": {"dict": [["loss", 3]]}}, "'history' of FittedNetwork is not a dict of"),
    ({"target": [1]}, "'target' of FittedNetwork is not Binary or Multiclass"),
    ({"history": {"dict": []}}, "its history has not one value per iteration"),
]
NETS = [({"_chosen": {"dict": []}}, "the values that were chosen are not those of a fit")]


def hostile(data):
    """Yield altered files, and a part of the message that they deserve."""
    text, members = opened(data)
    yield from archives(text, members)
    for form, words in ARRAYS:
        arrays = [{**text["arrays"][0], **form}, *text["arrays"][1:]]
        yield packed({**text, "arrays": arrays}, members), words
    for content, words in CONTENTS:
        yield packed({**text, "content": content}, members), words
    for parts, words in PARTS:
        twin = copy.deepcopy(text)
        network_of(twin).update(parts)
        yield packed(twin, members), words
    for parts, words in NETS:
        twin = copy.deepcopy(text)
        twin["content"]["ShallowNetClassifier"].update(parts)
        yield packed(twin, members), words


def test_hostile_files_are_refused_in_words(data, tmp_path):
    text, members = opened(data)
    assert load_bytes(packed(text, members), tmp_path / "net")
    for altered, words in hostile(data):
        with pytest.raises(ValueError, match=re.escape(words)) as caught:
            load_bytes(altered, tmp_path / "net")
        assert "cannot be loaded" in str(caught.value)


def test_arrays_of_real_numbers_have_to_be_finite(data, tmp_path):
    text, members = opened(data)
    real = [n for n, form in enumerate(text["arrays"]) if "f" in form["dtype"] and form["shape"]]
    assert len(real) > 9
    for number in real:
        name, member = members[number]
        size = int(text["arrays"][number]["dtype"][-1])
        nan = np.array(np.nan, f"<f{size}").tobytes()
        altered = [*members]
        altered[number] = name, member[:-size] + nan
        with pytest.raises(ValueError, match="finite"):
            load_bytes(packed(text, altered), tmp_path / "net")


def test_a_table_has_the_features_of_the_network(tmp_path):
    text, members = opened((golden.FOLDER / "categories.npz").read_bytes())
    table = text["content"]["ShallowNetClassifier"]["_table"]["Table"]
    number = table["is_categorical"]["array"]
    (name, member), form = members[number], {"dtype": "|b1", "shape": [2], "order": "C"}
    text["arrays"][number], members[number] = form, (name, header(form) + member[-2:])
    with pytest.raises(ValueError, match="its table has other features"):
        load_bytes(packed(text, members), tmp_path / "net")


def refused(path):
    with pytest.raises(ValueError, match="cannot be loaded"):
        load(path)


def test_refused_files_make_nothing_large(data, tmp_path):
    for altered, _ in hostile(data):
        path = tmp_path / "net"
        path.write_bytes(altered)
        most = 1e6 + 100 * len(altered)
        assert peak_memory(refused, path, enough=most) < most


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


def with_arrays_used_once(text, members):
    """Return the text and members with a copy of an array wherever it is used."""
    forms, data, copies = text["arrays"], dict(members), []

    def renumber(value):
        for part in value.values() if isinstance(value, dict) else value:
            if isinstance(part, (dict, list)):
                renumber(part)
        for name in {"array", "bytes"} & {*value} if isinstance(value, dict) else ():
            if type(value[name]) is int and 0 <= value[name] < len(forms):
                copies.append(value[name])
                value[name] = len(copies) - 1

    renumber(text["content"])
    members = [(f"arrays/{i}.npy", data[f"arrays/{n}.npy"]) for i, n in enumerate(copies)]
    return {**text, "arrays": [forms[n] for n in copies]}, members


ODD = [None, True, -1, 0, 1, 2, 7, 10**6, 10**30, 0.5, -1e300, float("nan"), "", "x", [], {}]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_rewritten_files_predict_or_are_refused(data, tmp_path_factory, draw):
    """Anything in the text is another thing, or one that stands elsewhere in the text."""
    text, members = opened(data)
    content = text["content"]
    places = list(places_in(content))
    for _ in range(draw.draw(st.integers(1, 2))):
        place = draw.draw(st.sampled_from(places[1:]))
        odd = st.sampled_from(ODD) | st.sampled_from(places).map(lambda p: get(text["content"], p))
        with suppress(LookupError, TypeError):  # it is not there any more
            get(content, place[:-1])[place[-1]] = copy.deepcopy(draw.draw(odd))
    path = tmp_path_factory.getbasetemp() / "rewritten"
    net = unless_refused(packed(*with_arrays_used_once(text, members)), path)
    if net is not None:
        with warnings.catch_warnings(), suppress(NotFittedError):  # one without networks
            warnings.simplefilter("ignore")
            net.predict(FULL[:3])
            net.predict_proba(FULL[:3])


def test_another_version_warns_as_in_unpickling(data, tmp_path):
    text, members = opened(data)
    text["content"]["ShallowNetClassifier"]["_sklearn_shallow_version"] = "12.3"
    with pytest.warns(InconsistentVersionWarning, match=r"Classifier from version 12\.3 when"):
        load_bytes(packed(text, members), tmp_path / "net")


GOLDEN = {name: data for name, _, *data in golden.models()}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@pytest.mark.parametrize("folder", sorted(golden.FOLDER.parent.iterdir()), ids=lambda f: f.name)
@pytest.mark.parametrize("name", GOLDEN)
def test_files_of_every_format_are_loaded(folder, name):
    X, y = GOLDEN[name]
    with np.load(folder / "predictions.npz") as predicted:
        net = load(folder / f"{name}.npz")
        np.testing.assert_allclose(golden.predictions(net, X), predicted[name], 1e-6, 1e-9)
    if getattr(net, "warm_start", False):
        assert len(net.fit(X, y).loss_curve_) == 2 * net.n_iter_
