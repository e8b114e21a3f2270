"""Search by cross-validation along paths, beside `GridSearchCV` on the same grid.

    python benchmarks/cross_validation.py [--data iris ...] [--splits 3] [--without-mlp]

9 alphas x 3 sizes of the hidden layer x 5 folds on three quarters of the rows, one thread; then the
log-loss (of a regression the root mean squared error) on the last quarter, which no search has
seen. The searches take turns; the median over the splits counts for the processor's seconds, the
mean for the errors. Inputs, and real targets, are standardised for scikit-learn's networks too.
Prints the table of the measurements.
"""

import argparse
import warnings
from functools import partial

import numpy as np
import sklearn
from data_sets import BUNDLED_CLASSES
from defaults_measure import held_out_loss, seconds_of_fit
from defaults_models import on_standardised
from sklearn.base import is_classifier
from sklearn.datasets import load_diabetes, make_friedman1
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from threadpoolctl import threadpool_limits

from sklearn_shallow import (
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    ShallowNetRegressor,
    ShallowNetRegressorCV,
)

ALPHAS = np.geomspace(100, 0.01, 9).tolist()
SIZES = [10, 50, 100]
DATA = {
    **{name: partial(load, return_X_y=True) for name, load in BUNDLED_CLASSES.items()},
    "diabetes": partial(load_diabetes, return_X_y=True),
    "Friedman 1": partial(make_friedman1, 1000, noise=1.0, random_state=0),
}


def grid(net, folds, prefix=""):
    """Return a grid search over what the paths choose from."""
    scoring = "neg_log_loss" if is_classifier(net) else "neg_mean_squared_error"
    grid = {f"{prefix}alpha": ALPHAS, f"{prefix}hidden_layer_sizes": SIZES}
    return GridSearchCV(net, grid, scoring=scoring, cv=folds)


def searches(labels, seed):
    """Return the searches by name."""
    if labels:
        folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        net = ShallowNetClassifier(solver="lbfgs", random_state=seed)
        along_paths, mlp = ShallowNetClassifierCV, MLPClassifier(random_state=seed)
    else:
        folds = KFold(5, shuffle=True, random_state=seed)
        net = ShallowNetRegressor(solver="lbfgs", random_state=seed)
        along_paths, mlp = ShallowNetRegressorCV, MLPRegressor(random_state=seed)
    prefix = f"{'' if labels else 'regressor__'}{type(mlp).__name__.lower()}__"
    return {
        along_paths.__name__: along_paths(net, alphas=ALPHAS, hidden_layer_sizes=SIZES, cv=folds),
        f"GridSearchCV({type(net).__name__}(lbfgs))": grid(net, folds),
        f"GridSearchCV({type(net).__name__}())": grid(type(net)(random_state=seed), folds),
        f"GridSearchCV({type(mlp).__name__}())": grid(on_standardised(mlp), folds, prefix),
    }


def measure(search, X, y, seed):
    """Return what was chosen, the error on rows not seen, and the seconds."""
    labels = is_classifier(search)
    split = partial(train_test_split, random_state=seed, stratify=y if labels else None)
    X, X_test, y, y_test = split(X, y)
    seconds = seconds_of_fit(search, X, y)
    chosen = {name.rpartition("__")[2]: value for name, value in search.best_params_.items()}
    error = held_out_loss(search, X_test, y_test)
    return f"{chosen['alpha']:.2g}, {chosen['hidden_layer_sizes']}", error, seconds


def print_rows(name, load, n_splits, without_mlp):
    X, y = load()
    found = {}
    for seed in range(n_splits):
        for label, search in searches(name in BUNDLED_CLASSES, seed).items():
            if not (without_mlp and "MLP" in label):
                found.setdefault(label, []).append(measure(search, X, y, seed))
    reference = None
    for label, results in found.items():
        chosen, errors, seconds = zip(*results, strict=True)
        reference = reference or np.median(seconds)
        print(
            f"| {name} | {label} | {'; '.join(chosen)} | {np.mean(errors):.4g} "
            f"| {np.median(seconds):.1f} | {np.median(seconds) / reference:.1f} |",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--without-mlp", action="store_true")
    options = parser.parse_args()
    print(f"scikit-learn {sklearn.__version__}, numpy {np.__version__}, 1 thread\n")
    print("| data | search | alpha, units per split | error | seconds | relative |")
    print("|---|---|---|--:|--:|--:|")
    for name in options.data:
        print_rows(name, DATA[name], options.splits, options.without_mlp)


if __name__ == "__main__":
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        main()
