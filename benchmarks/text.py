"""Our estimators with nothing set on sparse text, beside scikit-learn's networks and linear models.

    python benchmarks/text.py [--sets CHOICE JUDGED SYSTEM NUMBERS] [--splits N]

The sets of `text_sets.py`: what the rule was chosen on, others, some that need Debian, and
regressions. One split each or N, stratified for classes: seven tenths of the documents train, at
most 2,000; the rest tests.
Prints means over the splits: accuracy and log-loss, or R2, and the seconds of a fit on one thread,
of the processor. With several splits the last column is the accuracy (R2) of ours minus that of
MLP, with the standard error of its mean, each split being a pair.
"""

import argparse

import numpy as np
import text_sets
from defaults_measure import TASKS, measure, quiet
from defaults_models import MODELS
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import LabelEncoder
from threadpoolctl import threadpool_limits

MAX_ROWS, PART = 2000, 0.7
LINEAR = {"classification": LogisticRegression(max_iter=1000), "regression": Ridge()}


def models_of(task):
    """Return the models by name."""
    networks = MODELS[task]
    return {"ours": networks["ours"], "MLP": networks["MLP, raw"], "linear": LINEAR[task]}


def row(name, make, task, n_splits):
    """Return the line of a set."""
    X, y = make()
    if task == "classification":
        y = LabelEncoder().fit_transform(y)
    n_train = min(MAX_ROWS, int(PART * X.shape[0]))
    split = TASKS[task].split(n_splits, train_size=n_train, random_state=0)
    cells = [f"{name}, {n_train} x {X.shape[1]:,}"]
    all_found = measure(models_of(task), X, y, split, TASKS[task].scores)
    for found in all_found.values():
        figures = {score: np.mean(values) for score, values in found.items()}
        if task == "classification":
            scores = f"{1 - figures['error rate']:.3f}, {figures['log-loss']:.3f}"
        else:
            scores = f"{1 - figures['1 - R2']:.3f}"
        cells.append(f"{scores}, {figures['seconds']:.1f} s")
    if n_splits > 1:
        missed = "error rate" if task == "classification" else "1 - R2"
        gain = np.subtract(all_found["MLP"][missed], all_found["ours"][missed])
        cells.append(f"{gain.mean():+.4f} ± {gain.std(ddof=1) / n_splits**0.5:.4f}")
    return f"| {' | '.join(cells)} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kinds = ["CHOICE", "JUDGED", "SYSTEM", "NUMBERS"]
    parser.add_argument("--sets", nargs="+", choices=kinds, default=kinds)
    parser.add_argument("--splits", type=int, default=1)
    chosen = parser.parse_args()
    for kind in chosen.sets:
        task = "regression" if kind == "NUMBERS" else "classification"
        names = [*models_of(task), *["ours - MLP"] * (chosen.splits > 1)]
        print(f"\n| {kind} | {' | '.join(names)} |\n|---|{'--:|' * len(names)}")
        for name, make in getattr(text_sets, kind).items():
            print(row(name, make, task, chosen.splits), flush=True)


if __name__ == "__main__":
    quiet()
    with threadpool_limits(1):
        main()
