"""Our estimators with nothing set on sparse text, beside scikit-learn's networks and linear models.

    python benchmarks/text.py [--sets CHOICE JUDGED SYSTEM NUMBERS]

The sets of `text_sets.py`: what the rule was chosen on, others, some that need Debian, and
regressions. One split each, stratified for classes: seven tenths of the documents train, at most
2,000; the rest tests.
Prints accuracy and log-loss, or R2, and the seconds of a fit on one thread, of the processor.
"""

import argparse

import text_sets
from defaults_measure import TASKS, measure, quiet
from defaults_models import MODELS
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import LabelEncoder
from threadpoolctl import threadpool_limits

MOST_ROWS, PART = 2000, 0.7
LINEAR = {"classification": LogisticRegression(max_iter=1000), "regression": Ridge()}


def models_of(task):
    """Return the models by name."""
    networks = MODELS[task]
    return {"ours": networks["ours"], "MLP": networks["MLP, raw"], "linear": LINEAR[task]}


def row(name, make, task):
    """Return the line of a set."""
    X, y = make()
    if task == "classification":
        y = LabelEncoder().fit_transform(y)
    n_train = min(MOST_ROWS, int(PART * X.shape[0]))
    split = TASKS[task].split(1, train_size=n_train, random_state=0)
    cells = [f"{name}, {n_train} x {X.shape[1]:,}"]
    for found in measure(models_of(task), X, y, split, TASKS[task].scores).values():
        figures = {score: values[0] for score, values in found.items()}
        if task == "classification":
            scores = f"{1 - figures['error rate']:.3f}, {figures['log-loss']:.3f}"
        else:
            scores = f"{1 - figures['1 - R2']:.3f}"
        cells.append(f"{scores}, {figures['seconds']:.1f} s")
    return f"| {' | '.join(cells)} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kinds = ["CHOICE", "JUDGED", "SYSTEM", "NUMBERS"]
    parser.add_argument("--sets", nargs="+", choices=kinds, default=kinds)
    for kind in parser.parse_args().sets:
        task = "regression" if kind == "NUMBERS" else "classification"
        names = models_of(task)
        print(f"\n| {kind} | {' | '.join(names)} |\n|---|{'--:|' * len(names)}")
        for name, make in getattr(text_sets, kind).items():
            print(row(name, make, task), flush=True)


if __name__ == "__main__":
    quiet()
    with threadpool_limits(1):
        main()
