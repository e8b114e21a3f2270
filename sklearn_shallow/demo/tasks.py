"""What classification and regression do not share in the demonstration, one object for each."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    accuracy_score,
    log_loss,
    make_scorer,
    mean_absolute_error,
    r2_score,
    root_mean_squared_error,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.demo.data import Dataset, DemoError
from sklearn_shallow.demo.picture import draw_confusion, draw_scatter

ACTIVATIONS = ["logistic", "tanh", "relu", "silu", "gelu"]

# Of eight rows a stratified split keeps at least five to train on, one for each of five folds.
MIN_ROWS_PER_CLASS = 8

# Of fourteen rows a split keeps ten to train on, two for each of five folds: R2 needs two.
MIN_ROWS = 14


class Figure(NamedTuple):
    """A column of the comparison: `score` is called with a fitted model, X and y."""

    name: str
    score: Callable[[Any, np.ndarray, np.ndarray], float]
    format: str


@dataclass(frozen=True)
class Task:
    """A kind of problem.

    Attributes
    ----------
    default_data : str
        The bundled set to take where the user names no data.
    checked : callable
        Makes of data as loaded such with a target of the right kind, or raises DemoError.
    describe : callable
        Tells in a few words what a target looks like.
    stratified : bool
        Whether the target has classes to be dealt evenly to training and test rows.
    net : estimator
        The net, but for what `grid` searches and the seed.
    grid : dict
        Lists of the net's parameters.
    peers : callable
        Makes, of the net's hidden_layer_sizes and a seed, models to compare with, by their names.
    peer_settings : str
        What about the peers is not scikit-learn's default.
    figures : tuple of Figure
        What to compare; the first is what the search maximises.
    draw_test : callable
        Draws targets, `observed` and `predicted`, into axes.
    """

    default_data: str
    checked: Callable[[Dataset], Dataset]
    describe: Callable[[np.ndarray], str]
    stratified: bool
    net: BaseEstimator
    grid: dict[str, list]
    peers: Callable[[tuple[int, ...], int], dict[str, BaseEstimator]]
    peer_settings: str
    figures: tuple[Figure, ...]
    draw_test: Callable[..., None]


def _with_classes(data: Dataset) -> Dataset:
    classes, counts = np.unique(data.y, return_counts=True)
    if len(classes) < 2:
        raise DemoError(f"All rows have the class {str(classes[0])!r}; a classifier needs two.")
    rare = int(counts.argmin())
    if counts[rare] < MIN_ROWS_PER_CLASS:
        numeric = all(map(_is_number, classes))
        way_out = "; if the target is a quantity, say --task regression" if numeric else ""
        raise DemoError(
            f"The class {str(classes[rare])!r} has {counts[rare]} of the {MIN_ROWS_PER_CLASS} rows "
            "that a test set and five folds need; drop it, merge it or bring more rows"
            f"{way_out}."
        )
    return data


def _with_numbers(data: Dataset) -> Dataset:
    for value in data.y:
        if not _is_number(value):
            raise DemoError(
                f"The target holds {str(value)!r}, and regression needs finite numbers; mend such "
                "cells, or if the target is a class, say --task classification."
            )
    if len(data.y) < MIN_ROWS:
        raise DemoError(
            f"{data.name!r} has {len(data.y)} of the {MIN_ROWS} rows with a target that a test set "
            "and five folds need; bring more rows."
        )
    y = data.y.astype(float)
    if np.ptp(y) == 0:
        raise DemoError(f"All rows have the target {y[0]:g}; a regressor needs it to vary.")
    return replace(data, y=y)


def _is_number(value: Any) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


def _classifiers(width: tuple[int, ...], seed: int) -> dict[str, BaseEstimator]:
    return {
        "LogisticRegression": LogisticRegression(max_iter=1000),
        "MLPClassifier": MLPClassifier(width, max_iter=1000, random_state=seed),
        "HistGradientBoostingClassifier": HistGradientBoostingClassifier(random_state=seed),
    }


def _regressors(width: tuple[int, ...], seed: int) -> dict[str, BaseEstimator]:
    mlp = MLPRegressor(hidden_layer_sizes=width, max_iter=1000, random_state=seed)
    return {
        "Ridge": Ridge(),
        # It does not scale the target, and far from zero does not arrive at it.
        "MLPRegressor": TransformedTargetRegressor(mlp, transformer=StandardScaler()),
        "HistGradientBoostingRegressor": HistGradientBoostingRegressor(random_state=seed),
    }


CLASSIFICATION = Task(
    default_data="digits",
    checked=_with_classes,
    describe=lambda y: f"classes {len(np.unique(y))}",
    stratified=True,
    # The pipeline standardises the numbers; indicators of a category stay 0 and 1.
    net=ShallowNetClassifier(solver="lbfgs", standardize=False),
    grid={"activation": ACTIVATIONS, "hidden_layer_sizes": [(16,), (32,), (64,)]},
    peers=_classifiers,
    peer_settings="max_iter=1000 for the first two and the net's width for MLPClassifier",
    figures=(
        Figure("accuracy", make_scorer(accuracy_score), ".4f"),
        Figure("log-loss", make_scorer(log_loss, response_method="predict_proba"), ".4f"),
    ),
    draw_test=draw_confusion,
)

REGRESSION = Task(
    default_data="diabetes",
    checked=_with_numbers,
    describe=lambda y: f"target from {y.min():g} to {y.max():g}",
    stratified=False,
    # It standardises the target too, which the pipeline does not reach.
    net=ShallowNetRegressor(solver="lbfgs", standardize=True),
    grid={
        "activation": ACTIVATIONS,
        "hidden_layer_sizes": [(4,), (16,), (64,)],
        "alpha": [0.1, 1.0, 10.0],
    },
    peers=_regressors,
    peer_settings="for MLPRegressor max_iter=1000, the net's width and a standardised target",
    figures=(
        Figure("R2", make_scorer(r2_score), ".4f"),
        Figure("RMSE", make_scorer(root_mean_squared_error), ".4g"),
        Figure("MAE", make_scorer(mean_absolute_error), ".4g"),
    ),
    draw_test=draw_scatter,
)

TASKS = {"classification": CLASSIFICATION, "regression": REGRESSION}
