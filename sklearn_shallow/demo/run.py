"""The demonstration: a grid search over networks, and a comparison with other models."""

import time
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.figure import Figure
from sklearn.base import clone, is_classifier
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import ConfusionMatrixDisplay, PredictionErrorDisplay, check_scoring
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.demo import DemoError
from sklearn_shallow.demo.data import check_classes, check_numbers, load, make_preprocessor

GRID = {
    "model__activation": ["logistic", "tanh", "relu", "silu", "gelu"],
    "model__hidden_layer_sizes": [10, 30, 100],
}
# MLPRegressor does not standardise the target, and fails where the target is large.
SCALED_MLP = TransformedTargetRegressor(MLPRegressor(), transformer=StandardScaler())


class Task(NamedTuple):
    """The difference between classification and regression."""

    data: str
    check: Callable[[pd.Series], pd.Series]
    network: Any
    peers: list[Any]
    scores: list[str]
    draw: Callable[..., Any]


TASKS = {
    "classification": Task(
        "digits",
        check_classes,
        ShallowNetClassifier(),
        [LogisticRegression(), MLPClassifier(), HistGradientBoostingClassifier()],
        ["accuracy", "neg_log_loss"],
        partial(ConfusionMatrixDisplay.from_predictions, xticks_rotation=90, colorbar=False),
    ),
    "regression": Task(
        "diabetes",
        check_numbers,
        ShallowNetRegressor(),
        [Ridge(), SCALED_MLP, HistGradientBoostingRegressor()],
        ["r2", "neg_root_mean_squared_error"],
        partial(PredictionErrorDisplay.from_predictions, kind="actual_vs_predicted"),
    ),
}


def run(
    task: Task, data: str | None, target: str, output: str, jobs: int, seed: int, verbose: int
) -> None:
    """Search, compare, print and draw; raise DemoError if data or output cannot be used."""
    X, y = load(data or task.data, target)
    y = task.check(y)
    save_picture(output, {})  # an empty one, to fail before the search
    strata = y if is_classifier(task.network) else None
    split = train_test_split(X, y, stratify=strata, random_state=seed)
    X_train, X_test, y_train, y_test = split
    print(f"{data or task.data}: {len(X_train)} samples to train on, {len(X_test)} to test on")

    search = GridSearchCV(make_model(task.network, seed), GRID, n_jobs=jobs or -1, verbose=verbose)
    best = search.fit(X_train, y_train).best_estimator_
    table = pd.DataFrame(search.cv_results_["params"])
    scores = table.assign(score=search.cv_results_["mean_test_score"]).pivot_table("score", *GRID)
    scores = scores.rename_axis(index="activation", columns="hidden units")
    print(f"\nMean {task.scores[0]} of five folds", scores.round(4), sep="\n")

    models = {f"{type(task.network).__name__}, best": best}
    for peer in task.peers:
        name = type(getattr(peer, "regressor", peer)).__name__
        models[name] = make_model(make_pipeline(StandardScaler(), peer), seed)
    rows = {name: measure(model, task.scores, split) for name, model in models.items()}
    print("\nTest set", pd.DataFrame(rows).T.round(4).to_string(), sep="\n")

    losses = pd.Series(best["model"].history_["data_loss"])
    panels = {
        f"Mean {task.scores[0]} of five folds": partial(
            scores.T.plot, marker="o", xticks=scores.columns
        ),
        "Training loss of the best network": partial(losses.plot, xlabel="iteration", logy=True),
        "Best network on the test set": partial(task.draw, y_test, best.predict(X_test)),
    }
    save_picture(output, panels)
    print(f"\nPicture: {output}")


def make_model(model: Any, seed: int) -> Pipeline:
    """Make a pipeline of preprocessing and model, with one random seed."""
    pipeline = clone(Pipeline([("columns", make_preprocessor()), ("model", model)]))
    names = [name for name in pipeline.get_params() if name.endswith("random_state")]
    return pipeline.set_params(**dict.fromkeys(names, seed))


def measure(model: Pipeline, scores: list[str], split: list[Any]) -> dict[str, float]:
    """Fit a model on the training set; measure the time and the scores on the test set."""
    X_train, X_test, y_train, y_test = split
    start = time.perf_counter()
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        model.fit(X_train, y_train)
    seconds = time.perf_counter() - start
    return check_scoring(model, scores)(model, X_test, y_test) | {"seconds to fit": seconds}


def save_picture(path: str, panels: Mapping[str, Callable[..., object]]) -> None:
    """Write a picture of panels, each with a title and a function that draws into `ax`."""
    figure = Figure(figsize=(16, 5), layout="tight")  # needs no display, unlike pyplot's
    for position, (title, draw) in enumerate(panels.items(), start=1):
        axes = figure.add_subplot(1, len(panels), position, title=title)
        draw(ax=axes)
    try:
        figure.savefig(path, format=Path(path).suffix[1:] or "png")
    except (OSError, ValueError) as error:
        raise DemoError(f"{error}; set --output to a picture such as demo.png.") from None
