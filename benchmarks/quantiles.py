"""Coverage of prediction intervals from quantiles, with nothing else set.

    python benchmarks/quantiles.py [--max-rows 500] [--sets diabetes sine] [--columns] [--path]

``loss="quantile", quantile=[0.05, 0.5, 0.95]`` on the regressions of `data_sets.py` and Friedman 1
with much noise, three folds, one thread: the part of the new rows between the outer quantiles, and
D2, the part of the pinball loss of the constant quantiles that is explained (the mean over the
three). Beside it gradient boosting, a model per quantile at its defaults; and the mean absolute
error of ``loss="absolute_error"`` relative to that of the default loss. Prints the table of the
README.md. With ``--columns`` the sets are columns of tables with labels, to be predicted from the
others; with ``--path`` a network whose decay is the best of six on a fifth of the rows is another
model.
"""

import argparse
import warnings

import numpy as np
from data_sets import KEEL_COLUMNS, classification_sets
from defaults_measure import all_regression_sets, seconds_of_fit
from scipy.stats import gmean
from sklearn.datasets import make_friedman1
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import d2_pinball_score, mean_absolute_error
from sklearn.model_selection import KFold, ShuffleSplit
from threadpoolctl import threadpool_limits

from sklearn_shallow import ShallowNetRegressor, ShallowNetRegressorCV

LEVELS = [0.05, 0.5, 0.95]
ALPHAS = [100, 30, 10, 3, 1, 0.3]
FOLDS = KFold(3, shuffle=True, random_state=0)
SOLVERS = {"ours": "auto", "ours, lbfgs": "lbfgs"}


class Boosting:
    """A model per quantile."""

    def fit(self, X, y):
        self.models = [
            GradientBoostingRegressor(loss="quantile", alpha=level, random_state=0).fit(X, y)
            for level in LEVELS
        ]
        return self

    def predict(self, X):
        return np.column_stack([model.predict(X) for model in self.models])


def column_sets(max_rows):
    """Return the column with most values of every table with labels that has one, and the others.

    Tables of which `all_sets` has a column are left out.
    """
    seen, sets = {table for table, _ in KEEL_COLUMNS.values()}, {}
    for name, load in classification_sets(max_rows).items():
        X = load()[0]
        n_values = [len(np.unique(x)) for x in X.T]
        large = X.shape[0] >= 150 and X.shape[1] >= 4 and max(n_values) >= 100
        if large and name not in seen:
            target = int(np.argmax(n_values))
            data = np.delete(X, target, axis=1), X[:, target]
            sets[f"{name} column {target}"] = lambda data=data: data
    return sets


def all_sets(max_rows):
    noisy = {"Friedman 1, noise 3": lambda: make_friedman1(500, noise=3, random_state=0)}
    return all_regression_sets(max_rows) | noisy


def models(path):
    networks = {
        name: ShallowNetRegressor(loss="quantile", quantile=LEVELS, solver=solver, random_state=0)
        for name, solver in SOLVERS.items()
    }
    if path:
        held_out = ShuffleSplit(1, test_size=0.2, random_state=0)
        networks["path"] = ShallowNetRegressorCV(networks["ours"], alphas=ALPHAS, cv=held_out)
    return {**networks, "boosting": Boosting()}


def measure(X, y, path):
    """Return per model the coverage, D2 and seconds, and per solver the ratio of the errors."""
    rows = {name: [] for name in models(path)}
    errors = {name: [] for name in SOLVERS}
    for train, test in FOLDS.split(X):
        for name, model in models(path).items():
            seconds = seconds_of_fit(model, X[train], y[train])
            predicted = model.predict(X[test])
            inside = (predicted[:, 0] <= y[test]) & (y[test] <= predicted[:, 2])
            explained = [
                d2_pinball_score(y[test], predicted[:, k], alpha=level)
                for k, level in enumerate(LEVELS)
            ]
            rows[name].append((inside.mean(), np.mean(explained), seconds))
        for name, solver in SOLVERS.items():
            errors[name].append(
                [
                    error_of(loss, solver, X, y, train, test)
                    for loss in ("absolute_error", "squared_error")
                ]
            )
    ratios = {name: np.divide(*np.mean(pairs, axis=0)) for name, pairs in errors.items()}
    return {name: np.mean(row, axis=0) for name, row in rows.items()}, ratios


def error_of(loss, solver, X, y, train, test):
    net = ShallowNetRegressor(loss=loss, solver=solver, random_state=0).fit(X[train], y[train])
    return mean_absolute_error(y[test], net.predict(X[test]))


def report(name, figures, ratios):
    coverage = " | ".join(f"{figures[model][0]:.2f}" for model in figures)
    explained = " | ".join(f"{figures[model][1]:.2f}" for model in figures)
    errors = " | ".join(f"{ratio:.2f}" for ratio in ratios.values())
    print(f"| {name} | {coverage} | {explained} | {errors} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--max-rows", type=int, default=500)
    parser.add_argument("--sets", nargs="+", metavar="NAME")
    parser.add_argument("--columns", action="store_true")
    parser.add_argument("--path", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    names = list(models(options.path))
    sets = (column_sets if options.columns else all_sets)(options.max_rows)
    header = [f"{what} {name}" for what in ("coverage", "D2") for name in names]
    header += [f"error {name}" for name in SOLVERS]
    print(f"| set | {' | '.join(header)} |\n|---|{'--:|' * len(header)}")
    measured = []
    with threadpool_limits(1):
        for name, load in sets.items():
            if not options.sets or name in options.sets:
                measured.append(measure(*load(), options.path))
                report(name, *measured[-1])
    figures = {name: np.array([figures[name] for figures, _ in measured]) for name in names}
    mean = {name: table.mean(axis=0) for name, table in figures.items()}
    report(
        "mean", mean, {name: gmean([ratios[name] for _, ratios in measured]) for name in SOLVERS}
    )
    least = {name: table.min(axis=0) for name, table in figures.items()}
    report("least", least, {name: min(r[name] for _, r in measured) for name in SOLVERS})
    print({name: round(float(table[:, 2].sum()), 2) for name, table in figures.items()}, "seconds")


if __name__ == "__main__":
    main()
