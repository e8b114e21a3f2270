"""The house rules that a reader relies on."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
from sklearn.base import BaseEstimator

import sklearn_shallow
from sklearn_shallow._scikit_learn import CallbackSupportMixin

PACKAGE = Path(sklearn_shallow.__file__).parent
RANKS = {
    "_version": 0,
    "_names": 0,
    "_shared_context": 0,
    "_scikit_learn": 0,
    "_activations": 0,
    "_links": 0,
    "_statistics": 0,
    "_rows": 0,
    "_loss": 1,
    "_target_scaling": 1,
    "_sample_weights": 1,
    "_class_losses": 2,
    "_residual_losses": 2,
    "_deviances": 2,
    "_losses": 3,
    "_layout": 0,
    "_optimizers": 0,
    "_schedules": 0,
    "_progress": 0,
    "_network": 1,
    "_objective": 2,
    "_mean_curvature": 3,
    "_dropout": 2,
    "_solvers": 3,
    "_curvature": 2,
    "_laplace": 3,
    "_levenberg_marquardt": 4,
    "_spectrum": 3,
    "_evidence": 4,
    "_validation": 4,
    "_loss_checks": 4,
    "_warnings": 4,
    "_range_warnings": 5,
    "_options": 5,
    "_threads": 4,
    "_callbacks": 4,
    "_log": 1,
    "_compression": 1,
    "_scaling": 4,
    "_class_targets": 4,
    "_regression_targets": 4,
    "_early_stopping": 4,
    "_model": 5,
    "_preparation": 6,
    "_reporting": 6,
    "_fit_warnings": 8,
    "_training": 7,
    "_uncertainty": 7,
    "_auto": 5,
    "_fitted": 8,
    "_ensemble": 9,
    "_base": 10,
    "_path": 10,
    "_search_report": 10,
    "_shared_text": 10,
    "_classifier": 11,
    "_regressor": 11,
    "_cross_validation": 12,
    "__init__": 13,
    "_demo_data": 14,
    "_demo_picture": 14,
    "_demo_tasks": 15,
    "_demo": 16,
    "__main__": 17,
}
CORE = [name for name, rank in RANKS.items() if rank <= 3 and name != "_scikit_learn"]
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py"))


def imports(module):
    """Names of the modules that a file imports anywhere."""
    for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def test_every_module_has_a_rank():
    assert sorted(RANKS) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_from_a_higher_rank_to_a_lower_one(module):
    for name in imports(module):
        package, _, imported = name.partition(".")
        if package == "sklearn_shallow":
            assert RANKS[imported or "__init__"] < RANKS[module], f"{module} imports {name}"


@pytest.mark.parametrize("module", CORE)
def test_the_core_needs_numpy_and_scipy_only(module):
    outside = {name.partition(".")[0] for name in imports(module)} - {"sklearn_shallow"}
    assert outside - sys.stdlib_module_names <= {"numpy", "scipy"}


def test_what_is_imported_is_declared():
    settings = Path(__file__).parents[1] / "pyproject.toml"
    project = tomllib.loads(settings.read_text())["project"]
    declared = project["dependencies"] + project["optional-dependencies"]["plot"]
    names = {re.match("[a-z-]+", entry).group() for entry in declared}
    imported = {name.partition(".")[0] for module in MODULES for name in imports(module)}
    outside = imported - sys.stdlib_module_names - {"sklearn_shallow"}
    assert {"scikit-learn" if name == "sklearn" else name for name in outside} == names


def private_names():
    """The private methods and attributes that estimators have from scikit-learn."""
    names = {name for base in (BaseEstimator, CallbackSupportMixin) for name in dir(base)}
    names |= {"_skl_callbacks", "_parent_callback_ctx"}
    return {name for name in names if name.startswith("_") and not name.startswith("__")}


@pytest.mark.parametrize("module", [m for m in MODULES if m != "_scikit_learn"])
def test_private_names_of_scikit_learn_are_touched_in_one_file(module):
    assert not [name for name in imports(module) if name.startswith("sklearn.") and "._" in name]
    nodes = list(ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text())))
    used = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    used |= {node.value for node in nodes if isinstance(node, ast.Constant)}
    assert not used & private_names()


@pytest.mark.parametrize("module", MODULES)
def test_a_file_can_be_read_in_a_sitting(module):
    assert len((PACKAGE / f"{module}.py").read_text().splitlines()) <= 450
