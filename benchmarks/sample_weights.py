"""Sample weights of any scale, with the weight decay found on the data.

    python benchmarks/sample_weights.py            # weights times a factor; aggregated tables
    python benchmarks/sample_weights.py --kish     # number of rows or Kish's effective number

The first prints, for equal weights and such with a spread, times a factor, the mean held-out R2 or
minus log-loss over four folds, of our estimators at their defaults and of `BayesianRidge` or
`LogisticRegression`; then, of data with few distinct rows, the held-out log-loss of a fit to the
rows and of one to the distinct rows with their counts. The second compares, on sets of
`data_sets.py` cut to 400 rows, weights that add up to the number of rows with weights that add up
to ``sum(w)**2 / sum(w**2)``: geometric means over the sets of log-loss or 1 - R2.
"""

import argparse
from unittest.mock import patch

import numpy as np
from data_sets import classification_sets, regression_sets, sample
from defaults_measure import quiet
from scipy.stats import gmean
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.linear_model import BayesianRidge, LogisticRegression
from sklearn.metrics import log_loss, r2_score
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor

FACTORS = (1e-3, 0.1, 1, 3, 10, 1e3, 1e6)
SPREADS = {
    "equal": lambda rng, n: np.ones(n),
    "lognormal": lambda rng, n: rng.lognormal(size=n),
    "gamma": lambda rng, n: rng.gamma(0.5, size=n) + 1e-6,
    "1 + Poisson": lambda rng, n: 1.0 + rng.poisson(2, size=n),
    "survey": lambda rng, n: np.ceil(200_000 * rng.lognormal(sigma=0.5, size=n)),
}
SETS = {
    "iris": load_iris,
    "wine": load_wine,
    "breast cancer": load_breast_cancer,
    "diabetes": load_diabetes,
    "Friedman 1": lambda return_X_y: sample("Friedman 1", 500, noise=0.2),
}
TABLES = ("titanic", "led7digit", "mammographic", "flare-F")
TRUTH_ROWS = (300, 1000, 5000)


def is_classification(y):
    return y.dtype.kind in "iu"


def ours(y):
    """Return a model, and what fit calls its sample weights."""
    net = ShallowNetClassifier if is_classification(y) else ShallowNetRegressor
    return net(random_state=0), "sample_weight"


def linear(y):
    model = LogisticRegression(max_iter=1000) if is_classification(y) else BayesianRidge()
    return Pipeline([("scaler", StandardScaler()), ("model", model)]), "model__sample_weight"


def score(model, X, y):
    """Return R2, or minus the log-loss."""
    if is_classification(y):
        return -log_loss(y, model.predict_proba(X), labels=model.classes_)
    return r2_score(y, model.predict(X))


def folds(X, y, n_splits=4):
    kind = StratifiedKFold if is_classification(y) else KFold
    return kind(n_splits, shuffle=True, random_state=0).split(X, y)


def weighted_score(make, X, y, spread, factor):
    """Return the mean score over the folds, trained with weights."""
    scores = []
    for train, test in folds(X, y):
        model, name = make(y)
        weight = factor * SPREADS[spread](np.random.default_rng(0), len(train))
        model.fit(X[train], y[train], **{name: weight})
        scores.append(score(model, X[test], y[test]))
    return np.mean(scores)


def factors():
    heads = " | ".join(f"{factor:g}" for factor in FACTORS)
    print(f"| set | weights | model | {heads} |\n|---|---|---|{'--:|' * len(FACTORS)}")
    for name, load in SETS.items():
        X, y = load(return_X_y=True)
        for spread in SPREADS:
            for make in (ours, linear):
                values = [weighted_score(make, X, y, spread, factor) for factor in FACTORS]
                cells = " | ".join(f"{value:.3f}" for value in values)
                print(f"| {name} | {spread} | {make.__name__} | {cells} |", flush=True)


def truth_table(n_rows):
    """Return rows of six truth values, and a function of four of them."""
    X = np.random.default_rng(0).integers(2, size=(n_rows + 2000, 6)).astype(float)
    return X, ((X[:, 0] + X[:, 1] * X[:, 2] + X[:, 3]) % 2).astype(int)


def aggregated(X, y):
    """Return the distinct rows and labels, and their counts."""
    rows, counts = np.unique(np.column_stack([X, y]), axis=0, return_counts=True)
    return rows[:, :-1], rows[:, -1].astype(int), counts


def tables():
    print("\n| set | rows | distinct | rows: log-loss | counts: log-loss |\n|---|--:|--:|--:|--:|")
    keel = classification_sets(max_rows=2000)
    cases = {name: (keel[name](), None) for name in TABLES}
    cases |= {f"truth table, {n} rows": (truth_table(n), n) for n in TRUTH_ROWS}
    for name, ((X, y), n_train) in cases.items():
        splits = folds(X, y) if n_train is None else [np.split(np.arange(len(y)), [n_train])]
        losses = []
        for train, test in splits:
            *distinct, counts = aggregated(X[train], y[train])
            by_row = ours(y)[0].fit(X[train], y[train])
            by_count = ours(y)[0].fit(*distinct, sample_weight=counts)
            losses.append([-score(net, X[test], y[test]) for net in (by_row, by_count)])
        losses = " | ".join(f"{loss:.4f}" for loss in np.mean(losses, axis=0))
        print(f"| {name} | {len(train)} | {len(counts)} | {losses} |", flush=True)


def by_kish(weight):
    return weight * weight.sum() / (weight @ weight)


def kish():
    print("| target | sets | weights | number of rows | Kish's number |\n|---|--:|---|--:|--:|")
    for sets in (classification_sets(400), regression_sets(400)):
        found = {spread: [] for spread in ("lognormal", "gamma")}
        for load in sets.values():
            X, y = load()
            if is_classification(y) and np.bincount(y).min() < 8:
                continue
            for spread, losses in found.items():
                plain = weighted_score(ours, X, y, spread, 1)
                with patch("sklearn_shallow.inputs.sample_weights.scaled", by_kish):
                    other = weighted_score(ours, X, y, spread, 1)
                losses.append(-np.array([plain, other]) + (not is_classification(y)))
        task = "labels" if is_classification(y) else "numbers"
        for spread, losses in found.items():
            mean = " | ".join(f"{value:.4f}" for value in gmean(np.maximum(losses, 1e-3)))
            print(f"| {task} | {len(losses)} | {spread} | {mean} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kish", action="store_true")
    quiet()
    with threadpool_limits(1):
        if parser.parse_args().kish:
            kish()
        else:
            factors()
            tables()
