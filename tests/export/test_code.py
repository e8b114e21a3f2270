"""Exported Python and C code against predictions."""

import ctypes
import math
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from exported import (
    FRAMES,
    FULL,
    NAMES,
    classifier,
    fitted,
    in_double,
    is_single,
    labels,
    predictions,
    regressor,
    rounding,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
COMPILER = shutil.which("cc")
FLAGS = [
    "-std=c99",
    "-pedantic",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wconversion",
    "-Wdouble-promotion",
    "-O1",
]
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="needs a C compiler, cc")
DTYPES = {"float64": 1e-10, "float32": 1e-6}


def loaded(source):
    """Return the names that Python code defines."""
    scope = {}
    exec(compile(source, "exported.py", "exec"), scope)
    return scope


def rows_of(X):
    """Return samples as lists of Python's numbers and strings."""
    return (X.astype(object).to_numpy() if hasattr(X, "iloc") else X).tolist()


@pytest.mark.parametrize("name", NAMES)
def test_python_predicts_the_same(name):
    if name in FRAMES:
        pytest.importorskip("pandas")
    net, X = fitted(name)
    scope, rows, wanted = loaded(net.export_code()), rows_of(X), in_double(net, X)
    if "CLASSES" in scope:
        assert [scope["predict"](row) for row in rows] == labels(net, X).tolist()
    made = np.array(
        [scope["predict_proba" if "CLASSES" in scope else "predict"](row) for row in rows]
    )
    np.testing.assert_allclose(made, wanted, 0, 1e-11 * max(1.0, np.abs(wanted).max()))


def in_c(dtype):
    """Return the sources of all networks in C, by the name of the function."""
    sources = {}
    for number, name in enumerate(NAMES):
        if name not in FRAMES or "pandas" in sys.modules:
            sources[f"net{number}"] = fitted(name)[0].export_code(
                "c", dtype=dtype, name=f"net{number}"
            )
    return sources


@pytest.fixture(scope="module", params=DTYPES)
def library(request, tmp_path_factory):
    """All networks in one library, the dtype and the tolerance."""
    folder = tmp_path_factory.mktemp(request.param)
    for name, source in in_c(request.param).items():
        (folder / f"{name}.c").write_text(source)
    return compiled(folder), np.dtype(request.param), DTYPES[request.param]


def compiled(folder):
    out, files = folder / "all.so", sorted(folder.glob("*.c"))
    subprocess.run([COMPILER, *FLAGS, "-shared", "-fPIC", *files, "-o", out, "-lm"], check=True)
    return ctypes.CDLL(str(out))


def outputs_of(library, name, X, n_outputs, dtype):
    """Return the outputs for rows of numbers and codes."""
    function, pointer = getattr(library, name), np.ctypeslib.ndpointer(dtype)
    function.argtypes, function.restype = [pointer, pointer], None
    X, out = np.ascontiguousarray(X, dtype), np.empty((len(X), n_outputs), dtype)
    for x, made in zip(X, out, strict=True):
        function(x, made)
    return out


@needs_compiler
@pytest.mark.parametrize("name", NAMES)
def test_c_predicts_the_same(name, library):
    library, dtype, tolerance = library
    if name in FRAMES:
        pytest.importorskip("pandas")
    if name == "far from zero" and dtype == np.float32:
        pytest.skip("X itself loses its digits")
    net, X = fitted(name)
    table = getattr(net, "_table", None)
    wanted, codes = in_double(net, X), X if table is None else table.read(X)
    c_name = f"net{NAMES.index(name)}"
    assert ctypes.c_size_t.in_dll(library, f"{c_name}_n_inputs").value == codes.shape[1]
    n_outputs = ctypes.c_size_t.in_dll(library, f"{c_name}_n_outputs").value
    out = outputs_of(library, c_name, codes, n_outputs, dtype)
    tolerance *= max(1.0, np.abs(wanted).max())
    if is_single(X) and dtype == np.float32:
        tolerance = 3 * rounding(net, X)
    np.testing.assert_allclose(out.reshape(wanted.shape), wanted, 0, tolerance)
    if hasattr(net, "classes_") and "indicator" not in name:
        label = getattr(library, f"{c_name}_label")
        label.restype = ctypes.c_size_t
        places = [label(row.ctypes.data_as(ctypes.c_void_p)) for row in out]
        assert np.array_equal(net.classes_[places], labels(net, X))


HOSTILE = [
    '"); system("x',
    "*/ int evil; /*",
    '"""\n1/0',
    "\\",
    "%s{0}",
    "??/",
    "\u2028\0é",
    "a\nb",
    "'",
]


@pytest.fixture(scope="module")
def hostile():
    """A classifier whose features, categories and labels try to leave their literals."""
    pd = pytest.importorskip("pandas")
    values = np.array(HOSTILE, object)[np.arange(120) % len(HOSTILE)]
    frame = pd.DataFrame({**dict.fromkeys(HOSTILE, FULL[:, 0]), "text": values})
    kind = type('*/ 1/0 """', (type(classifier(2)),), {})
    return kind(2, max_iter=2).fit(frame, values), frame


def test_no_name_leaves_its_literal_in_python(hostile):
    net, frame = hostile
    scope = loaded(net.export_code())
    assert scope["FEATURES"] == (*HOSTILE, "text")
    assert [*scope["CATEGORIES"][9]] == [*scope["CLASSES"]] == sorted(HOSTILE)
    made = [scope["predict"](row) for row in rows_of(frame[:9])]
    assert made == net.predict(frame[:9]).tolist()


@needs_compiler
def test_no_name_leaves_its_literal_in_c(hostile, tmp_path):
    net, frame = hostile
    source = net.export_code("c", tmp_path / "net.c")
    assert "evil" not in re.sub(r'"[^"\n]*"', "", source)
    library = compiled(tmp_path)
    for table, wanted in (
        ("predict_classes", net.classes_),
        ("predict_categories_9", sorted(HOSTILE)),
    ):
        texts = (ctypes.c_char_p * len(wanted)).in_dll(library, table)
        assert [text.decode() for text in texts] == [text.partition("\0")[0] for text in wanted]
    out = outputs_of(library, "predict", net._table.read(frame[:9]), len(HOSTILE), np.float64)
    assert np.allclose(out, net.predict_proba(frame[:9]))


@pytest.mark.parametrize(
    "name", ["", "a b", "9", "int", "def", "exp", "math", "_x", "ä", "a;b", None]
)
@pytest.mark.parametrize("language", ["python", "c"])
def test_a_name_that_no_function_can_have_is_refused(language, name):
    net, _ = fitted("linear")
    with pytest.raises(ValueError, match=r"name=.* Pass name='predict'"):
        net.export_code(language, name=name)


@pytest.mark.parametrize("language", ["java", None, ["c"]])
def test_another_language_is_refused(language):
    net, _ = fitted("linear")
    with pytest.raises(ValueError, match=r"language=.*\['c', 'python'\]"):
        net.export_code(language)


@pytest.mark.parametrize("language", ["python", "c"])
def test_a_path_gets_the_source(language, tmp_path):
    net, _ = fitted("linear")
    source = net.export_code(language, tmp_path / "code")
    assert (tmp_path / "code").read_text() == source


def test_python_imports_the_standard_library_only():
    for name in ("several", "quantiles"):
        imported = re.findall(r"^ *(?:import|from) .*", fitted(name)[0].export_code(), re.MULTILINE)
        assert imported == ["import math"]


def test_python_takes_none_and_refuses_other_lengths():
    net, _ = fitted("bins")
    predict = loaded(net.export_code(name="score"))["score_proba"]
    assert predict([None] * 5) == predict([math.nan] * 5)
    with pytest.raises(ValueError, match="x has 4 features, expected 5"):
        predict([0.0] * 4)


def test_nothing_overflows_in_python():
    X, y = np.array([[-1.0], [1.0]] * 5), np.array([0, 1] * 5)
    huge = [[-1e300], [1e300], [-1e5], [1e5]]
    net = classifier((), standardize=False).fit(X, y)
    assert np.allclose(
        [*map(loaded(net.export_code())["predict_proba"], huge)], [[1, 0], [0, 1]] * 2
    )
    net = regressor((), standardize=False, loss="poisson").fit(X, np.exp(X[:, 0]))
    assert [*map(loaded(net.export_code())["predict"], huge)] == [0, math.inf] * 2


@needs_compiler
def test_nothing_overflows_in_c(tmp_path):
    """No number that is none, and none that traps: what is limited in Python is limited in C."""
    net, _ = fitted("activation silu")
    net.export_code("c", tmp_path / "net.c", dtype="float32")
    ends = np.array([[np.inf] * 5, [-np.inf] * 5, [3e38] * 5, [np.nan] * 5])
    out = outputs_of(compiled(tmp_path), "predict", ends, 3, np.float32)
    wanted = predictions(net, np.clip(ends, -1e30, 1e30))
    assert np.allclose(out, wanted, atol=1e-5)


@needs_compiler
def test_a_small_network_is_small(tmp_path):
    """The figure in docs/how_to/export.md, with room for other compilers."""
    X, y = np.random.default_rng(0).standard_normal((200, 10)), np.arange(200) % 3
    net = classifier(16, numeric_encoding=None).fit(X, y)
    net.export_code("c", tmp_path / "net.c", dtype="float32")
    made = tmp_path / "net.o"
    subprocess.run([COMPILER, *FLAGS, "-Os", "-c", tmp_path / "net.c", "-o", made], check=True)
    assert made.stat().st_size < 8_000
