"""Our estimators with nothing set on sparse text, beside scikit-learn's networks and linear models.

    python benchmarks/text.py [--sets CHOICE JUDGED SYSTEM NUMBERS]

The sets of `text_sets.py`: what the rule was chosen on, others, some that need Debian, and
regressions. One split each, stratified for classes: seven tenths of the documents train, at most
2,000; the rest tests.
Prints accuracy and log-loss, or R2, and the seconds of a fit on one thread.
"""

import argparse
import time

import text_sets
from defaults_measure import quiet
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from threadpoolctl import threadpool_limits

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor

MOST_ROWS, PART = 2000, 0.7
CLASSIFIERS = {
    "ours": lambda: ShallowNetClassifier(random_state=0),
    "MLP": lambda: MLPClassifier(random_state=0),
    "logistic regression": lambda: LogisticRegression(max_iter=1000),
}
REGRESSORS = {
    "ours": lambda: ShallowNetRegressor(random_state=0),
    "MLP": lambda: MLPRegressor(random_state=0),
    "ridge": lambda: Ridge(),
}


def scores(model, X, y, is_number):
    """Return what a fitted model scores, as text."""
    if is_number:
        return f"{model.score(X, y):.3f}"
    loss = log_loss(y, model.predict_proba(X), labels=model.classes_)
    return f"{accuracy_score(y, model.predict(X)):.3f}, {loss:.3f}"


def row(name, make, models, is_number):
    """Return the line of a set."""
    X, y = make()
    n_train = min(MOST_ROWS, int(PART * X.shape[0]))
    strata = None if is_number else y
    parts = train_test_split(X, y, train_size=n_train, random_state=0, stratify=strata)
    cells = [f"{name}, {n_train} x {X.shape[1]:,}"]
    for make_model in models.values():
        begin = time.perf_counter()
        model = make_model().fit(parts[0], parts[2])
        seconds = time.perf_counter() - begin
        cells.append(f"{scores(model, parts[1], parts[3], is_number)}, {seconds:.1f} s")
    return "| " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kinds = ["CHOICE", "JUDGED", "SYSTEM", "NUMBERS"]
    parser.add_argument("--sets", nargs="+", choices=kinds, default=kinds)
    for kind in parser.parse_args().sets:
        models = REGRESSORS if kind == "NUMBERS" else CLASSIFIERS
        print(f"\n| {kind} | {' | '.join(models)} |\n|---|{'--:|' * len(models)}")
        for name, make in getattr(text_sets, kind).items():
            print(row(name, make, models, kind == "NUMBERS"), flush=True)


if __name__ == "__main__":
    quiet()
    with threadpool_limits(1):
        main()
