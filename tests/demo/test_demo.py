"""The demonstration: whole runs, its reading of CSV files and its errors."""

import sys

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

from sklearn_shallow.__main__ import main
from sklearn_shallow.demo.data import load, make_preprocessor
from sklearn_shallow.demo.run import GRID, TASKS

CLASSIFIERS = "ShallowNetClassifier LogisticRegression MLPClassifier HistGradientBoostingClassifier"
REGRESSORS = "ShallowNetRegressor Ridge MLPRegressor HistGradientBoostingRegressor"
GOOD = {"a": range(20), "b": range(20), "kind": ["x", "y"] * 10}


def mixed_columns(n_samples=60):
    """Numbers, text, booleans and gaps; kind and price depend on the colour."""
    i, odd = np.arange(n_samples), np.arange(n_samples) % 2 == 1
    return {
        "size": np.where(i % 10 == 0, "?", (i % 9).astype(str)),
        "colour": np.where(i % 12 == 5, "", np.where(odd, "red", "green")),
        "flag": i % 3 == 0,
        "doubt": np.where(i % 7 == 0, "", (i % 5 == 0).astype(str)),
        "empty": np.full(n_samples, ""),
        "kind": np.where(i == 7, "", np.where(odd, r"$\no formula$", "yes")),
        "price": np.where(i == 7, "inf", (1e6 + 1e5 * odd).astype(str)),
    }


@pytest.fixture
def write(tmp_path):
    """Write columns, or bytes as they are, as a CSV file; return its path."""

    def write(content):
        path = tmp_path / "table.csv"
        if not isinstance(content, bytes):
            content = pd.DataFrame(content).to_csv(index=False).encode()
        path.write_bytes(content)
        return str(path)

    return write


def short(model):
    """Return the model with few iterations, if it has iterations."""
    names = [name for name in model.get_params() if name.endswith("max_iter")]
    return clone(model).set_params(**dict.fromkeys(names, 20))


@pytest.fixture
def compare(capsys, tmp_path, monkeypatch):
    """Run it with a small grid and short fits of the other models; return what it prints, and the
    columns of the comparison."""
    monkeypatch.setitem(GRID, "model__activation", ["relu"])
    monkeypatch.setitem(GRID, "model__hidden_layer_sizes", [5, 10])
    for name, task in TASKS.items():
        monkeypatch.setitem(TASKS, name, task._replace(peers=[*map(short, task.peers)]))

    def compare(*argv):
        picture = tmp_path / "picture.png"
        main([*argv, "--jobs", "1", "--output", str(picture)])
        out = capsys.readouterr().out
        assert "Fitting 5 folds for each of 2 candidates, totalling 10 fits" in out
        assert picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
        lines = out.partition("Test set\n")[2].partition("\n\n")[0].splitlines()[1:]
        rows = [line.replace(", best", "").split() for line in lines]
        return out, [[row[column] for row in rows] for column in range(4)]

    return compare


def test_run_on_a_bundled_set_is_reproducible(compare):
    argv = ["--data", "iris", "--seed", "3"]
    out, (models, accuracies, losses, seconds) = compare(*argv)
    assert "iris: 112 samples to train on, 38 to test on" in out
    assert " ".join(models) == CLASSIFIERS
    assert float(accuracies[0]) > 0.9
    assert all(float(loss) < 0 for loss in losses)
    assert all(float(second) > 0 for second in seconds)
    assert compare(*argv)[1][:3] == [models, accuracies, losses]


@pytest.mark.parametrize(
    ("task", "target", "other", "models"),
    [("classification", "kind", "price", CLASSIFIERS), ("regression", "price", "kind", REGRESSORS)],
)
def test_run_on_a_csv_file(compare, write, task, target, other, models):
    path = write({name: cells for name, cells in mixed_columns().items() if name != other})
    out, (names, scores, _, _) = compare("--task", task, "--data", path, "--target", target)
    assert "44 samples to train on, 15 to test on" in out
    assert " ".join(names) == models
    assert float(scores[0]) > 0.8


def test_columns_are_encoded_by_kind(write):
    X, y = load(write(mixed_columns()), "kind")
    assert X.columns.to_list() == ["size", "colour", "flag", "doubt", "price"]
    assert len(X) == len(y) == 59
    preprocessor = make_preprocessor()
    encoded = preprocessor.fit_transform(X)
    assert encoded.shape == (59, 2 + 3 + 2 + 3)
    assert np.isfinite(encoded).all()
    unseen = preprocessor.transform(X[:1].assign(colour="blue"))
    assert_array_equal(unseen[0, 2:5], 0)


@pytest.mark.parametrize(
    ("content", "target", "message"),
    [
        (b"a,kind\n1,x\n1,x,2\n", "kind", "Expected 2 fields in line 3, saw 3"),
        (b"a,kind\n1,x,2\n1,x,2\n", "kind", "more cells than the header"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "kind", "can't decode"),
        (b"", "kind", "No columns to parse"),
        (GOOD, "colour", "no column 'colour'; set --target to one of 'a', 'b', 'kind'"),
        (GOOD | {"kind": ""}, "kind", "no values beside"),
        ({"kind": GOOD["kind"]}, "kind", "no values beside"),
        (GOOD | {"kind": "x"}, "kind", "'kind' has 1 classes, 'x' with 20"),
        (GOOD, "a", "with 1 samples; "),
    ],
)
def test_errors_of_data(write, capsys, content, target, message):
    assert_error(capsys, message, "--data", write(content), "--target", target)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOOD, "could not convert string to float: 'x'; set --task classification"),
        (GOOD | {"kind": 2.5}, "'kind' is constant"),
        ({"a": range(13), "kind": range(13)}, "under 14 samples"),
    ],
)
def test_errors_of_numbers(write, capsys, content, message):
    argv = ["--task", "regression", "--data", write(content), "--target", "kind"]
    assert_error(capsys, message, *argv)


def test_errors_of_arguments(capsys, monkeypatch, tmp_path):
    assert_error(capsys, "No such file or directory: 'none.csv'", "--data", "none.csv")
    assert_error(capsys, "nowhere/a.png", "--output", "nowhere/a.png")
    assert_error(capsys, "'txt' is not supported", "--output", str(tmp_path / "a.txt"))
    with pytest.raises(SystemExit, match="2"):
        main(["--seed", "-1"])
    monkeypatch.delitem(sys.modules, "sklearn_shallow.demo.run")
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert_error(capsys, 'pandas is missing: pip install "sklearn_shallow[demo]"')


def assert_error(capsys, message, *argv):
    """Check that there is one line on stderr, and status 2."""
    capsys.readouterr()
    with pytest.raises(SystemExit, match="2"):
        main(list(argv))
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err
