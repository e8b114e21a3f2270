"""Our estimators with nothing set, and with the evidence's decay, beside other models' defaults.

    python benchmarks/defaults.py [--task classification] [--max-rows 2000] [--json file]

On every set of `data_sets.py`, cut to that many rows: five shuffled folds, stratified for labels;
one thread; the models take turns on every fold. Inputs are standardised for linear models and
scikit-learn's networks (for these the target of a regression too), and as they are for the others.
Prints, per score, the mean over the sets, the mean rank, and on how many sets the first model of
ours is better, equal or worse: equal if the mean difference over the folds is within two standard
errors; the set on which each model is furthest behind; and the geometric mean of the ratios of the
seconds to fit.
"""

import argparse
import json
import time
import warnings
from pathlib import Path

import numpy as np
from bundled import on_standardised
from calibration import brier
from data_sets import classification_sets, enough_of_each, regression_sets
from scipy.stats import gmean, rankdata
from sklearn.base import clone
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss, r2_score
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from threadpoolctl import threadpool_limits

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor

N_FOLDS = 5
EVIDENCE = {"solver": "lbfgs", "alpha": "evidence", "random_state": 0}
CLASSIFIERS = {
    "ours": ShallowNetClassifier(random_state=0),
    "ours, evidence": ShallowNetClassifier(**EVIDENCE),
    "ours, evidence, 5": ShallowNetClassifier(**EVIDENCE, n_estimators=5),
    "MLP": on_standardised(MLPClassifier(random_state=0)),
    "MLP, raw": MLPClassifier(random_state=0),
    "logistic": on_standardised(LogisticRegression(max_iter=1000)),
    "boosting": HistGradientBoostingClassifier(random_state=0),
    "forest": RandomForestClassifier(random_state=0),
}
REGRESSORS = {
    "ours": ShallowNetRegressor(random_state=0),
    "ours, evidence": ShallowNetRegressor(**EVIDENCE),
    "ours, evidence, 5": ShallowNetRegressor(**EVIDENCE, n_estimators=5),
    "MLP": on_standardised(MLPRegressor(random_state=0)),
    "MLP, raw": MLPRegressor(random_state=0),
    "ridge": on_standardised(RidgeCV(np.logspace(-3, 3, 13))),
    "boosting": HistGradientBoostingRegressor(random_state=0),
    "forest": RandomForestRegressor(random_state=0),
}


def scores_of_labels(model, X, y):
    """Return scores of held-out rows, of each less is better."""
    probability, predicted = model.predict_proba(X), model.predict(X)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of classes that the rows lack
        balanced = balanced_accuracy_score(y, predicted)
    return {
        "error rate": 1 - accuracy_score(y, predicted),
        "balanced error rate": 1 - balanced,
        "log-loss": log_loss(y, probability, labels=model.classes_),
        "Brier score": brier(y, probability),
    }


def scores_of_numbers(model, X, y):
    """Return 1 - R2 of held-out rows."""
    return {"1 - R2": 1 - r2_score(y, model.predict(X))}


def measure(models, X, y, folds, scores):
    """Return per model the scores and seconds of every fold."""
    found = {name: {"seconds": []} for name in models}
    for train, test in folds.split(X, y):
        for name, model in models.items():
            model = clone(model)
            start = time.perf_counter()
            model.fit(X[train], y[train])
            found[name]["seconds"].append(time.perf_counter() - start)
            for score, value in scores(model, X[test], y[test]).items():
                found[name].setdefault(score, []).append(value)
    return found


def report(results):
    """Print the summary of a task; `results` maps a set to what `measure` returned."""
    sets, models = list(results), list(next(iter(results.values())))
    names = [name for name in results[sets[0]][models[0]] if name != "seconds"]

    def table(name):  # (n_sets, n_models, n_folds)
        return np.array([[results[s][m][name] for m in models] for s in sets])

    for name in names:
        values = table(name)
        means = values.mean(axis=2)
        ranks = rankdata(means, axis=1).mean(axis=0)
        difference = values - values[:, :1]
        error = difference.std(axis=2, ddof=1) / np.sqrt(values.shape[2])
        clear = np.sign(difference.mean(axis=2)) * (np.abs(difference.mean(axis=2)) > 2 * error)
        print(
            f"\n| {name}, {len(sets)} sets | mean | median | mean rank | better | equal | worse |"
        )
        print("|---|--:|--:|--:|--:|--:|--:|")
        for k, model in enumerate(models):
            counts = [int(np.sum(clear[:, k] == sign)) for sign in (1, 0, -1)]
            told = " | ".join(map(str, counts)) if k else " | | "
            print(
                f"| {model} | {means[:, k].mean():.4f} | {np.median(means[:, k]):.4f} "
                f"| {ranks[k]:.2f} | {told} |"
            )
        worst = (means - means.min(axis=1, keepdims=True)).argmax(axis=0)
        behind = (f"{m} on {sets[s]}" for m, s in zip(models, worst, strict=True))
        print(f"\nFurthest behind the best: {'; '.join(behind)}.")
    seconds = table("seconds").mean(axis=2)
    ratios = gmean(seconds / seconds[:, :1], axis=0)
    told = (f"{model} {ratio:.2f}" for model, ratio in zip(models, ratios, strict=True))
    print(f"\nSeconds, relative to {models[0]}: {', '.join(told)}.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", choices=["classification", "regression"], help="default: both")
    parser.add_argument("--max-rows", type=int, default=2000)
    parser.add_argument("--sets", nargs="+", help="default: all")
    parser.add_argument("--json", type=Path, help="where to keep all figures")
    options = parser.parse_args()
    kept = {}
    for task, sets, models, folds, scores in (
        ("classification", classification_sets, CLASSIFIERS, StratifiedKFold, scores_of_labels),
        ("regression", regression_sets, REGRESSORS, KFold, scores_of_numbers),
    ):
        if options.task not in (None, task):
            continue
        results = kept[task] = {}
        for name, load in sets(options.max_rows).items():
            if options.sets and name not in options.sets:
                continue
            X, y = load()
            if task == "classification":
                X, y = enough_of_each(X, y, N_FOLDS)
            splitter = folds(N_FOLDS, shuffle=True, random_state=0)
            results[name] = measure(models, X, y, splitter, scores)
            if options.json:
                options.json.write_text(json.dumps(kept))
        report(results)


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # some models run into their default number of iterations
    with threadpool_limits(1):
        main()
