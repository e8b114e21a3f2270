"""The demonstration: a grid search over shallow nets, and the best of them beside its peers."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple, TextIO

import numpy as np
import sklearn
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss
from sklearn.model_selection import GridSearchCV, ParameterGrid, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from threadpoolctl import threadpool_info

from sklearn_shallow._classifier import ShallowNetClassifier
from sklearn_shallow._demo_data import Dataset, DemoError, load, preprocessor
from sklearn_shallow._demo_picture import save_picture
from sklearn_shallow._version import __version__

GRID: dict[str, list] = {
    "net__activation": ["logistic", "tanh", "relu", "silu", "gelu"],
    "net__hidden_layer_sizes": [(16,), (32,), (64,)],
}
N_FOLDS = 5
N_ROUNDS = 3


class Split(NamedTuple):
    """Rows to train on and rows to test on."""

    X_train: np.ndarray
    X_test: np.ndarray
    y_train: np.ndarray
    y_test: np.ndarray


class Measured(NamedTuple):
    """What one model does on the test rows, and how long it takes to fit."""

    model: str
    accuracy: float
    log_loss: float
    seconds: float


class GridSearch(GridSearchCV):
    """GridSearchCV that tells after each candidate how far it has come; the results are equal."""

    def _run_search(self, evaluate_candidates: Callable) -> None:
        candidates = list(ParameterGrid(self.param_grid))
        progress = Progress(len(candidates), sys.stderr)
        for candidate in candidates:
            results = evaluate_candidates([candidate])
            progress.step(f"best accuracy {np.max(results['mean_test_score']):.4f}")


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


def run(source: str, target: str | None, output: str, jobs: int, seed: int) -> None:
    """Search, compare, print and draw.

    Raises
    ------
    DemoError
        If the data or the place of the picture are not usable.
    """
    if not Path(output).parent.is_dir():
        raise DemoError(f"There is no directory {str(Path(output).parent)!r} for --output.")
    data = load(source, target)
    split = split_rows(data, seed)
    print(_describe_settings(jobs), _describe_data(data, split, seed), sep="\n", flush=True)

    with warnings.catch_warnings():
        # Every candidate gets the same number of iterations, enough or not: its accuracy tells.
        # scikit-learn hands the filter on to the worker processes.
        warnings.simplefilter("ignore", ConvergenceWarning)
        start = time.perf_counter()
        search = make_search(data, jobs, seed).fit(split.X_train, split.y_train)
        print(_describe_search(search, time.perf_counter() - start), flush=True)
        rows = compare(make_models(data, search.best_estimator_, seed), split)
    print(_describe_comparison(rows, len(split.y_test)))
    print(_draw(output, search.best_estimator_, data, split))


def split_rows(data: Dataset, seed: int) -> Split:
    """Set a quarter of each class aside to test on."""
    return Split(
        *train_test_split(data.X, data.y, test_size=0.25, stratify=data.y, random_state=seed)
    )


def make_search(data: Dataset, jobs: int, seed: int) -> GridSearch:
    """Make the search over activations and widths."""
    # The pipeline standardises the numbers; indicators of a category stay 0 and 1.
    net = ShallowNetClassifier(solver="lbfgs", standardize=False, random_state=seed)
    pipeline = Pipeline([("preprocessor", preprocessor(data)), ("net", net)])
    return GridSearch(pipeline, GRID, cv=N_FOLDS, n_jobs=jobs, error_score="raise")


def make_models(data: Dataset, best: Pipeline, seed: int) -> dict[str, Pipeline]:
    """Make the models to compare: the best net and, with their own defaults, its peers."""
    width = best["net"].hidden_layer_sizes
    return {
        "ShallowNetClassifier": clone(best),
        "LogisticRegression": make_pipeline(preprocessor(data), LogisticRegression(max_iter=1000)),
        "MLPClassifier": make_pipeline(
            preprocessor(data), MLPClassifier(width, max_iter=1000, random_state=seed)
        ),
        # Trees do not care for the scale of their inputs.
        "HistGradientBoostingClassifier": make_pipeline(
            preprocessor(data, scale=False), HistGradientBoostingClassifier(random_state=seed)
        ),
    }


def compare(models: dict[str, Pipeline], split: Split) -> list[Measured]:
    """Fit the models in turns, so that a busy moment of the machine does not hit one alone."""
    seconds: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(N_ROUNDS):
        for name, model in models.items():
            start = time.perf_counter()
            model.fit(split.X_train, split.y_train)
            seconds[name].append(time.perf_counter() - start)
    return [_measure(name, model, split, median(seconds[name])) for name, model in models.items()]


def _measure(name: str, model: Pipeline, split: Split, seconds: float) -> Measured:
    accuracy = accuracy_score(split.y_test, model.predict(split.X_test))
    loss = log_loss(split.y_test, model.predict_proba(split.X_test), labels=model.classes_)
    return Measured(name, accuracy, loss, seconds)


def _describe_settings(jobs: int) -> str:
    threads = {library["user_api"]: library["num_threads"] for library in threadpool_info()}
    counts = ", ".join(f"{api} threads {count}" for api, count in sorted(threads.items()))
    return (
        f"sklearn_shallow {__version__}, numpy {np.__version__}, "
        f"scikit-learn {sklearn.__version__}; jobs {jobs}, {counts}"
    )


def _describe_data(data: Dataset, split: Split, seed: int) -> str:
    n_classes = len(np.unique(data.y))
    lines = [
        f"{data.name}: numeric features {len(data.numeric)}, text features {len(data.text)}, "
        f"classes {n_classes}",
        *data.notes,
        f"rows to train on {len(split.y_train)}, to test on {len(split.y_test)}, seed {seed}",
    ]
    return "\n".join(lines)


def _describe_search(search: GridSearch, seconds: float) -> str:
    results = search.cv_results_
    n_candidates, n_folds = len(results["params"]), search.n_splits_
    lines = [
        "",
        f"{n_candidates} candidates x {n_folds} folds = {n_candidates * n_folds} fits, "
        f"and the best again on all training rows: {seconds:.1f} s",
        f"{'rank':>4}  {'activation':<12}{'width':>5}{'CV accuracy':>20}{'fit [s]':>11}",
    ]
    for i in np.argsort(results["rank_test_score"], kind="stable"):
        params = results["params"][i]
        lines.append(
            f"{results['rank_test_score'][i]:>4}  {params['net__activation']:<12}"
            f"{params['net__hidden_layer_sizes'][0]:>5}"
            f"{results['mean_test_score'][i]:>10.4f} +- {results['std_test_score'][i]:.4f}"
            f"{results['mean_fit_time'][i]:>11.3f}"
        )
    return "\n".join(lines)


def _describe_comparison(rows: list[Measured], n_test: int) -> str:
    lines = [
        "",
        f"On the {n_test} test rows; fit is the median of {N_ROUNDS}, in this process, in turns.",
        "The net (solver='lbfgs') is the search's best; the peers are not tuned: scikit-learn's",
        "defaults, but max_iter=1000 for the first two and the net's width for MLPClassifier.",
        f"{'model':<32}{'accuracy':>9}{'log-loss':>10}{'fit [s]':>9}",
    ]
    for row in rows:
        lines.append(f"{row.model:<32}{row.accuracy:>9.4f}{row.log_loss:>10.4f}{row.seconds:>9.3f}")
    return "\n".join(lines)


def _draw(output: str, best: Pipeline, data: Dataset, split: Split) -> str:
    """Write the picture; return the line that says so, or how to get it."""
    confusion = confusion_matrix(split.y_test, best.predict(split.X_test), labels=best.classes_)
    prefixed = best["preprocessor"].get_feature_names_out(data.feature_names)
    names = [name.partition("__")[2] for name in prefixed]
    try:
        save_picture(output, best["net"], confusion, names, data.image_shape)
    except ImportError:
        return '\nNo picture: it needs matplotlib, pip install "sklearn_shallow[plot]".'
    except OSError as error:
        raise DemoError(f"Cannot write the picture {output!r}: {error.strerror}.") from None
    except ValueError as error:
        raise DemoError(f"Cannot write the picture {output!r}: {error}.") from None
    return f"\nPicture: {output}"
