"""Every warning and every error of the package is named on the page of troubleshooting.

A message counts as named if words of the page, in backticks in the first column of a table, occur
in it. Errors whose text is in a variable are left out.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text()
WARNING_FUNCTIONS = {"warn_user", "warnings.warn", "Fault"}
WITHIN_ANOTHER = "export/file.py"  # what follows "cannot be loaded:"
NO_ERRORS = {"NotImplementedError", "Diverged", "DemoError", "StreamEnded"}  # of users


def words_of(section):
    """Return the words in the first column of the tables below a heading."""
    text = PAGE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return [word for line in text.splitlines() for word in re.findall(r"`([^`]*)`", first(line))]


def first(line):
    return line.split("|")[1] if line.startswith("| ") else ""


def literal(node):
    """Return the constant text below a node, with a space for every value in it."""
    texts = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
    return " ".join(" ".join(text for text in texts if isinstance(text, str)).split())


def messages(kind):
    """Yield the place and the constant text of every warning or error.

    That of a warning is the text of the function that warns, which may put it together before.
    """
    for path in sorted((ROOT / "sklearn_shallow").rglob("*.py")):
        if path.match(WITHIN_ANOTHER):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            text = text_of_warning(node) if kind == "Warnings" else text_of_error(node)
            if len(text.split()) > 4 or "VersionWarning" in text:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", text


def text_of_error(node):
    is_error = isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    return literal(node.exc) if is_error and called(node.exc) not in NO_ERRORS else ""


def text_of_warning(node):
    if isinstance(node, ast.Raise) and node.exc is not None and "StreamEnded" in ast.unparse(node):
        return literal(node)
    if not isinstance(node, ast.FunctionDef):
        return ""
    calls = [called(part) for part in ast.walk(node) if isinstance(part, ast.Call)]
    body = ast.Module(node.body[ast.get_docstring(node) is not None :], [])
    classes = " ".join(name for name in calls if name.endswith("Warning"))
    warns = any(name in WARNING_FUNCTIONS for name in calls)
    return f"{literal(body)} {classes}" if warns else ""


def called(node):
    return ast.unparse(node.func)


@pytest.mark.parametrize("kind", ["Warnings", "Errors"])
def test_every_message_is_named_on_the_page(kind):
    words = words_of(kind)
    found = list(messages(kind))
    assert len(found) > 10
    missing = [f"{place}: {text}" for place, text in found if not any(w in text for w in words)]
    assert not missing


def test_every_warning_on_the_page_is_one_of_the_package():
    texts = [text for _, text in messages("Warnings")]
    assert [w for w in words_of("Warnings") if not any(w in text for text in texts)] == []
