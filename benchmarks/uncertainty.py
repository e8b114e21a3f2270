"""How honest posterior="laplace" is: coverage of intervals, and probabilities, on held-out rows.

    python benchmarks/uncertainty.py [--task regression] [--sets diabetes sine] [--rows 1000]

Five-fold cross-validation. For the intervals `alpha` is chosen in every training part, by the
evidence or, out of 0.1, 1, 10 and 100, by three-fold cross-validation of R2 without the posterior.
The probabilities are those of two values of `alpha`, neither chosen, and of the evidence. One
thread. Prints the tables of the README.md;
what the sets need stands there too.
"""

import argparse
import warnings

import numpy as np
import sklearn
from data_sets import classification_sets, regression_sets
from defaults_measure import brier
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
from threadpoolctl import threadpool_limits

import sklearn_shallow
from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor

ALPHAS = [0.1, 1.0, 10.0, 100.0]
WITHIN = 1.645  # standard deviations to either side of the mean hold 90 % of a normal distribution
N_BINS = 10  # of the confidence
REGRESSION_SETS = (
    "diabetes",
    "Auto",
    "Boston",
    "Carseats",
    "College",
    "Hitters",
    "Friedman 1",
    "Friedman 2",
    "Friedman 3",
    "sine",
    "sinc",
    "Ishigami",
    "gaussians",
    "noise",
)
CLASSIFICATION_SETS = (
    "breast cancer",
    "digits",
    "iris",
    "wine",
    "heart",
    "pima",
    "sonar",
    "vehicle",
    "xor",
    "random labels",
)
SMALL = {"activation": "tanh", "solver": "lm", "random_state": 0}
STEADY = {"solver": "adam", "learning_rate": "constant", "random_state": 0}
EVIDENCE = {"solver": "lbfgs", "alpha": "evidence", "max_iter": 500, "random_state": 0}
REGRESSORS = {
    "8 tanh, lm": ShallowNetRegressor(8, **SMALL),
    "default": ShallowNetRegressor(**STEADY),
    "evidence": ShallowNetRegressor(**EVIDENCE),
}
CLASSIFIERS = {
    f"{label}, alpha={alpha:g}": clone(net).set_params(alpha=alpha)
    for label, net in {
        "4 tanh, lm": ShallowNetClassifier(4, **SMALL),
        "default": ShallowNetClassifier(**STEADY),
    }.items()
    for alpha in (0.1, 1.0)
} | {"evidence": ShallowNetClassifier(**EVIDENCE)}


def with_alpha(net, X, y):
    """Return the net with the `alpha` that cross-validation prefers, unless it finds its own."""
    if net.alpha == "evidence":
        return clone(net)
    search = GridSearchCV(net, {"alpha": ALPHAS}, cv=3, refit=False).fit(X, y)
    return clone(net).set_params(**search.best_params_)


def regression(net, X, y):
    """Return the row of the table: R2, coverage, that by the noise alone, relative width, alpha."""
    columns, alphas = [], []
    for train, test in KFold(5, shuffle=True, random_state=0).split(X):
        best = with_alpha(net, X[train], y[train]).set_params(posterior="laplace")
        mean, std = best.fit(X[train], y[train]).predict(X[test], return_std=True)
        noise = np.full(len(test), np.sqrt(best.noise_variance_))
        columns.append([y[test] - mean, std, noise])
        alphas.append(best.alpha_)
    error, std, noise = np.hstack(columns)
    covered, by_noise = (100 * np.mean(np.abs(error) < WITHIN * s) for s in (std, noise))
    r2 = 1 - np.mean(error**2) / np.var(y)
    ratio = np.sqrt(np.mean(std**2) / np.mean(error**2))
    return (
        f"{r2:.3f} | {covered:.1f} | {by_noise:.1f} | {ratio:.2f} | {np.median(alphas):.2g}",
        covered,
    )


def classification(net, X, y):
    """Return the row of the table: the three scores without and with the posterior."""
    probability = np.zeros((2, len(y), y.max() + 1))
    for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(X, y):
        for k, posterior in enumerate([None, "laplace"]):
            net = clone(net).set_params(posterior=posterior).fit(X[train], y[train])
            probability[k][test] = net.predict_proba(X[test])
    scores = [[score(y, p) for p in probability] for score in (log_loss, brier, calibration_error)]
    return " | ".join(f"{plain:.3f} | {moderated:.3f}" for plain, moderated in scores)


def calibration_error(y, probability):
    """Return the expected calibration error of the most probable class (Naeini, Cooper &
    Hauskrecht 2015), in bins of equal width."""
    confidence, right = probability.max(axis=1), probability.argmax(axis=1) == y
    bins = np.minimum((confidence * N_BINS).astype(int), N_BINS - 1)
    return float(np.abs(np.bincount(bins, right - confidence)).sum() / len(y))


def log_loss(y, probability):
    return -np.mean(np.log(probability[np.arange(len(y)), y]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", choices=["regression", "classification"])
    parser.add_argument("--sets", nargs="+", default=None)
    parser.add_argument("--rows", type=int, default=1000, help="most rows of a set")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(f"sklearn_shallow {sklearn_shallow.__version__}, scikit-learn {sklearn.__version__}")
    with threadpool_limits(1):
        if options.task != "classification":
            print_regression(options.sets or REGRESSION_SETS, options.rows)
        if options.task != "regression":
            print_classification(options.sets or CLASSIFICATION_SETS, options.rows)


def print_regression(names, max_rows):
    sets = regression_sets(max_rows)
    print("\n| data | net | R2 | coverage | noise alone | std / RMSE | alpha |")
    print("|---|---|" + "--:|" * 5)
    covered = {label: [] for label in REGRESSORS}
    for name in names:
        X, y = sets[name]()
        for label, net in REGRESSORS.items():
            row, coverage = regression(net, X, y)
            covered[label].append(coverage)
            print(f"| {name} | {label} | {row} |", flush=True)
    for label, values in covered.items():
        low, mean, high = min(values), np.mean(values), max(values)
        print(f"\n{label}: coverage {low:.1f} to {high:.1f}, mean {mean:.1f}")


def print_classification(names, max_rows):
    sets = classification_sets(max_rows)
    heads = "log-loss | laplace | Brier | laplace | ECE | laplace"
    print(f"\n| data | net | {heads} |\n|---|---|" + "--:|" * 6)
    for name in names:
        X, y = sets[name]()
        for label, net in CLASSIFIERS.items():
            print(f"| {name} | {label} | {classification(net, X, y)} |", flush=True)


if __name__ == "__main__":
    main()
