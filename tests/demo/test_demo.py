"""The demonstration: its claims, its reading of CSV files and its refusals."""

import csv
import io
import re
import sys
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV, ParameterGrid
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from sklearn_shallow.__main__ import main
from sklearn_shallow.demo import run as _demo
from sklearn_shallow.demo.data import BUNDLED, Dataset, load, preprocessor
from sklearn_shallow.demo.tasks import (
    CLASSIFICATION,
    MIN_ROWS,
    MIN_ROWS_PER_CLASS,
    REGRESSION,
    TASKS,
)

PNG = b"\x89PNG\r\n\x1a\n"
CLASSIFIERS = ["LogisticRegression", "MLPClassifier", "HistGradientBoostingClassifier"]
REGRESSORS = ["Ridge", "MLPRegressor", "HistGradientBoostingRegressor"]


@pytest.fixture
def small(monkeypatch):
    """Two candidates and one round of fits, for tests of what does not depend on their number."""
    for task in TASKS.values():
        monkeypatch.setitem(task.grid, "activation", ["tanh", "relu"])
        monkeypatch.setitem(task.grid, "hidden_layer_sizes", [(4,)])
    monkeypatch.setitem(REGRESSION.grid, "alpha", [5.0])
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


@pytest.mark.parametrize(("task", "n_fits"), [(CLASSIFICATION, 75), (REGRESSION, 225)])
def test_grid_is_five_activations_three_widths_five_folds(task, n_fits):
    assert len(task.grid["activation"]) == 5
    assert len(task.grid["hidden_layer_sizes"]) == 3
    assert len(ParameterGrid(task.grid)) * _demo.N_FOLDS == n_fits


def test_full_run(capsys, tmp_path):
    assert main(["--data", "iris", "--jobs", "2", "--output", str(tmp_path / "a.png")]) == 0
    out, err = capsys.readouterr()

    ranked = table_after(out, "rank")
    assert len(ranked) == 15
    accuracies = [float(row[3]) for row in ranked]
    assert accuracies == sorted(accuracies, reverse=True)
    assert [int(row[0]) for row in ranked] == sorted(int(row[0]) for row in ranked)

    compared = table_after(out, "model")
    assert [row[0] for row in compared] == ["ShallowNetClassifier", *CLASSIFIERS]
    for _, accuracy, loss, seconds in compared:
        assert 0.8 < float(accuracy) <= 1
        assert 0 < float(loss) < 1
        assert 0 < float(seconds) < 10

    assert err.splitlines()[-1].startswith("[####################] 15/15 candidates")
    assert len(err.splitlines()) == 5
    assert max(map(len, out.splitlines())) <= 100


def test_regression(small, capsys, tmp_path):
    argv = ["--task", "regression", "--jobs", "1", "--output", str(tmp_path / "a.png")]
    assert main(argv) == 0
    out = capsys.readouterr().out
    assert "diabetes: numeric features 10, text features 0, target from 25 to 346" in out

    ranked = table_after(out, "rank")
    assert {row[1] for row in ranked} == {"tanh", "relu"}
    assert all(row[2:4] == ["(4,)", "5.0"] for row in ranked)
    assert all(0.3 < float(row[4]) < 0.7 for row in ranked)

    compared = {name: list(map(float, row)) for name, *row in table_after(out, "model")}
    assert list(compared) == ["ShallowNetRegressor", *REGRESSORS]
    for _, root_mean_squared_error, mean_absolute_error, seconds in compared.values():
        assert 30 < mean_absolute_error < root_mean_squared_error < 80
        assert 0 < seconds < 10
    assert compared["ShallowNetRegressor"][0] > compared["Ridge"][0] - 0.05
    assert max(map(len, out.splitlines())) <= 100


def test_a_long_ranking_is_cut(small, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(_demo, "N_SHOWN", 1)
    assert main(["--data", "iris", "--jobs", "1", "--output", str(tmp_path / "a.png")]) == 0
    best, rest = table_after(capsys.readouterr().out, "rank")
    assert best[0] == "1"
    assert rest == ["and", "1", "more"]


@pytest.mark.parametrize(
    ("task", "source"),
    [(CLASSIFICATION, "breast_cancer"), (CLASSIFICATION, "iris"), (REGRESSION, "diabetes")],
)
def test_figures_are_those_of_the_test_rows(task, source):
    data = task.checked(load(source))
    split = _demo.split_rows(task, data, seed=0)
    peer = make_pipeline(preprocessor(data), next(iter(task.peers((4,), 0).values())))
    [row] = _demo.compare({"peer": peer}, task.figures, split)
    predicted = peer.predict(split.X_test)
    if task is CLASSIFICATION:
        column = np.searchsorted(peer.classes_, split.y_test)
        probability = peer.predict_proba(split.X_test)[np.arange(len(column)), column]
        expected = [np.mean(predicted == split.y_test), -np.mean(np.log(probability))]
    else:
        error = predicted - split.y_test
        square = np.mean(error**2)
        expected = [1 - square / np.var(split.y_test), np.sqrt(square), np.mean(np.abs(error))]
    assert row.figures == pytest.approx(expected)


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
        progress.step("best score 1.0000")
    shown = stream.getvalue()
    assert shown.count("\r") == 4
    assert shown.count("\n") == 1
    assert shown.endswith("\n")
    assert all(len(line.rstrip("\n")) == 79 for line in shown.split("\r")[1:])


@pytest.mark.parametrize("argv", [["--data", "wine"], ["--task", "regression"]])
def test_same_seed_same_numbers(small, capsys, tmp_path, argv):
    tables = []
    for _ in range(2):
        output = str(tmp_path / "a.png")
        assert main([*argv, "--jobs", "1", "--seed", "3", "--output", output]) == 0
        tables.append([row[:-1] for row in table_after(capsys.readouterr().out, "model")])
    assert tables[0] == tables[1]


@pytest.mark.parametrize("argv", [["--data", "iris"], ["--task", "regression"]])
def test_writes_a_picture(small, capsys, tmp_path, argv):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "picture.png"
    assert main([*argv, "--jobs", "1", "--output", str(picture)]) == 0
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

    from sklearn_shallow.demo.picture import _draw_images

    images = np.arange(18.0).reshape(3, 2, 3)
    drawn = _draw_images(Figure().subplots(), images).get_array()
    assert drawn.shape == (2 * 3, 2 * 4)
    assert_array_equal(drawn[0:2, 4:7], images[1])
    assert_array_equal(drawn[3:5, 0:3], images[2])
    assert drawn.mask.sum() == drawn.size - images.size


@pytest.mark.parametrize("n_classes", [2, 13])
def test_picture_of_awkward_names(tmp_path, n_classes):
    pytest.importorskip("matplotlib")
    from sklearn_shallow.demo.picture import draw_confusion, save_picture

    classes = np.array(["$\\no formula$", "x" * 200, *map(str, range(11))])[:n_classes]
    net = SimpleNamespace(
        coefs_=[np.zeros((2, 3))],
        history_={"data_loss": [2.0, 1.0]},
        solver="lbfgs",
    )
    picture = tmp_path / "picture.png"
    draw_test = partial(draw_confusion, observed=classes, predicted=classes)
    save_picture(str(picture), net, draw_test, ["$\\frac$", "y" * 200])
    assert picture.read_bytes().startswith(PNG)


def test_confusion_is_of_observed_rows_and_predicted_columns():
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    from sklearn_shallow.demo.picture import draw_confusion

    axes = Figure().subplots()
    draw_confusion(axes, np.array(["a", "a", "b"]), np.array(["a", "b", "b"]))
    assert_array_equal(axes.images[0].get_array(), [[1, 1], [0, 1]])
    assert axes.get_title() == "Test set: 2 of 3 right"


def test_scatter_is_of_predicted_over_observed():
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    from sklearn_shallow.demo.picture import draw_scatter

    axes = Figure().subplots()
    draw_scatter(axes, np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0]))
    assert_array_equal(axes.collections[0].get_offsets(), [[1, 1], [2, 2], [3, 4]])
    assert axes.get_title() == "Test set: R2 0.50"


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


def test_csv_with_numbers_as_the_target(small, write, capsys, tmp_path):
    rows = mixed_table()
    rows[0].append("price")
    for i, row in enumerate(rows[1:]):
        row.append("" if i == 7 else f"{1e6 + 1e5 * (i % 2)}")
    argv = ["--task", "regression", "--data", write(rows), "--target", "price", "--jobs", "1"]
    assert main([*argv, "--output", str(tmp_path / "picture.png")]) == 0
    out = capsys.readouterr().out
    assert "numeric features 1, text features 2, target from 1e+06 to 1.1e+06" in out
    assert "rows left out, without a target: 1" in out
    r2 = {row[0]: float(row[1]) for row in table_after(out, "model")}
    assert r2["ShallowNetRegressor"] >= 0.9


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


def test_bundled_targets_are_of_their_kind():
    assert set(load("iris").y) == {"setosa", "versicolor", "virginica"}
    assert_array_equal(load("diabetes").y, load_diabetes().target)


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
    "numbers": (GOOD, "a", "class '0' has 1 of the 8 rows .*, say --task regression"),
}


@pytest.mark.parametrize(("content", "target", "message"), REFUSED.values(), ids=REFUSED)
def test_refuses_on_one_line(write, capsys, content, target, message):
    argv = ["--data", write(content)] + (["--target", target] if target else [])
    assert_refused(argv, message, capsys)


REFUSED_NUMBERS = {
    "text": (GOOD, "kind", "target holds 'x', .* say --task classification"),
    "infinity": ([*GOOD, ["inf", "2", "x"]], "a", "target holds 'inf', .* finite"),
    "few": (GOOD[:MIN_ROWS], "a", "13 of the 14 rows"),
    "constant": ([["a", "b"], *[[str(i), "2.50"] for i in range(20)]], "b", "the target 2.5; "),
}


@pytest.mark.parametrize(
    ("content", "target", "message"), REFUSED_NUMBERS.values(), ids=REFUSED_NUMBERS
)
def test_regression_refuses_on_one_line(write, capsys, content, target, message):
    argv = ["--task", "regression", "--data", write(content), "--target", target]
    assert_refused(argv, message, capsys)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--data", "diabetes"], "say --task regression"),
        (["--task", "regression", "--data", "iris"], "holds 'setosa', .*--task classification"),
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


@pytest.mark.parametrize(
    "argv", [["--jobs", "0"], ["--seed", "-1"], ["--seed", "x"], ["--task", "clustering"]]
)
def test_refuses_options(capsys, argv):
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
    data = Dataset("table", np.zeros((len(y), 1)), y, ["a"])
    split = _demo.split_rows(CLASSIFICATION, data, seed)
    assert (split.y_train == "rare").sum() >= _demo.N_FOLDS
    assert (split.y_test == "rare").any()


def test_fewest_rows_suffice_for_regression(small, write, tmp_path):
    content = [["a", "b"], *[[str(i), str(i**2)] for i in range(MIN_ROWS)]]
    argv = ["--task", "regression", "--data", write(content), "--target", "b", "--jobs", "1"]
    assert main([*argv, "--output", str(tmp_path / "picture.png")]) == 0
