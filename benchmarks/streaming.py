"""Memory, time and quality of `fit_batches`.

    python benchmarks/streaming.py size      # writes results/streaming.csv and .png
    python benchmarks/streaming.py quality
    python benchmarks/streaming.py quality --seeds 24 --sets ring

*size*: one epoch over 100,000 to 10,000,000 rows of 50 columns in batches of 50,000, which are made
when they are read; a process each. The processor's time per row, those to make the rows left out,
and the most memory, less that of the process before. With plain columns of float32, with 8 bins
each, and with plain columns of float64.

*quality*: the loss of `fit` and of `fit_batches`. First of three sets of a million rows, more than
the buffer holds, and of the same with 100,000 rows and a buffer of a quarter and a sixteenth of
them (alone with --sets buffers). Then, on 30 % of the rows of smaller sets, whose buffer, which
would hold all rows, is made a quarter of the others: in a random order, another one with every
seed, sorted by y, and sorted by the column with most values. All have the encoding that the first
fit chose, since with another seed the choice often differs.
"""

import argparse
import csv
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from scale import peak_memory
from sklearn.base import is_classifier
from sklearn.datasets import make_classification, make_friedman1
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.estimators.streaming import survey

N_COLUMNS, BATCH_ROWS = 50, 50_000
SIZES = [10**5, 3 * 10**5, 10**6, 3 * 10**6, 10**7]
KINDS = {"plain": (None, "float32"), "8 bins": (8, "float32"), "float64": (None, "float64")}
TABLE = Path(__file__).parent / "results" / "streaming.csv"
MIN_ROWS, N_LARGE, N_SEEDS = 5_000, 1_000_000, 5
PART, N_BATCHES = 4, 137  # into which a set is divided: one is the buffer, batches are smaller
PARTS, N_IN_PARTS = (4, 16), 110_000  # likewise; the rows include those of the test
ORDERS = ("random", "y", "x")


class Rows:
    """Batches that are the same rows in another order each, and the time to make them."""

    def __init__(self, n_rows, dtype):
        rng = np.random.default_rng(0)
        self.n_rows, self.seconds = n_rows, 0.0
        self.X = rng.standard_normal((BATCH_ROWS, N_COLUMNS), dtype=np.float32).astype(dtype)
        weights = rng.normal(size=(N_COLUMNS, 8)) / N_COLUMNS**0.5
        self.y = np.tanh(3 * self.X @ weights).sum(axis=1) > 0

    def __call__(self):
        rng = np.random.default_rng(0)
        for start in range(0, self.n_rows, BATCH_ROWS):
            begin = time.process_time()
            order = rng.permutation(BATCH_ROWS)[: self.n_rows - start]
            batch = self.X[order], self.y[order]
            self.seconds += time.process_time() - begin
            yield batch


def run(n_rows, kind):
    """Print the microseconds per row and the memory of one fit."""
    encoding, dtype = KINDS[kind]
    rows, before, begin = Rows(n_rows, dtype), peak_memory(), time.process_time()
    net = ShallowNetClassifier(numeric_encoding=encoding, random_state=0)
    with threadpool_limits(1):
        net.fit_batches(rows, epochs=1)
    seconds = time.process_time() - begin - rows.seconds
    print(1e6 * seconds / n_rows, peak_memory() - before)


def measure_size():
    """Write the table."""
    with open(TABLE, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["kind", "rows", "microseconds_per_row", "megabytes"])
        for kind in KINDS:
            for n_rows in SIZES:
                arguments = [sys.executable, __file__, "run", str(n_rows), kind]
                found = subprocess.run(arguments, check=True, capture_output=True, text=True)
                row = [kind, n_rows, *(f"{float(x):.3g}" for x in found.stdout.split())]
                table.writerow(row)
                file.flush()
                print(row)


def draw():
    """Draw the table."""
    import matplotlib.pyplot as plt

    with open(TABLE) as file:
        rows = list(csv.DictReader(file))
    _, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    for axis, name in zip(axes, ("microseconds_per_row", "megabytes"), strict=True):
        for kind in KINDS:
            own = [row for row in rows if row["kind"] == kind]
            x, y = ([float(row[column]) for row in own] for column in ("rows", name))
            axis.plot(x, y, "o-", label=kind)
        axis.set(xscale="log", xlabel="rows", title=name.replace("_", " "))
        axis.set_ylim(bottom=0)
    axes[0].legend()
    plt.savefig(TABLE.with_suffix(".png"), dpi=100)


def sets():
    """Yield names, X, y and whether y is labels, of sets that are large enough."""
    from data_sets import classification_sets, larger_regression_sets, regression_sets

    numbers = regression_sets() | larger_regression_sets()
    for loads, has_labels in ((classification_sets(), True), (numbers, False)):
        for name, load_set in loads.items():
            X, y = load_set()
            if len(X) >= MIN_ROWS:
                yield name, X, y, has_labels


def loss(net, X, y):
    """Return the log-loss or the mean squared error."""
    if is_classifier(net):
        return log_loss(y, net.predict_proba(X), labels=net.classes_)
    return mean_squared_error(y, net.predict(X))


def in_batches(X, y, n_batches):
    """Return about as many batches."""
    step = len(X) // n_batches
    return [(X[i : i + step], y[i : i + step]) for i in range(0, len(X), step)]


def in_order(X, y, order, seed):
    """Return the rows in one of the orders."""
    if order == "random":
        rows = np.random.default_rng(seed).permutation(len(X))
        return X[rows], y[rows]
    n_values = [len(np.unique(column)) for column in X.T]
    rows = np.argsort(y if order == "y" else X[:, np.argmax(n_values)], kind="stable")
    return X[rows], y[rows]


def measure_set(X, y, has_labels, n_seeds):
    """Return the losses of fit, and the logs of the ratios of the others, of every seed."""
    kind = ShallowNetClassifier if has_labels else ShallowNetRegressor
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=0.3, random_state=0, stratify=y if has_labels else None
    )
    survey.BUFFER_BYTES = X.nbytes // PART
    losses, encoding = [], {}
    for seed in range(n_seeds):
        nets = [kind(random_state=seed, **encoding).fit(X, y)]
        encoding = {"numeric_encoding": nets[0].settings_["numeric_encoding"]}
        for order in ORDERS:
            batches = in_batches(*in_order(X, y, order, seed), N_BATCHES)
            nets.append(kind(random_state=seed, **encoding).fit_batches(batches))
        losses.append([loss(net, X_test, y_test) for net in nets])
    losses = np.array(losses)
    return losses[:, 0], np.log(losses[:, 1:] / losses[:, :1])


def large_sets(n_rows):
    """Yield names, X, y and estimators of sets with so many rows."""
    X, y = make_classification(n_rows, N_COLUMNS, n_informative=10, random_state=0)
    yield "labels", X.astype(np.float32), y, ShallowNetClassifier(numeric_encoding=None)
    X, y = make_friedman1(n_rows, 20, noise=1, random_state=0)
    yield "Friedman 1", X, y, ShallowNetRegressor(numeric_encoding=None)
    yield "Friedman 1, 8 bins", X, y, ShallowNetRegressor(numeric_encoding=8)


def measure_large(n_seeds):
    """Print the losses of the large sets."""
    for name, X, y, net in large_sets(N_LARGE):
        n_test = N_LARGE // 10
        train, test = (X[n_test:], y[n_test:]), (X[:n_test], y[:n_test])
        for seed in range(n_seeds):
            net.set_params(random_state=seed)
            of_fit = loss(net.fit(*train), *test)
            of_batches = loss(net.fit_batches(in_batches(*train, 45)), *test)
            print(f"{name}, {seed}: fit {of_fit:.5f}, fit_batches {of_batches:.5f}", flush=True)


def measure_buffers(n_seeds):
    """Print the ratios of the losses of the same sets, with fewer rows and a smaller buffer."""
    whole = survey.BUFFER_BYTES
    for name, X, y, net in large_sets(N_IN_PARTS):
        n_test, logs = N_IN_PARTS // 11, []
        train, test = (X[n_test:], y[n_test:]), (X[:n_test], y[:n_test])
        for seed in range(n_seeds):
            net.set_params(random_state=seed)
            losses = [loss(net.fit(*train), *test)]
            for part in PARTS:
                survey.BUFFER_BYTES = train[0].nbytes // part
                losses.append(loss(net.fit_batches(in_batches(*train, 400)), *test))
            logs.append(np.log(losses[1:]) - np.log(losses[0]))
        print(f"{name}, 1/{PARTS} of 100,000 rows: {ratios(np.array(logs))}", flush=True)
    survey.BUFFER_BYTES = whole


def ratios(logs):
    """Return the mean ratios in words, with standard errors, of logs of shape (seeds, cases)."""
    errors = logs.std(axis=0, ddof=1) / len(logs) ** 0.5
    means = zip(np.exp(logs.mean(axis=0)), errors, strict=True)
    return " | ".join(f"{ratio:.3f} ± {error:.3f}" for ratio, error in means)


def measure_quality(n_seeds, names):
    """Print the losses of every set, or of those with these names."""
    with threadpool_limits(1):
        if not names:
            measure_large(n_seeds)
        if not names or "buffers" in names:
            measure_buffers(n_seeds)
        print("| set | rows | fit | random order | sorted by y | sorted by a column |")
        print("|---|--:|--:|--:|--:|--:|")
        for name, X, y, has_labels in sets():
            if names and name not in names:
                continue
            of_fit, logs = measure_set(X, y, has_labels, n_seeds)
            print(f"| {name} | {len(X):,} | {of_fit.mean():.4g} | {ratios(logs)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["size", "quality", "run"])
    parser.add_argument("of_run", nargs="*")
    parser.add_argument("--seeds", type=int, default=N_SEEDS)
    parser.add_argument("--sets", nargs="*", help="names, or buffers; all by default")
    options = parser.parse_args()
    if options.what == "run":
        run(int(options.of_run[0]), options.of_run[1])
    elif options.what == "quality":
        measure_quality(options.seeds, options.sets)
    else:
        measure_size()
        draw()


if __name__ == "__main__":
    main()
