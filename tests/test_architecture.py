"""The rules of the architecture."""

import ast
import re
import sys
import tomllib
from functools import cache
from graphlib import TopologicalSorter
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import BaseEstimator

import sklearn_shallow
from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor, ShallowNetRegressorCV
from sklearn_shallow.estimators.scikit_learn import CallbackSupportMixin
from sklearn_shallow.estimators.training.source import Source
from sklearn_shallow.network.passes import Network
from sklearn_shallow.solvers.registry import SOLVERS

PACKAGE = Path(sklearn_shallow.__file__).parent
FILES = {str(path.relative_to(PACKAGE)): path for path in sorted(PACKAGE.rglob("*.py"))}
SUBPACKAGES = sorted({Path(file).parts[0] for file in FILES if len(Path(file).parts) > 1})
ALIASES = {"scikit-learn": "sklearn"}
TESTS = Path(__file__).parent
FILES_OF_TESTS = {str(path.relative_to(TESTS)): path for path in sorted(TESTS.glob("*/*.py"))}
CONTRIBUTING = (TESTS.parent / "docs" / "contributing.md").read_text()


@cache
def nodes(file):
    """The syntax nodes of a file."""
    return list(ast.walk(ast.parse({**FILES, **FILES_OF_TESTS}[file].read_text())))


def files_of(subpackage):
    return [file for file in FILES if Path(file).parts[0] == subpackage]


def imports(file):
    """Names of the modules that a file imports anywhere."""
    for node in nodes(file):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def allowed(subpackage):
    """What a subpackage may import: as its ``__init__.py`` says, "subpackages; libraries"."""
    doc = ast.get_docstring(nodes(f"{subpackage}/__init__.py")[0])
    [arrows] = re.findall("May import: (.*)\\.", doc.replace("\n", " "))
    ours, _, others = arrows.rpartition("; ")
    ours, others = (re.split(", ", names) if names else [] for names in (ours, others))
    return set(ours), {ALIASES.get(name, name) for name in others}


def rows_of_the_picture():
    """The rows of the picture of the architecture, from the top."""
    picture = CONTRIBUTING.partition("## Architecture")[2].partition("| subpackage |")[0]
    lines = re.findall(r"^ {4}(.*)$", picture, re.MULTILINE)
    return [[one for one in re.findall(r"(\w+)/", line) if one in SUBPACKAGES] for line in lines]


def test_a_subpackage_imports_from_the_rows_below_its_own_in_the_picture():
    rows, below = rows_of_the_picture(), set()
    assert sorted(chain(*rows)) == SUBPACKAGES
    for row in reversed(rows):
        for subpackage in row:
            assert allowed(subpackage)[0] - {"the public names"} <= below, subpackage
        below |= set(row)


def walks():
    """The rows of both walks through the code: a file, and the names in it before a colon."""
    walk = CONTRIBUTING.partition("## One sample from")[2].partition("## Design decisions")[0]
    for files, step in re.findall(r"^\| (`.*?) \| (.*) \|$", walk, re.MULTILINE):
        first, *others = re.findall(r"`([\w/.]+\.py)`", files)
        names = re.findall(r"`([\w.]+)`", step.partition(":")[0])
        yield first, names
        yield from ((str(Path(first).parent / other), []) for other in others)


def test_files_and_names_of_the_walks_exist():
    steps = list(walks())
    assert len(steps) > 20
    for file, names in steps:
        defined = {getattr(node, "name", "") for node in nodes(file)}
        for name in names:
            assert {*name.split(".")} <= defined, f"{file}: {name}"


def test_a_fit_and_a_prediction_take_the_walks():
    """Their calls contain the steps in this order, each by its first name."""
    left = list(walks())
    X = np.random.default_rng(0).normal(size=(120, 2))

    def watch(frame, event, arg):
        file, names = left[0] if left else ("", [])
        if file and frame.f_code.co_filename == str(FILES[file]):
            called = frame.f_code.co_qualname.split(".")
            if not names or {*names[0].split(".")} <= {*called}:
                left.pop(0)

    net = ShallowNetClassifier(random_state=0)
    sys.setprofile(watch)
    try:
        net.fit(X, (X > 0).sum(axis=1)).predict_proba(X)  # three classes
    finally:
        sys.setprofile(None)
    assert not left


def test_files_that_the_page_names_exist():
    named = re.findall(r"`([\w/]+/\w+\.py)`", CONTRIBUTING)
    places = PACKAGE, TESTS.parent
    assert [file for file in named if not any((place / file).exists() for place in places)] == []


def inside_estimators(file):
    """The subpackage within that of the estimators, or the module there, that a file belongs to."""
    return Path(file).parts[1].removesuffix(".py")


def siblings(subpackage):
    """What a subpackage inside that of the estimators may import from there."""
    doc = ast.get_docstring(nodes(f"estimators/{subpackage}/__init__.py")[0])
    [names] = re.findall("Of the estimators, it may import: (.*)\\.", doc)
    return set(names.split(", "))


OF_ESTIMATORS = files_of("estimators")
INSIDE = sorted({inside_estimators(file) for file in OF_ESTIMATORS if file.count("/") > 1})


@pytest.mark.parametrize("subpackage", INSIDE)
def test_a_subpackage_inside_the_estimators_imports_what_it_says(subpackage):
    for file in [file for file in OF_ESTIMATORS if inside_estimators(file) == subpackage]:
        modules = [name.split(".") for name in imports(file) if ".estimators." in name]
        assert {module[2] for module in modules} <= siblings(subpackage) | {subpackage}, file


def test_what_subpackages_inside_the_estimators_import_imports_no_subpackage_that_imports_it():
    before = set()
    for _ in INSIDE:
        before |= {one for one in INSIDE if siblings(one) & {*INSIDE} <= before}
    assert before == {*INSIDE}, "a circle"
    for module in set().union(*map(siblings, INSIDE)) - before:
        modules = [name for name in imports(f"estimators/{module}.py") if ".estimators." in name]
        assert not {name.split(".")[2] for name in modules} & before, module


@pytest.mark.parametrize("subpackage", SUBPACKAGES)
def test_a_subpackage_imports_what_it_says(subpackage):
    subpackages, libraries = allowed(subpackage)
    for file, name in ((one, name) for one in files_of(subpackage) for name in imports(one)):
        package, *inside = name.split(".")
        if package != "sklearn_shallow":
            assert package in libraries | sys.stdlib_module_names, f"{file} imports {name}"
        elif not inside:
            assert "the public names" in subpackages, f"{file} imports {name}"
        elif inside[0] != "_version":
            assert inside[0] in subpackages | {subpackage}, f"{file} imports {name}"


def test_no_files_import_each_other_in_a_circle():
    modules = {
        ".".join(["sklearn_shallow", *Path(file).with_suffix("").parts]): file for file in FILES
    }
    graph = {file: {modules[name] for name in imports(file) if name in modules} for file in FILES}
    assert sum(map(len, graph.values())) > 500
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the files


# Tests of a subpackage with the solvers that use it, or of what the estimators make of it.
BEYOND = {
    "evidence/test_evidence.py": {"estimators"},
    "inputs/test_encoding.py": {"estimators"},
    "objective/test_curvature.py": {"solvers"},
    "objective/test_objective.py": {"solvers"},
}


@pytest.mark.parametrize("subpackage", SUBPACKAGES)
def test_tests_of_a_subpackage_use_public_names_and_what_the_subpackage_may_import(subpackage):
    """What needs more subpackages than these is a test of the estimators, which may import all."""
    for file in [file for file in FILES_OF_TESTS if Path(file).parts[0] == subpackage]:
        modules = [name.split(".") for name in imports(file)]
        used = {
            inside[0] for package, *inside in modules if package == "sklearn_shallow" and inside
        }
        others = (used & set(SUBPACKAGES)) - allowed(subpackage)[0] - {subpackage}
        assert others == BEYOND.get(file, set()), file


def test_no_test_imports_another():
    for file in FILES_OF_TESTS:
        assert not [name for name in imports(file) if name.startswith("test_")], file


BELOW = sorted({*SUBPACKAGES} - {"estimators", "inspection", "teaching", "demo"})


@pytest.mark.parametrize("subpackage", BELOW)
def test_no_subpackage_below_the_estimators_receives_one(subpackage):
    for file in files_of(subpackage):
        functions = (node for node in nodes(file) if hasattr(node, "args"))
        names = {arg.arg for node in functions for arg in getattr(node.args, "args", ())}
        assert not names & {"estimator", "net"}, file


def test_what_is_imported_is_declared():
    settings = Path(__file__).parents[1] / "pyproject.toml"
    project = tomllib.loads(settings.read_text())["project"]
    extras = project["optional-dependencies"]
    skl2onnx = [entry for entry in extras["test"] if entry.startswith("skl2onnx")]
    declared = project["dependencies"] + extras["demo"] + extras["onnx"] + skl2onnx
    names = {re.match("[a-z0-9-]+", entry).group() for entry in declared}
    imported = {name.partition(".")[0] for file in FILES for name in imports(file)}
    outside = imported - sys.stdlib_module_names - {"sklearn_shallow"}
    assert {"scikit-learn" if name == "sklearn" else name for name in outside} == names


@cache
def private_names():
    """The private methods and attributes that estimators have from scikit-learn."""
    names = {name for base in (BaseEstimator, CallbackSupportMixin) for name in dir(base)}
    names |= {"_skl_callbacks", "_parent_callback_ctx"}
    return {name for name in names if name.startswith("_") and not name.startswith("__")}


def private_names_used(file):
    """The private modules that a file imports, and the private names that it uses."""
    modules = {name for name in imports(file) if name.startswith("sklearn.") and "._" in name}
    used = {node.attr for node in nodes(file) if isinstance(node, ast.Attribute)}
    used |= {node.value for node in nodes(file) if isinstance(node, ast.Constant)}
    return modules | (used & private_names())


def test_private_names_of_scikit_learn_are_touched_in_one_file():
    assert [file for file in FILES if private_names_used(file)] == ["estimators/scikit_learn.py"]


def docstring_lines(node):
    first = node.body[0]
    return first.end_lineno - first.lineno + 1 if ast.get_docstring(node) is not None else 0


def code_lines():
    """Yield the functions and files of the package, with their lines without docstrings."""
    for file, path in FILES.items():
        text = path.read_text()
        documented = [
            n for n in nodes(file) if isinstance(n, ast.FunctionDef | ast.ClassDef | ast.Module)
        ]
        documented = [node for node in documented if node.body]
        yield file, len(text.splitlines()) - sum(map(docstring_lines, documented)), "file"
        for node in documented:
            if isinstance(node, ast.FunctionDef):
                lines = node.end_lineno - node.lineno + 1 - docstring_lines(node)
                yield f"{file}: {node.name}", lines, "function"


def test_files_and_functions_can_be_read_in_a_sitting():
    most = {"file": 300, "function": 40}
    long = {name for name, lines, kind in code_lines() if lines > most[kind]}
    assert {name for name in long if not name.endswith(": __init__")} == set()


def test_most_functions_are_small():
    assert np.median([lines for _, lines, kind in code_lines() if kind == "function"]) <= 5


class Reached(BaseException):
    """The first gradient is about to be computed."""


@pytest.mark.parametrize("alpha", ["auto", 1.0])
@pytest.mark.parametrize("solver", SOLVERS)
def test_few_frames_lie_between_fit_and_the_first_gradient(monkeypatch, solver, alpha):
    """The objective computes the gradient; all between it and `fit` is a detour for readers."""

    def reach(*args):
        raise Reached

    monkeypatch.setattr(Network, "backward", reach)
    X = np.random.default_rng(0).normal(size=(20, 2))
    with pytest.raises(Reached) as caught:
        ShallowNetRegressor(2, solver=solver, alpha=alpha).fit(X, X[:, 0])
    frames = [(Path(entry.path), entry.name) for entry in caught.traceback]
    ours = [(path.relative_to(PACKAGE), name) for path, name in frames if PACKAGE in path.parents]
    names = [name for _, name in ours]
    subpackages = [path.parts[0] for path, _ in ours][names.index("fit") :]  # without decorators
    assert subpackages[0] == "estimators"  # fit itself
    assert "objective" in subpackages
    assert len(subpackages[1 : subpackages.index("objective")]) <= (8 if alpha == "auto" else 5)


def test_fits_folds_and_streams_are_prepared_by_one_method(monkeypatch):
    def reach(*args):
        raise Reached

    monkeypatch.setattr(Source, "data", reach)
    X, net = np.random.default_rng(0).normal(size=(20, 2)), ShallowNetRegressor(2)
    search = ShallowNetRegressorCV(net, alphas=[1.0], cv=2)
    for fit, *data in (net.fit, X, X[:, 0]), (search.fit, X, X[:, 0]), (net.fit_batches, [(X, X)]):
        with pytest.raises(Reached):
            fit(*data)
