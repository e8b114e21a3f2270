"""Fits on a cluster: the time and the bytes of an iteration against rows and workers.

    python benchmarks/cluster.py

The data are made on the workers, so that nothing of them travels. A cluster of processes on one
machine shares its cores, so a second worker pays only where there is a core for it. Bytes are those
of the arguments of the tasks and of their results, pickled: what passes through the scheduler, or
between workers.
"""

import argparse
import pickle
import time
import warnings

import dask.array as da
import numpy as np
from distributed import Client, LocalCluster

from sklearn_shallow.dask import DaskShallowNetRegressor
from sklearn_shallow.dask.objective import DistributedRows

N_COLUMNS, N_UNITS = 20, 100
CASES = {
    "lbfgs": {"solver": "lbfgs", "max_iter": 20},
    "adam": {"solver": "adam", "max_iter": 1, "learning_rate": "constant"},
}


class Meter:
    """Counts the sums over the rows, their bytes and their seconds."""

    def __init__(self):
        self.summed = DistributedRows.sum
        self.reset()

    def reset(self):
        self.n_sums = self.n_bytes = 0
        self.seconds = 0.0

    def install(self):
        def summed(rows, function, theta, *args):
            begin = time.perf_counter()
            found = self.summed(rows, function, theta, *args)
            self.seconds += time.perf_counter() - begin
            sent = len(pickle.dumps((theta, args)))
            self.n_bytes += len(rows.parts.futures) * (sent + len(pickle.dumps(found)))
            self.n_sums += 1
            return found

        DistributedRows.sum = summed


def made(n_rows, n_parts):
    """Return X and y that are made where they are needed."""
    X = da.random.default_rng(0).normal(size=(n_rows, N_COLUMNS), chunks=(n_rows // n_parts, -1))
    return X, da.sin(X[:, 0]) + X[:, 1] * X[:, 2]


def measured(meter, client, name, n_rows, n_parts):
    X, y = made(n_rows, n_parts)
    net = DaskShallowNetRegressor(
        N_UNITS, alpha=1.0, numeric_encoding=None, random_state=0, client=client, **CASES[name]
    )
    meter.reset()
    begin = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net.fit(X, y)
    seconds = time.perf_counter() - begin
    return seconds, meter.seconds / meter.n_sums, meter.n_sums, meter.n_bytes / meter.n_sums


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[40_000, 160_000, 640_000])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    args = parser.parse_args()
    meter = Meter()
    meter.install()
    print("| solver | workers | rows | seconds of the fit | sums | ms per sum | bytes per sum |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for n_workers in args.workers:
        options = {"n_workers": n_workers, "threads_per_worker": 1, "dashboard_address": ":0"}
        with LocalCluster(**options) as cluster, Client(cluster) as client:
            measured(meter, client, "lbfgs", 1000, n_workers)  # imports
            for name in CASES:
                for n_rows in args.rows:
                    total, each, n_sums, n_bytes = measured(meter, client, name, n_rows, n_workers)
                    print(
                        f"| {name} | {n_workers} | {n_rows:,} | {total:.1f} | {n_sums} "
                        f"| {1000 * each:.1f} | {n_bytes:,.0f} |",
                        flush=True,
                    )


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
