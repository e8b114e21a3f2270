"""Our estimators with nothing set, MLP and boosting, on columns that are damaged.

    python benchmarks/robustness.py [--task classification] [--max-rows 2000] [--json file]

On the sets of `defaults.py` that have columns of numbers, which is of more than 10 values: these
columns are damaged in all rows, of which three quarters train and the rest tests. "outliers" is
one entry in 200 replaced by 1000 standard deviations, above or below the mean; "cube" and "exp" are
``z**3`` and ``exp(2 z)`` of the standardised values z; "scales" multiplies each column by a factor
between 1e-12 and 1e12; "constants and copies" adds ten of each, copies of columns at random. Ours
gets the columns as they are, MLP standardised. Prints the means of the scores over the sets, and
the medians of their ratios to those on undamaged columns.
"""

import numpy as np
from defaults_measure import (
    TASKS,
    Results,
    describe,
    load_sets,
    measure,
    parser_of,
    quiet,
    selection,
    splitter,
)
from defaults_models import models_of
from defaults_report import FLOOR, averages, having, print_failures
from threadpoolctl import threadpool_limits

MODELS = ("ours", "MLP", "boosting")
N_VALUES = 10  # that a column of numbers has more of
SHARE = 0.005  # of the entries
FAR = 1000.0  # standard deviations
EXPONENTS = (-12, 12)
N_ADDED = 10


def undamaged(X, numbers, rng):
    return X


def outliers(X, numbers, rng):
    Z = X[:, numbers]
    hit = rng.random(Z.shape) < SHARE
    far = Z.mean(axis=0) + rng.choice([-FAR, FAR], Z.shape) * Z.std(axis=0)
    return _replaced(X, numbers, np.where(hit, far, Z))


def cube(X, numbers, rng):
    return _replaced(X, numbers, _standardised(X[:, numbers]) ** 3)


def exponential(X, numbers, rng):
    return _replaced(X, numbers, np.exp(2 * _standardised(X[:, numbers])))


def scales(X, numbers, rng):
    return _replaced(X, numbers, X[:, numbers] * 10 ** rng.uniform(*EXPONENTS, len(numbers)))


def constants_and_copies(X, numbers, rng):
    constants = np.tile(rng.normal(size=N_ADDED), (len(X), 1))
    return np.hstack([X, constants, X[:, rng.choice(numbers, N_ADDED)]])


DAMAGES = {
    "none": undamaged,
    "outliers": outliers,
    "cube": cube,
    "exp": exponential,
    "scales": scales,
    "constants and copies": constants_and_copies,
}


def columns_of_numbers(X):
    """Return the indices of the columns that have more than N_VALUES values."""
    return np.flatnonzero([len(np.unique(column)) > N_VALUES for column in X.T])


def _standardised(Z):
    return (Z - Z.mean(axis=0)) / Z.std(axis=0)


def _replaced(X, numbers, Z):
    X = X.copy()
    X[:, numbers] = Z
    return X


def run(task, results, options):
    """Measure on the sets; figures of a model on damaged columns are kept as "model, damage"."""
    models = models_of(task, options.models)
    for name, X, y in load_sets(task, **selection(options)):
        numbers, data = columns_of_numbers(X), describe(X, y, 1)
        if not len(numbers):
            continue
        for damage, function in DAMAGES.items():
            known = () if options.again else results.models(task, name, data)
            missing = {key: models[key] for key in models if f"{key}, {damage}" not in known}
            damaged = function(X, numbers, np.random.default_rng(0))
            found = measure(missing, damaged, y, splitter(task, 1), TASKS[task].scores)
            told = {f"{key}, {damage}": figures for key, figures in found.items()}
            results.add(task, name, data, told)
        print(f"{name}, {len(X)} rows, {len(numbers)} columns", flush=True)


def report(entries, models, scores):
    """Print a table per score: models and damages."""
    names = {damage: [f"{model}, {damage}" for model in models] for damage in DAMAGES}
    everything = [name for row in names.values() for name in row]
    print_failures(entries, everything)
    sets = having(entries, *everything)
    for score in scores if sets else ():
        intact = averages(entries, sets, names["none"], score)
        heads = [*models, *(f"{model}, ratio" for model in models)]
        print(f"\n| {score}, {len(sets)} sets | {' | '.join(heads)} |")
        print(f"|---|{'--:|' * len(heads)}")
        for damage, row in names.items():
            found = averages(entries, sets, row, score)
            ratio = np.median(np.maximum(found, FLOOR) / np.maximum(intact, FLOOR), axis=0)
            cells = [*(f"{v:.4g}" for v in found.mean(axis=0)), *(f"{v:.3f}" for v in ratio)]
            print(f"| {damage} | {' | '.join(cells)} |")


def main():
    parser = parser_of(__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=MODELS, help="names of defaults.py")
    options = parser.parse_args()
    results = Results(options.json)
    scores = {"classification": ("error rate", "log-loss"), "regression": ("1 - R2",)}
    for task in [options.task] if options.task else TASKS:
        if not options.report:
            run(task, results, options)
        report(results.kept.get(task, {}), options.models, scores[task])


if __name__ == "__main__":
    quiet()
    with threadpool_limits(1):
        main()
