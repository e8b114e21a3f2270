"""What `defaults.py` and its siblings measure on a data set, and where they keep it."""

import argparse
import json
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from data_sets import (
    classification_sets,
    enough_of_each,
    larger_regression_sets,
    regression_sets,
)
from sklearn.base import clone, is_classifier
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    log_loss,
    r2_score,
    root_mean_squared_error,
)
from sklearn.model_selection import KFold, ShuffleSplit, StratifiedKFold, StratifiedShuffleSplit
from table_sets import as_numbers, table_classification_sets, table_regression_sets

WARM_UP_ROWS = 60


def brier(y, probability):
    """Return the mean over the rows of the squared differences, summed over the classes."""
    return float(((probability - np.eye(probability.shape[1])[y]) ** 2).sum(axis=1).mean())


def scores_of_labels(model, X, y):
    """Return scores of held-out rows, of each less is better."""
    probability, predicted = np.asarray(model.predict_proba(X), float), model.predict(X)
    probability /= probability.sum(axis=1, keepdims=True)  # those of float32 add to nearly 1
    return {
        "error rate": 1 - accuracy_score(y, predicted),
        "balanced error rate": 1 - balanced_accuracy_score(y, predicted),
        "log-loss": log_loss(y, probability, labels=np.arange(probability.shape[1])),
        "Brier score": brier(y, probability),
    }


def scores_of_numbers(model, X, y):
    """Return 1 - R2 of held-out rows."""
    return {"1 - R2": 1 - r2_score(y, np.asarray(model.predict(X), float))}


def held_out_loss(model, X, y):
    """Return the log-loss, or the root mean squared error."""
    if is_classifier(model):
        return log_loss(y, model.predict_proba(X), labels=model.classes_)
    return root_mean_squared_error(y, model.predict(X))


def seconds_of_fit(model, X, y):
    """Fit, and return the seconds of the processor, which other processes do not lengthen."""
    start = time.process_time()
    model.fit(X, y)
    return time.process_time() - start


def all_regression_sets(max_rows=None):
    return regression_sets(max_rows) | larger_regression_sets(max_rows)


class Task(NamedTuple):
    """Classification or regression."""

    sets: Callable  # of the most rows; returns a dict from names to functions that load
    tables: Callable  # the same of frames
    folds: Callable
    split: Callable
    scores: Callable  # of a model, X and y
    loss: str  # the score that a choice is made by


TASKS = {
    "classification": Task(
        classification_sets,
        table_classification_sets,
        StratifiedKFold,
        StratifiedShuffleSplit,
        scores_of_labels,
        "log-loss",
    ),
    "regression": Task(
        all_regression_sets, table_regression_sets, KFold, ShuffleSplit, scores_of_numbers, "1 - R2"
    ),
}


def loaders(task, tables):
    """Return what loads the sets of the task, those of `table_sets.py` or of `data_sets.py`."""
    return TASKS[task].tables if tables else TASKS[task].sets


def splitter(task, n_folds):
    """Return the shuffled folds, or for ``n_folds=1`` one split, 75 % to train and 25 % to test."""
    if n_folds == 1:
        return TASKS[task].split(1, test_size=0.25, random_state=0)
    return TASKS[task].folds(n_folds, shuffle=True, random_state=0)


def load_sets(task, names=None, min_rows=0, max_rows=None, least=5, tables=False):
    """Yield name, X and y of the sets that have `min_rows` uncut, cut to `max_rows`; small first.

    Classes of less than `least` rows are left out.

    Raises
    ------
    ValueError
        If no task has a set of a given name.
    """
    unknown = set(names or ()).difference(*(loaders(each, tables)() for each in TASKS))
    if unknown:
        source = "table_sets.py" if tables else "data_sets.py"
        raise ValueError(f"There are no sets named {sorted(unknown)}; see {source}.")
    sizes = {name: len(load()[1]) for name, load in loaders(task, tables)().items()}
    sets = loaders(task, tables)(max_rows)
    chosen = [name for name in sets if sizes[name] >= min_rows and (not names or name in names)]
    for name in sorted(chosen, key=sizes.get):
        X, y = sets[name]()
        if task == "classification":
            X, y = enough_of_each(X, y, least)
        yield name, X, y


def measure(models, X, y, folds, scores):
    """Return per model the scores and seconds of every fold, or the error that a fold ended with.

    The models take turns on every fold.
    """
    rows, errors = {name: [] for name in models}, {}
    for train, test in folds.split(X, y):
        for name in [name for name in models if name not in errors]:
            try:
                rows[name].append(_measure_fold(models[name], X, y, train, test, scores))
            except Exception as error:
                errors[name] = f"{type(error).__name__}: {error}".splitlines()[0]
    return {
        name: {"error": errors[name]}
        if name in errors
        else {score: [row[score] for row in rows[name]] for score in rows[name][0]}
        for name in models
    }


def _measure_fold(model, X, y, train, test, scores):
    model = clone(model)
    X_train, X_test = ((X.iloc if hasattr(X, "iloc") else X)[rows] for rows in (train, test))
    seconds = seconds_of_fit(model, X_train, y[train])
    return {"seconds": seconds} | scores(model, X_test, y[test])


def warm_up(task, models, tables=False):
    """Fit every model once, so that what it imports and sets up counts for no set."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(WARM_UP_ROWS, 3)), rng.integers(2, size=WARM_UP_ROWS)
    if tables:
        X = pd.DataFrame(X).add_prefix("number ")
    measure(models, X, y, splitter(task, 1), TASKS[task].scores)


class Results:
    """What was measured per task, set and model, kept in a file if there is one.

    ``{task: {set: {"data": what the figures are of, "models": {model: {score: per fold}}}}}``
    """

    def __init__(self, path=None):
        self.path = Path(path) if path else None
        self.kept = {}
        self._read()

    def models(self, task, name, data):
        """Return the dict of the models that have figures of this set, and of these rows of it."""
        found = self.kept.setdefault(task, {}).setdefault(name, {"data": data, "models": {}})
        if found["data"] != data:
            raise ValueError(
                f"{self.path} has {name!r} with {found['data']}, not with {data}: name another file"
            )
        return found["models"]

    def add(self, task, name, data, figures):
        self._read()  # other processes may have written since
        self.models(task, name, data).update(figures)
        if self.path:
            part = self.path.with_suffix(".part")
            part.write_text(json.dumps(self.kept, indent=1))
            part.replace(self.path)

    def _read(self):
        if self.path and self.path.exists():
            self.kept = json.loads(self.path.read_text())


def describe(X, y, n_folds):
    """Return what figures are of: sizes, and sums that tell other rows, or another order, apart."""
    numbers = as_numbers(X) if hasattr(X, "iloc") else X
    sums = f"{numbers.sum():.6g} {np.arange(len(y)) @ y:.6g}"
    return {"rows": len(X), "columns": X.shape[1], "folds": n_folds, "sums": sums}


def run(task, models, results, n_folds, again=False, **chosen):
    """Measure on the sets what `results` does not have, or all; `chosen` is as in `load_sets`."""
    warm_up(task, models, chosen.get("tables", False))
    for name, X, y in load_sets(task, least=max(n_folds, 5), **chosen):
        data = describe(X, y, n_folds)
        known = () if again else results.models(task, name, data)
        missing = {model: models[model] for model in models if model not in known}
        if not missing:
            continue
        start = time.perf_counter()
        figures = measure(missing, X, y, splitter(task, n_folds), TASKS[task].scores)
        results.add(task, name, data, figures)
        took = time.perf_counter() - start
        print(f"{name}, {len(X)} rows: {len(missing)} models in {took:.0f} s", flush=True)


def parser_of(description):
    """Return a parser with the options that `defaults.py` and its siblings have in common."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--task", choices=TASKS, help="default: both")
    parser.add_argument("--tables", action="store_true", help="the frames of table_sets.py")
    parser.add_argument("--sets", nargs="+", metavar="NAME", help="default: all")
    parser.add_argument("--min-rows", type=int, default=0, help="leave out smaller sets")
    parser.add_argument("--max-rows", type=int, default=2000, help="cut larger sets")
    parser.add_argument("--json", type=Path, help="where the figures are kept, and added to")
    parser.add_argument("--again", action="store_true", help="measure what is in the file anew")
    parser.add_argument("--report", action="store_true", help="only print what is in the file")
    return parser


def selection(options):
    """Return what `load_sets` is told by these options."""
    return {
        "names": options.sets,
        "min_rows": options.min_rows,
        "max_rows": options.max_rows,
        "tables": options.tables,
    }


def quiet():
    """Silence what models warn of: their default number of iterations, classes that rows lack."""
    warnings.simplefilter("ignore")
