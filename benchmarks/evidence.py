"""The decay that ``alpha="evidence"`` finds, beside the best of a grid by cross-validation.

    python benchmarks/evidence.py [--max-rows 700] [--activation relu] [--json file]

On every set of `data_sets.py`, cut to that many rows, seven rows of ten train and the rest tests.
The grid is nine values from 0.01 to 100, five folds, `GridSearchCV`. Both train the same network of
100 units with L-BFGS to the end. One thread, the two in turns. Prints the held-out log-loss or RMSE
of both, the ratio, the same with MacKay's noise, and how many times longer the grid took.
"""

import argparse
import json
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from data_sets import classification_sets, enough_of_each, regression_sets
from defaults_measure import held_out_loss, seconds_of_fit
from scipy.stats import gmean
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, train_test_split
from threadpoolctl import threadpool_limits

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.evidence import fixed_point
from sklearn_shallow.evidence.influence import dispersion

GRID = np.logspace(-2, 2, 9)
SETTINGS = {"solver": "lbfgs", "max_iter": 500, "random_state": 0}
CATASTROPHE = 1.5
MIN_ROWS_PER_CLASS = 10  # for five folds of seven in ten of them
MACKAY = "loss with MacKay's noise"


@contextmanager
def mackays_noise():
    """Let the noise be MacKay's: 1 for labels, the unbiased variance of the residuals."""

    def noise_of(objective, theta, free):
        return 1.0 if objective.loss.is_likelihood else dispersion(objective, theta) / free

    ours, fixed_point.noise_of = fixed_point.noise_of, noise_of
    try:
        yield
    finally:
        fixed_point.noise_of = ours


def compare(net, X, y, folds, scoring):
    """Return what the grid and the evidence reach on the same held-out rows."""
    strata = y if isinstance(net, ShallowNetClassifier) else None
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, train_size=0.7, random_state=0, stratify=strata
    )
    grid = GridSearchCV(net, {"alpha": GRID.tolist()}, scoring=scoring, cv=folds)
    grid_seconds = seconds_of_fit(grid, X_train, y_train)
    evidence = clone(net).set_params(alpha="evidence")
    seconds = seconds_of_fit(evidence, X_train, y_train)
    with mackays_noise():
        mackay = clone(evidence).fit(X_train, y_train)
    every = [clone(net).set_params(alpha=alpha).fit(X_train, y_train) for alpha in GRID]
    return {
        "n_rows": len(y_train),
        "grid alpha": grid.best_params_["alpha"],
        "alpha": evidence.alpha_,
        "effective": evidence.n_effective_params_,
        "grid loss": held_out_loss(grid.best_estimator_, X_test, y_test),
        "loss": held_out_loss(evidence, X_test, y_test),
        MACKAY: held_out_loss(mackay, X_test, y_test),
        "hindsight": min(held_out_loss(net, X_test, y_test) for net in every),
        "times faster": grid_seconds / seconds,
    }


def summary(results):
    """Return the figures over all sets, a line each."""

    def ratios(key):
        return np.array([r[key] / r["grid loss"] for r in results.values()])

    ratio = ratios("loss")
    means = {key: np.mean([r[key] for r in results.values()]) for key in ("loss", "grid loss")}
    return [
        f"{len(results)} sets",
        f"geometric mean of the ratios to the grid: {gmean(ratio):.3f}; with MacKay's noise "
        f"{gmean(ratios(MACKAY)):.3f}; with hindsight {gmean(ratios('hindsight')):.3f}",
        f"ratio of the mean losses: {means['loss'] / means['grid loss']:.3f}",
        f"above {CATASTROPHE}: {np.count_nonzero(ratio > CATASTROPHE)}; with MacKay's noise "
        f"{np.count_nonzero(ratios(MACKAY) > CATASTROPHE)}",
        f"worst: {ratio.max():.2f} ({list(results)[int(ratio.argmax())]})",
        f"times faster, geometric mean: {gmean([r['times faster'] for r in results.values()]):.0f}",
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--max-rows", type=int, default=700)
    parser.add_argument("--activation", default="relu")
    parser.add_argument("--json", type=Path, help="where to keep all figures")
    arguments = parser.parse_args()
    kept = {}
    for estimator, sets, folds, scoring in (
        (ShallowNetClassifier, classification_sets, StratifiedKFold, "neg_log_loss"),
        (ShallowNetRegressor, regression_sets, KFold, "neg_root_mean_squared_error"),
    ):
        net = estimator(activation=arguments.activation, **SETTINGS)
        splitter = folds(5, shuffle=True, random_state=0)
        results = kept[estimator.__name__] = {}
        print(
            "\n| data | rows | grid's alpha | alpha | grid | evidence | ratio | MacKay | faster |"
        )
        print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
        for name, load in sets(arguments.max_rows).items():
            X, y = load()
            if estimator is ShallowNetClassifier:
                X, y = enough_of_each(X, y, MIN_ROWS_PER_CLASS)
                if y.max() == 0:
                    continue
            results[name] = r = compare(net, X, y, splitter, scoring)
            print(
                f"| {name} | {r['n_rows']} | {r['grid alpha']:.2g} | {r['alpha']:.2g} "
                f"| {r['grid loss']:.4g} | {r['loss']:.4g} | {r['loss'] / r['grid loss']:.2f} "
                f"| {r[MACKAY] / r['grid loss']:.2f} | {r['times faster']:.0f} |",
                flush=True,
            )
        print("", *summary(results), sep="\n")
        if arguments.json:
            arguments.json.write_text(json.dumps(kept, indent=1))


if __name__ == "__main__":
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        main()
