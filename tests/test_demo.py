"""The demonstration: its claims, its reading of CSV files and its refusals."""

import csv
import io
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, ParameterGrid
from sklearn.tree import DecisionTreeClassifier

from sklearn_shallow import _demo
from sklearn_shallow.__main__ import main
from sklearn_shallow._demo_data import BUNDLED, MIN_ROWS_PER_CLASS, Dataset, load, preprocessor

PNG = b"\x89PNG\r\n\x1a\n"
PEERS = ["LogisticRegression", "MLPClassifier", "HistGradientBoostingClassifier"]


@pytest.fixture
def small(monkeypatch):
    """Two candidates and one round of fits, for tests of what does not depend on their number."""
    grid = {"net__activation": ["tanh", "relu"], "net__hidden_layer_sizes": [(4,)]}
    monkeypatch.setattr(_demo, "GRID", grid)
    monkeypatch.setattr(_demo, "N_ROUNDS", 1)


@pytest.fixture
def write(tmp_path):
    """Write rows, or bytes as they are, as a CSV file; return its path."""

    def write(content):
        path = tmp_path / "table.csv"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            with open(path, "w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows(content)
        return str(path)

    return write


def mixed_table(n_rows=60):
    """Rows with numbers, text and gaps; the class depends on the text."""
    rng = np.random.default_rng(0)
    rows = [["size", "colour", "note", "kind"]]
    for i in range(n_rows):
        size = ["", "NA", "?"][i % 3] if i % 10 == 0 else f"{rng.normal():.3f}"
        colour = "" if i % 12 == 5 else ["red", "green"][i % 2]
        rows.append([size, colour, "", ["apple", "pear"][i % 2]])
    return rows


def table_after(out, heading):
    """The words of the lines that follow the line that begins with a heading."""
    lines = iter(out.splitlines())
    next(line for line in lines if line.split()[:1] == [heading])
    rows = []
    for line in lines:
        if not line.strip():
            break
        rows.append(line.split())
    return rows


def test_grid_is_five_activations_three_widths_five_folds():
    assert len(_demo.GRID["net__activation"]) == 5
    assert len(_demo.GRID["net__hidden_layer_sizes"]) == 3
    assert len(ParameterGrid(_demo.GRID)) * _demo.N_FOLDS == 75


def test_full_run(capsys, tmp_path):
    assert main(["--data", "iris", "--jobs", "2", "--output", str(tmp_path / "a.png")]) == 0
    out, err = capsys.readouterr()

    ranked = table_after(out, "rank")
    assert len(ranked) == 15
    accuracies = [float(row[3]) for row in ranked]
    assert accuracies == sorted(accuracies, reverse=True)
    assert [int(row[0]) for row in ranked] == sorted(int(row[0]) for row in ranked)

    compared = table_after(out, "model")
    assert [row[0] for row in compared] == ["ShallowNetClassifier", *PEERS]
    for _, accuracy, loss, seconds in compared:
        assert 0.8 < float(accuracy) <= 1
        assert 0 < float(loss) < 1
        assert 0 < float(seconds) < 10

    assert err.splitlines()[-1].startswith("[####################] 15/15 candidates")
    assert len(err.splitlines()) == 5
    assert max(map(len, out.splitlines())) <= 100


def test_search_is_a_plain_grid_search():
    X, y = load_iris(return_X_y=True)
    grid = {"max_depth": [1, 2, 3], "criterion": ["gini", "entropy"]}
    tree = DecisionTreeClassifier(random_state=0)
    ours = _demo.GridSearch(tree, grid, cv=5).fit(X, y)
    plain = GridSearchCV(tree, grid, cv=5).fit(X, y)
    assert ours.cv_results_.keys() == plain.cv_results_.keys()
    for key in plain.cv_results_:
        if not key.endswith("_time"):
            assert_array_equal(ours.cv_results_[key], plain.cv_results_[key])
    assert ours.best_params_ == plain.best_params_


def test_progress_rewrites_one_line_on_a_terminal():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    progress = _demo.Progress(4, stream)
    for _ in range(4):
        progress.step("best accuracy 1.0000")
    shown = stream.getvalue()
    assert shown.count("\r") == 4
    assert shown.count("\n") == 1
    assert shown.endswith("\n")
    assert all(len(line.rstrip("\n")) == 79 for line in shown.split("\r")[1:])


def test_same_seed_same_numbers(small, capsys, tmp_path):
    tables = []
    for _ in range(2):
        argv = ["--data", "wine", "--jobs", "1", "--seed", "3", "--output", str(tmp_path / "a.png")]
        assert main(argv) == 0
        tables.append([row[:3] for row in table_after(capsys.readouterr().out, "model")])
    assert tables[0] == tables[1]


def test_writes_a_picture(small, capsys, tmp_path):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "picture.png"
    assert main(["--data", "iris", "--jobs", "1", "--output", str(picture)]) == 0
    assert picture.read_bytes().startswith(PNG)
    assert capsys.readouterr().out.splitlines()[-1] == f"Picture: {picture}"


def test_without_matplotlib_says_how_to_get_it(small, monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    picture = tmp_path / "picture.png"
    assert main(["--data", "iris", "--jobs", "1", "--output", str(picture)]) == 0
    out = capsys.readouterr().out
    assert 'pip install "sklearn_shallow[plot]"' in out.splitlines()[-1]
    assert not picture.exists()


def test_weights_are_drawn_as_images():
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    from sklearn_shallow._demo_picture import _draw_images

    images = np.arange(18.0).reshape(3, 2, 3)
    drawn = _draw_images(Figure().subplots(), images).get_array()
    assert drawn.shape == (2 * 3, 2 * 4)
    assert_array_equal(drawn[0:2, 4:7], images[1])
    assert_array_equal(drawn[3:5, 0:3], images[2])
    assert drawn.mask.sum() == drawn.size - images.size


@pytest.mark.parametrize("n_classes", [2, 13])
def test_picture_of_awkward_names(tmp_path, n_classes):
    pytest.importorskip("matplotlib")
    from sklearn_shallow._demo_picture import save_picture

    net = SimpleNamespace(
        classes_=np.array(["$\\no formula$", "x" * 200, *map(str, range(11))])[:n_classes],
        coefs_=[np.zeros((2, 3))],
        loss_curve_=[2.0, 1.0],
        solver="lbfgs",
    )
    picture = tmp_path / "picture.png"
    confusion = np.eye(n_classes, dtype=int)
    save_picture(str(picture), net, confusion, ["$\\frac$", "y" * 200])
    assert picture.read_bytes().startswith(PNG)


def test_csv_with_text_and_gaps(small, write, capsys, tmp_path):
    rows = mixed_table()
    rows[7][-1] = ""
    argv = ["--data", write(rows), "--target", "kind", "--jobs", "1"]
    assert main([*argv, "--output", str(tmp_path / "picture.png")]) == 0
    out = capsys.readouterr().out
    assert "numeric features 1, text features 1, classes 2" in out
    assert "rows left out, without a target: 1" in out
    assert "columns left out, without a value: 'note'" in out
    accuracies = {row[0]: float(row[1]) for row in table_after(out, "model")}
    assert accuracies["ShallowNetClassifier"] >= 0.9


def test_csv_columns_are_encoded_by_kind(write):
    data = load(write(mixed_table()), "kind")
    assert data.feature_names == ["size", "colour"]
    assert data.text == (1,)
    encoded = preprocessor(data).fit_transform(data.X)
    assert encoded.shape == (60, 1 + 3)
    assert encoded[:, 0].std() == pytest.approx(1)
    assert_array_equal(encoded[:, 1:].sum(axis=1), 1)
    assert np.isfinite(encoded).all()

    unseen = data.X[:1].copy()
    unseen[0, 1] = "blue"
    assert_array_equal(preprocessor(data).fit(data.X).transform(unseen)[:, 1:], [[0, 0, 0]])


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_of_a_spreadsheet(write, separator):
    lines = [f"a{separator}b"] + [f"{i}.5{separator}{'xy'[i % 2]}" for i in range(20)]
    data = load(write("\r\n".join(lines).encode("utf-8-sig")), "b")
    assert data.feature_names == ["a"]
    assert data.X.dtype == float
    assert_array_equal(data.X[:, 0], np.arange(20) + 0.5)


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_sets_are_complete(name):
    data = load(name)
    assert data.X.shape == (len(data.y), len(data.feature_names))
    assert data.numeric == list(range(data.X.shape[1]))
    if data.image_shape:
        assert np.prod(data.image_shape) == data.X.shape[1]


GOOD = [["a", "b", "kind"], *[[str(i), str(-i), "xy"[i % 2]] for i in range(20)]]

REFUSED = {
    "ragged": ([*GOOD, ["1", "2"]], "kind", "Line 22 of .* has 2 cells where the header has 3"),
    "quotes": (b'a,kind\n"1"2,x\n', "kind", "Line 2 of .* is not CSV"),
    "not text": (b"\x89PNG\r\n\x1a\n\x00\xff", "kind", "not text in UTF-8"),
    "empty": (b"", "kind", "holds nothing;"),
    "no rows": (GOOD[:1], "kind", "nothing but a header"),
    "twice": ([["a", "a", "kind"], *GOOD[1:]], "kind", "several columns 'a'; rename"),
    "no such target": (GOOD, "colour", "no column 'colour'; its columns are 'a', 'b', 'kind'"),
    "no target": (GOOD, None, "needs --target with one of its columns: 'a', 'b', 'kind'"),
    "empty target": ([*GOOD[:1], ["1", "2", ""]], "kind", "no row with a value of the target"),
    "no features": ([row[-1:] for row in GOOD], "kind", "no column with values besides"),
    "one class": ([*GOOD[:1], *GOOD[1::2]], "kind", "All rows have the class 'x'"),
    "rare class": ([*GOOD, ["1", "2", "z"]], "kind", "class 'z' has 1 of the 8 rows"),
    "infinity": ([*GOOD, ["inf", "2", "x"]], "kind", "column 'a' holds infinity"),
}


@pytest.mark.parametrize(("content", "target", "message"), REFUSED.values(), ids=REFUSED)
def test_refuses_on_one_line(write, capsys, content, target, message):
    argv = ["--data", write(content)] + (["--target", target] if target else [])
    assert_refused(argv, message, capsys)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--data", "no_such_file.csv", "--target", "a"], "no file 'no_such_file.csv'; .*digits"),
        (["--data", ".", "--target", "a"], "Cannot read '.': "),
        (["--data", "iris", "--target", "a"], "--target names a column of a CSV file"),
        (["--data", "iris", "--output", "no_such_place/a.png"], "no directory 'no_such_place'"),
    ],
)
def test_refuses_arguments_on_one_line(capsys, argv, message):
    assert_refused(argv, message, capsys)


def test_interruption_leaves_no_traceback(monkeypatch, capsys):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("sklearn_shallow.__main__.run", interrupt)
    assert main([]) == 130
    assert capsys.readouterr().err == "\ninterrupted\n"


def test_refuses_a_format_of_the_picture(small, capsys, tmp_path):
    pytest.importorskip("matplotlib")
    argv = ["--data", "iris", "--jobs", "1", "--output", str(tmp_path / "a.txt")]
    assert main(argv) == 2
    assert "Cannot write the picture" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("argv", [["--jobs", "0"], ["--seed", "-1"], ["--seed", "x"]])
def test_refuses_numbers(capsys, argv):
    with pytest.raises(SystemExit, match="2"):
        main(argv)
    assert f"argument {argv[0]}" in capsys.readouterr().err


def assert_refused(argv, message, capsys):
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert re.search(message, err)


@pytest.mark.parametrize("seed", range(5))
def test_smallest_class_fills_every_fold(seed):
    y = np.array(["common"] * 89 + ["rare"] * MIN_ROWS_PER_CLASS)
    split = _demo.split_rows(Dataset("table", np.zeros((len(y), 1)), y, ["a"]), seed)
    assert (split.y_train == "rare").sum() >= _demo.N_FOLDS
    assert (split.y_test == "rare").any()
