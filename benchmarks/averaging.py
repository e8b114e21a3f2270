"""What five averaged networks are better at than one.

    python benchmarks/averaging.py [--training adam lbfgs evidence] [--max-rows 500]

Five shuffled folds, stratified for labels; scores of the predictions of all folds together. All is
at its default but for the solver and a decay of 1, or with "evidence" that of the evidence. The
five stand beside the first of them, which is what ``n_estimators=1`` gives, and beside the mean
score of the five one by one, which is what to expect of a network: that the first is better on a
set may be its luck. (Of log-loss, Brier score and R2 the latter is no question: they are convex.)
Prints a line per data set, and a table: means over the sets, of 1 - R2, which has no upper bound,
medians.
"""

import argparse
import time
import warnings

import numpy as np
import sklearn
from calibration import brier, calibration_error
from data_sets import classification_sets, regression_sets
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss, r2_score
from sklearn.model_selection import KFold, StratifiedKFold
from threadpoolctl import threadpool_limits

import sklearn_shallow
from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor

N_NETWORKS = 5
TRAININGS = {
    "adam": {"solver": "adam", "alpha": 1.0, "learning_rate": "constant"},
    "lbfgs": {"solver": "lbfgs", "alpha": 1.0},
    "evidence": {"solver": "lbfgs", "alpha": "evidence", "max_iter": 500},
}


def error_rate(y, probability):
    return float((probability.argmax(axis=1) != y).mean())


def unexplained(y, predicted):
    """Return 1 - R2."""
    return 1 - r2_score(y, predicted)


# Of each score less is better.
CLASSIFICATION = {
    "log-loss": lambda y, p: log_loss(y, p, labels=np.arange(p.shape[1])),
    "Brier score": brier,
    "calibration error": calibration_error,
    "1 - accuracy": error_rate,
}
REGRESSION = {"1 - R2": unexplained}


def predictions(net, X, y, folds, method):
    """Return what every network and at last all of them together predict for the rows."""
    found = None
    for train, test in folds.split(X, y):
        net.fit(X[train], y[train])
        parts = [getattr(one, method)(X[test]) for one in (*net.estimators_, net)]
        if found is None:
            found = np.empty((len(parts), len(X), *parts[0].shape[1:]))
        found[:, test] = parts
    return found


def measure(sets, net, folds, method, scores):
    """Print a line per set; return the scores of the first, of a mean, and of all together.

    The array is of shape (n_sets, n_scores, 3).
    """
    table = []
    for name, load in sets.items():
        X, y = load()
        found = predictions(net, X, y, folds, method)
        entries = []
        for score in scores.values():
            *singles, together = [score(y, one) for one in found]
            entries.append((singles[0], np.mean(singles), together))
        table.append(entries)
        told = (
            f"{score} {a:.4f} {b:.4f} {c:.4f}"
            for score, (a, b, c) in zip(scores, entries, strict=True)
        )
        print(f"{name}: {'; '.join(told)}", flush=True)
    return np.array(table)


def print_table(training, table, scores):
    for score, columns in zip(scores, np.moveaxis(table, 0, 2), strict=True):
        first, mean, together = columns
        typical = np.median if score == "1 - R2" else np.mean
        figures = " | ".join(f"{typical(column):.4f}" for column in columns)
        shares = " | ".join(f"{np.mean(together < single):.0%}" for single in (first, mean))
        worst = np.max(together - mean)
        print(f"| {training} | {score} | {len(first)} | {figures} | {shares} | {worst:.4f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--training", nargs="+", choices=TRAININGS, default=list(TRAININGS))
    parser.add_argument("--max-rows", type=int, default=500)
    options = parser.parse_args()
    versions = f"sklearn_shallow {sklearn_shallow.__version__}, scikit-learn {sklearn.__version__}"
    print(f"{versions}, NumPy {np.__version__}\n")
    start, tables = time.perf_counter(), []
    for training in options.training:
        settings = {**TRAININGS[training], "n_estimators": N_NETWORKS, "random_state": 0}
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        sets = classification_sets(options.max_rows)
        table = measure(
            sets, ShallowNetClassifier(**settings), folds, "predict_proba", CLASSIFICATION
        )
        tables.append((training, table, CLASSIFICATION))
        folds = KFold(5, shuffle=True, random_state=0)
        sets = regression_sets(options.max_rows)
        table = measure(sets, ShallowNetRegressor(**settings), folds, "predict", REGRESSION)
        tables.append((training, table, REGRESSION))
    print(
        "\n| training | score | sets | first | one on average | five | better than first | "
        "than one on average | at worst more by |\n|---|---|--:|--:|--:|--:|--:|--:|--:|"
    )
    for entry in tables:
        print_table(*entry)
    print(f"\n{time.perf_counter() - start:.0f} seconds")


if __name__ == "__main__":
    for noise in (ConvergenceWarning, UserWarning):  # the rarest class has few rows
        warnings.simplefilter("ignore", noise)
    with threadpool_limits(1):
        main()
