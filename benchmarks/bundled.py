"""Our estimators beside scikit-learn's, on its bundled data sets and formulas.

    python benchmarks/bundled.py [--task classification | regression]

Five shuffled folds, stratified for labels; one thread; the models in turns, the median of three
rounds for the seconds. Scores are of the predictions of all folds together. Inputs are
standardised for all models but trees, and so is the target of a regression. Prints the table of
the README.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import sklearn
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_friedman1,
    make_friedman2,
    make_friedman3,
)
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.metrics import accuracy_score, log_loss, r2_score, root_mean_squared_error
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import sklearn_shallow
from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor

N_ROUNDS = 3
N_ROWS = 1000  # of the formulas


class Task(NamedTuple):
    """What is compared on what; each score is a function of y and of what `method` returns."""

    load: dict[str, Callable]  # data sets
    models: dict
    folds: KFold | StratifiedKFold
    method: str
    scores: dict[str, Callable]


def on_standardised(model):
    """Return the model behind a standardisation of X, and of y where that is a number."""
    model = make_pipeline(StandardScaler(), model)
    if sklearn.base.is_classifier(model):
        return model
    return TransformedTargetRegressor(model, transformer=StandardScaler())


def formula(make, noise):
    """Return a loader of rows of a formula, with noise of that standard deviation on y."""
    return partial(make, n_samples=N_ROWS, noise=noise, random_state=0)


def accuracy(y, probability):
    return accuracy_score(y, probability.argmax(axis=1))


CLASSIFICATION = Task(
    load={
        "iris": partial(load_iris, return_X_y=True),
        "wine": partial(load_wine, return_X_y=True),
        "breast cancer": partial(load_breast_cancer, return_X_y=True),
        "digits": partial(load_digits, return_X_y=True),
    },
    models={
        "MLPClassifier()": on_standardised(MLPClassifier(random_state=0)),
        "MLPClassifier(lbfgs)": on_standardised(MLPClassifier(solver="lbfgs", random_state=0)),
        "ShallowNetClassifier()": ShallowNetClassifier(random_state=0),
        "ShallowNetClassifier(lbfgs)": ShallowNetClassifier(solver="lbfgs", random_state=0),
    },
    folds=StratifiedKFold(5, shuffle=True, random_state=0),
    method="predict_proba",
    scores={"accuracy": accuracy, "log-loss": log_loss},
)
# The noise of the formulas is 1/5, 1/3 and 1/3 of the standard deviation of y without it.
REGRESSION = Task(
    load={
        "diabetes": partial(load_diabetes, return_X_y=True),
        "Friedman 1": formula(make_friedman1, noise=1.0),
        "Friedman 2": formula(make_friedman2, noise=125.0),
        "Friedman 3": formula(make_friedman3, noise=0.1),
    },
    models={
        "Ridge()": on_standardised(Ridge()),
        "HistGradientBoostingRegressor()": HistGradientBoostingRegressor(random_state=0),
        "MLPRegressor()": on_standardised(MLPRegressor(random_state=0)),
        "MLPRegressor(lbfgs)": on_standardised(MLPRegressor(solver="lbfgs", random_state=0)),
        "ShallowNetRegressor()": ShallowNetRegressor(random_state=0),
        "ShallowNetRegressor(lbfgs)": ShallowNetRegressor(solver="lbfgs", random_state=0),
    },
    folds=KFold(5, shuffle=True, random_state=0),
    method="predict",
    scores={"R2": r2_score, "RMSE": root_mean_squared_error},
)
TASKS = {"classification": CLASSIFICATION, "regression": REGRESSION}


def measure(task, model, X, y):
    """Return the scores and the seconds of five-fold cross-validation."""
    start = time.perf_counter()
    predicted = cross_val_predict(model, X, y, cv=task.folds, method=task.method)
    seconds = time.perf_counter() - start
    return *(score(y, predicted) for score in task.scores.values()), seconds


def print_table(task):
    heads = [*task.scores, "seconds"]
    print(f"\n| data | model | {' | '.join(heads)} |\n|---|---|{'--:|' * len(heads)}")
    for name, load in task.load.items():
        X, y = load()
        rounds = [
            {label: measure(task, model, X, y) for label, model in task.models.items()}
            for _ in range(N_ROUNDS)
        ]
        for label in task.models:
            *scores, seconds = np.median([results[label] for results in rounds], axis=0)
            cells = " | ".join(f"{score:.3f}" for score in scores)
            print(f"| {name} | {label} | {cells} | {seconds:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", choices=TASKS, help="default: both")
    chosen = parser.parse_args().task
    print(
        f"sklearn_shallow {sklearn_shallow.__version__}, scikit-learn {sklearn.__version__}, "
        f"numpy {np.__version__}, 1 thread"
    )
    for task in [TASKS[chosen]] if chosen else TASKS.values():
        print_table(task)


if __name__ == "__main__":
    with threadpool_limits(1), warnings.catch_warnings():
        # Both nets run into their default number of epochs; the figures say what that yields.
        warnings.simplefilter("ignore", ConvergenceWarning)
        main()
