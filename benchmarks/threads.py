"""What two BLAS threads gain on idle cores, and cost on busy ones, by the size of the products.

    python benchmarks/threads.py

Seconds of a fit (adam, relu, float32), with the bound of `utils/threads.py` set so that the
products get one thread or all of them. Idle is the best of the rounds, busy the worst: it is the
stalls that count. Beside the busy fits, one process per core computes all the time.
"""

import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from speed_measure import busy_cores

import sklearn_shallow.utils.threads as threads
from sklearn_shallow import ShallowNetClassifier

CASES = [  # rows, columns, hidden units, rows per batch
    (20000, 28, 256, 512),
    (3000, 784, 100, 256),
    (20000, 50, 400, 2000),
    (5000, 784, 512, 512),
    (4000, 1000, 1000, 2000),
]
BOUNDS = {"one thread": 2**40, "all threads": 0}
N_ROUNDS = 3


def fit_seconds(X, y, hidden, batch):
    """Return the seconds of every round."""
    settings = {"batch_size": batch, "max_iter": 6, "tol": 0, "n_iter_no_change": 99}
    net = ShallowNetClassifier(hidden, alpha=1.0, standardize=False, random_state=0, **settings)
    seconds = []
    for _ in range(N_ROUNDS):
        start = time.perf_counter()
        net.fit(X, y)
        seconds.append(time.perf_counter() - start)
    return seconds


def measure(case):
    """Print a row of the table for every number of threads."""
    n_rows, n_columns, hidden, batch = case
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_rows, n_columns)).astype("f4")
    y = rng.integers(5, size=n_rows)
    size = np.log2(n_columns * hidden * batch)
    for label, bound in BOUNDS.items():
        threads.LARGE_PRODUCT = bound
        idle = min(fit_seconds(X, y, hidden, batch))
        with busy_cores():
            busy = max(fit_seconds(X, y, hidden, batch))
        first_layer = f"{n_columns} x {hidden}, {batch} rows"
        print(f"| {first_layer} | {size:.1f} | {label} | {idle:.2f} | {busy:.2f} |", flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore", ConvergenceWarning)
    print("| first layer | its product, log2 | products on | idle | busy |\n|---|--:|---|--:|--:|")
    for case in CASES:
        measure(case)
