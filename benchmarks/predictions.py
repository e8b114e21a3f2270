"""Predictions of fits with nothing set, beside scikit-learn's networks on the same columns.

    OPENBLAS_NUM_THREADS=1 python benchmarks/predictions.py

Prints, for scikit-learn's bundled sets and formulas with bins: the columns of X, the columns and
the hidden units that predictions compute with, the processor's milliseconds for 200,000 rows and
microseconds for one row, of ours and of MLPClassifier or MLPRegressor (medians of rounds in turns).
"""

import time
import warnings
from statistics import median

import numpy as np
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    make_friedman1,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from threadpoolctl import threadpool_limits

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor

N_ROWS, N_ROUNDS = 200_000, 7


def data_sets():
    """Yield name, X, y and settings."""
    classes = {"iris": load_iris, "breast cancer": load_breast_cancer, "digits": load_digits}
    for name, load in classes.items():
        yield name, *load(return_X_y=True), {}
    yield "diabetes", *load_diabetes(return_X_y=True), {}
    for n_features in (10, 30):
        X, y = make_friedman1(2000, n_features=n_features, noise=1, random_state=0)
        for bins in (None, 8):
            name = f"Friedman 1, {bins or 'no'} bins"
            yield name, X, y, {"numeric_encoding": bins}


def seconds(predict, X, n_calls):
    """Return the processor's seconds of a call."""
    start = time.process_time()
    for _ in range(n_calls):
        predict(X)
    return (time.process_time() - start) / n_calls


def row_of_table(name, X, y, settings):
    """Return a row of the table."""
    is_numbers = y.dtype.kind == "f"
    ours = (ShallowNetRegressor if is_numbers else ShallowNetClassifier)(random_state=0, **settings)
    peer = (MLPRegressor if is_numbers else MLPClassifier)(max_iter=20, random_state=0)
    models = ours.fit(X, y), peer.fit(X, y)
    found = []
    for rows, n_calls, unit in ((np.resize(X, (N_ROWS, X.shape[1])), 1, 1e3), (X[:1], 500, 1e6)):
        rounds = [[seconds(m.predict, rows, n_calls) for m in models] for _ in range(N_ROUNDS)]
        own, other = (unit * median(times) for times in zip(*rounds, strict=True))
        found += [f"{own:.0f}", f"{other:.0f}", f"{other / own:.1f}"]
    n_inputs, n_units, _ = ours._networks[0].of_active_units.network.layout.units
    return [name, X.shape[1], n_inputs, n_units, *found]


def main():
    columns = "data", "columns", "inputs", "units"
    header = [*columns, *("ms, ours", "MLP", "MLP/ours"), *("one row, us", "MLP", "MLP/ours")]
    print("| " + " | ".join(header) + " |")
    print("|---" + "|--:" * (len(header) - 1) + "|")
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for case in data_sets():
            print("| " + " | ".join(map(str, row_of_table(*case))) + " |", flush=True)


if __name__ == "__main__":
    main()
