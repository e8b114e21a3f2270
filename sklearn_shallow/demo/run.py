"""The demonstration: a grid search over shallow nets, and the best of them beside its peers."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, TextIO

import numpy as np
import sklearn
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, ParameterGrid, train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from threadpoolctl import threadpool_info

from sklearn_shallow import __version__
from sklearn_shallow.demo.data import Dataset, DemoError, load, preprocessor
from sklearn_shallow.demo.picture import save_picture
from sklearn_shallow.demo.tasks import Figure, Task

N_FOLDS = 5
N_ROUNDS = 3
N_SHOWN = 15


class Split(NamedTuple):
    """Rows to train on and rows to test on."""

    X_train: np.ndarray
    X_test: np.ndarray
    y_train: np.ndarray
    y_test: np.ndarray


class Measured(NamedTuple):
    """What one model does on the test rows, and how long it takes to fit."""

    model: str
    figures: list[float]
    seconds: float


class GridSearch(GridSearchCV):
    """GridSearchCV that tells after each candidate how far it has come; the results are equal."""

    def _run_search(self, evaluate_candidates: Callable) -> None:
        candidates = list(ParameterGrid(self.param_grid))
        progress = Progress(len(candidates), sys.stderr)
        for candidate in candidates:
            results = evaluate_candidates([candidate])
            progress.step(f"best score {np.max(results['mean_test_score']):.4f}")


class Progress:
    """One line that is rewritten on a terminal; elsewhere a plain line now and then."""

    def __init__(self, total: int, stream: TextIO):
        self.total = total
        self.stream = stream
        self.live = stream.isatty()
        self.done = 0
        self.start = time.perf_counter()

    def step(self, message: str) -> None:
        """Count one candidate as done and show it."""
        self.done += 1
        bar = ("#" * round(20 * self.done / self.total)).ljust(20, "-")
        seconds = time.perf_counter() - self.start
        line = f"[{bar}] {self.done}/{self.total} candidates, {seconds:.0f} s, {message}"
        last = self.done == self.total
        if self.live:
            print(f"\r{line:<79}", end="\n" if last else "", file=self.stream, flush=True)
        elif last or self.done % max(1, self.total // 5) == 0:
            print(line, file=self.stream, flush=True)


def run(
    task: Task, source: str | None, target: str | None, output: str, jobs: int, seed: int
) -> None:
    """Search, compare, print and draw.

    Raises
    ------
    DemoError
        If the data or the place of the picture are not usable.
    """
    if not Path(output).parent.is_dir():
        raise DemoError(f"There is no directory {str(Path(output).parent)!r} for --output.")
    data = task.checked(load(task.default_data if source is None else source, target))
    split = split_rows(task, data, seed)
    print(_describe_settings(jobs), _describe_data(task, data, split, seed), sep="\n", flush=True)

    with warnings.catch_warnings():
        # Every candidate gets the same number of iterations, enough or not: its score tells.
        # scikit-learn hands the filter on to the worker processes.
        warnings.simplefilter("ignore", ConvergenceWarning)
        start = time.perf_counter()
        search = make_search(task, data, jobs, seed).fit(split.X_train, split.y_train)
        print(_describe_search(task, search, time.perf_counter() - start), flush=True)
        rows = compare(make_models(task, data, search.best_estimator_, seed), task.figures, split)
    print(_describe_comparison(task, rows, len(split.y_test)))
    print(_draw(task, output, search.best_estimator_, data, split))


def split_rows(task: Task, data: Dataset, seed: int) -> Split:
    """Set a quarter of the rows, or of each class, aside to test on."""
    strata = data.y if task.stratified else None
    return Split(
        *train_test_split(data.X, data.y, test_size=0.25, stratify=strata, random_state=seed)
    )


def make_search(task: Task, data: Dataset, jobs: int, seed: int) -> GridSearch:
    """Make the search over the task's grid."""
    net = clone(task.net).set_params(random_state=seed)
    pipeline = Pipeline([("preprocessor", preprocessor(data)), ("net", net)])
    grid = {f"net__{name}": values for name, values in task.grid.items()}
    return GridSearch(pipeline, grid, cv=N_FOLDS, n_jobs=jobs, error_score="raise")


def make_models(task: Task, data: Dataset, best: Pipeline, seed: int) -> dict[str, Pipeline]:
    """Make the models to compare: the best net and its peers."""
    net = best["net"]
    peers = task.peers(net.hidden_layer_sizes, seed)
    return {type(net).__name__: clone(best)} | {
        name: make_pipeline(preprocessor(data), peer) for name, peer in peers.items()
    }


def compare(
    models: dict[str, Pipeline], figures: tuple[Figure, ...], split: Split
) -> list[Measured]:
    """Fit the models in turns, so that a busy moment of the machine does not hit one alone."""
    seconds: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(N_ROUNDS):
        for name, model in models.items():
            start = time.perf_counter()
            model.fit(split.X_train, split.y_train)
            seconds[name].append(time.perf_counter() - start)
    return [
        Measured(
            name,
            [figure.score(model, split.X_test, split.y_test) for figure in figures],
            median(seconds[name]),
        )
        for name, model in models.items()
    ]


def _describe_settings(jobs: int) -> str:
    threads = {library["user_api"]: library["num_threads"] for library in threadpool_info()}
    counts = ", ".join(f"{api} threads {count}" for api, count in sorted(threads.items()))
    return (
        f"sklearn_shallow {__version__}, numpy {np.__version__}, "
        f"scikit-learn {sklearn.__version__}; jobs {jobs}, {counts}"
    )


def _describe_data(task: Task, data: Dataset, split: Split, seed: int) -> str:
    lines = [
        f"{data.name}: numeric features {len(data.numeric)}, text features {len(data.text)}, "
        f"{task.describe(data.y)}",
        *data.notes,
        f"rows to train on {len(split.y_train)}, to test on {len(split.y_test)}, seed {seed}",
    ]
    return "\n".join(lines)


def _describe_search(task: Task, search: GridSearch, seconds: float) -> str:
    results = search.cv_results_
    n_candidates, n_folds = len(results["params"]), search.n_splits_
    lines = [
        "",
        f"{n_candidates} candidates x {n_folds} folds = {n_candidates * n_folds} fits, "
        f"and the best again on all training rows: {seconds:.1f} s",
        f"{'rank':>4}  {_columns(task.grid)}{'CV ' + task.figures[0].name:>17}{'fit [s]':>11}",
    ]
    for i in np.argsort(results["rank_test_score"], kind="stable")[:N_SHOWN]:
        values = [results["params"][i][f"net__{name}"] for name in task.grid]
        lines.append(
            f"{results['rank_test_score'][i]:>4}  {_columns(values)}"
            f"{results['mean_test_score'][i]:>7.4f} +- {results['std_test_score'][i]:.4f}"
            f"{results['mean_fit_time'][i]:>11.3f}"
        )
    if n_candidates > N_SHOWN:
        lines.append(f"{'':>6}and {n_candidates - N_SHOWN} more")
    return "\n".join(lines)


def _columns(cells: Iterable[Any]) -> str:
    return "".join(f"{cell!s:<20}" for cell in cells)


def _describe_comparison(task: Task, rows: list[Measured], n_test: int) -> str:
    heads = "".join(f"{figure.name:>10}" for figure in task.figures)
    lines = [
        "",
        f"On the {n_test} test rows; fit is the median of {N_ROUNDS}, in this process, in turns.",
        "The net (solver='lbfgs') is the search's best; the peers are not tuned: scikit-learn's",
        f"defaults, but {task.peer_settings}.",
        f"{'model':<32}{heads}{'fit [s]':>9}",
    ]
    for row in rows:
        pairs = zip(row.figures, task.figures, strict=True)
        cells = "".join(f"{value:>10{figure.format}}" for value, figure in pairs)
        lines.append(f"{row.model:<32}{cells}{row.seconds:>9.3f}")
    return "\n".join(lines)


def _draw(task: Task, output: str, best: Pipeline, data: Dataset, split: Split) -> str:
    """Write the picture; return the line that says so, or how to get it."""
    predicted = best.predict(split.X_test)
    draw_test = partial(task.draw_test, observed=split.y_test, predicted=predicted)
    prefixed = best["preprocessor"].get_feature_names_out(data.feature_names)
    names = [name.partition("__")[2] for name in prefixed]
    try:
        save_picture(output, best["net"], draw_test, names, data.image_shape)
    except ImportError:
        return '\nNo picture: it needs matplotlib, pip install "sklearn_shallow[plot]".'
    except OSError as error:
        raise DemoError(f"Cannot write the picture {output!r}: {error.strerror}.") from None
    except ValueError as error:
        raise DemoError(f"Cannot write the picture {output!r}: {error}.") from None
    return f"\nPicture: {output}"
