"""The time of a default fit against the number of rows and of columns, beside other models.

    python benchmarks/scale.py [--max-rows 1000000]   # measures, about five minutes
    python benchmarks/scale.py --memory 10000000       # of one fit, beyond that of X and y

Labels of a smooth function of 28 columns in float32, and 200 rows of many columns of which five
tell the label; 20,000 other rows test. One thread, processor time, the better of two fits where a
fit takes less than two seconds. Writes `results/scale.csv`, which `plots.py` draws.
"""

import argparse
import csv
import resource
from pathlib import Path

import numpy as np
from defaults_measure import quiet, seconds_of_fit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from sklearn_shallow import ShallowNetClassifier

RESULTS = Path(__file__).parent / "results"
ROWS, N_COLUMNS = (1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000), 28
COLUMNS, N_ROWS = (10, 30, 100, 300, 1000, 3000, 10_000), 200
N_TEST, N_HIDDEN, N_TOLD = 20_000, 20, 5
LONG = 2.0  # seconds, from which a fit is not repeated
MODELS = {
    "ours": ShallowNetClassifier,
    "MLP": MLPClassifier,
    "boosting": HistGradientBoostingClassifier,
}
MAX_SIZES = {"MLP": {"rows": 30_000}, "boosting": {"columns": 1000}}  # beyond, minutes
FIELDS = ("against", "size", "model", "seconds", "log-loss")


def of_rows(n_rows, rng):
    """Return samples with labels of a smooth function, and as many for testing as `N_TEST`."""
    X = rng.standard_normal((n_rows + N_TEST, N_COLUMNS), dtype=np.float32)
    W = rng.normal(size=(N_COLUMNS, N_HIDDEN)).astype(X.dtype) / N_COLUMNS**0.5
    return X, np.tanh(1.5 * X @ W) @ rng.normal(size=N_HIDDEN)


def of_columns(n_columns, rng):
    """Return samples with labels of the first columns."""
    X = rng.standard_normal((N_ROWS + N_TEST // 10, n_columns), dtype=np.float32)
    return X, X[:, :N_TOLD].sum(axis=1)


def labels(score, rng):
    """Return random labels, more certain the further the score is from zero."""
    return (rng.random(len(score)) < 1 / (1 + np.exp(-1.5 * score / score.std()))).astype(int)


def seconds_and_loss(make, X, y, n_train):
    """Return the processor time of a fit, and its log-loss on the rest."""
    best = np.inf
    for _ in range(2):
        model = make(random_state=0)
        best = min(best, seconds_of_fit(model, X[:n_train], y[:n_train]))
        if best > LONG:
            break
    return best, log_loss(y[n_train:], model.predict_proba(X[n_train:]))


def measured(max_rows):
    """Yield a row of the table after the other, models in turns."""
    cases = [("rows", n, n, of_rows) for n in ROWS if n <= max_rows]
    cases += [("columns", n, N_ROWS, of_columns) for n in COLUMNS]
    for against, size, n_train, make_data in cases:
        rng = np.random.default_rng(0)
        X, score = make_data(size, rng)
        y = labels(score, rng)
        for name, make in MODELS.items():
            if size <= MAX_SIZES.get(name, {}).get(against, size):
                seconds, loss = seconds_and_loss(make, X, y, n_train)
                print(f"{against} {size:>9,} {name:10} {seconds:8.3f} s {loss:.4f}", flush=True)
                yield dict(
                    zip(FIELDS, (against, size, name, f"{seconds:.4f}", f"{loss:.4f}"), strict=True)
                )


def memory(n_rows, block=50_000):
    """Print the time of a default fit, and the most memory beyond what the process had before."""
    rng = np.random.default_rng(0)
    X, W = np.empty((n_rows, N_COLUMNS), np.float32), rng.normal(size=N_COLUMNS)
    y = np.empty(n_rows, int)
    for start in range(0, n_rows, block):
        rows = slice(start, start + block)
        rng.standard_normal(out=X[rows], dtype=X.dtype)
        y[rows] = labels(np.tanh(X[rows] @ W), rng)
    before = peak_memory()
    seconds = seconds_of_fit(ShallowNetClassifier(random_state=0), X, y)
    print(f"{n_rows:,} rows: {seconds:.1f} s, {peak_memory() - before:.0f} MB")


def peak_memory():
    """Return the peak memory of the process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--max-rows", type=int, default=1_000_000)
    parser.add_argument("--memory", type=int, metavar="ROWS")
    options = parser.parse_args()
    if options.memory:
        memory(options.memory)
        return
    rows = list(measured(options.max_rows))
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / "scale.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    quiet()
    with threadpool_limits(1):
        main()
