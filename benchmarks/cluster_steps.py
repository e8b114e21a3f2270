"""Two ways to train on parts of the rows with Adam: gradients of large batches, which have rows of
every part and are added up, and local epochs, whose parameters and moments are averaged.

    python benchmarks/cluster_steps.py

In one process, which computes what a cluster would. The log-loss, or 1 - R2, of 10,000 other
samples.
"""

import warnings
from copy import deepcopy

import numpy as np
from sklearn.datasets import make_classification, make_friedman1
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.solvers import stochastic

N_TRAIN, N_TEST = 20_000, 10_000
run_epoch = stochastic.run_epoch


def local_epochs(order, n_parts):
    """Return what takes the place of `run_epoch`: one on every part, then the means."""

    def averaged(objective, theta, steps, pace, n_done):
        thetas, states, measured = [], [], []
        for rows in np.array_split(order, n_parts):
            part = len(rows) / objective.n_rows
            own = objective.on_part(objective.X[rows], objective.Y[rows], None, part)
            thetas.append(theta.copy())
            states.append(deepcopy(steps))
            measured.append(run_epoch(own, thetas[-1], states[-1], pace, n_done))
        theta[...] = np.mean(thetas, axis=0)
        for name, value in vars(steps).items():
            if isinstance(value, np.ndarray) and value.ndim:
                mean = np.mean([vars(state)[name] for state in states], axis=0)
                setattr(steps, name, mean.astype(value.dtype))
        steps.n_steps = states[0].n_steps
        return tuple(np.mean(measured, axis=0))

    return averaged


def data_sets():
    n_rows = N_TRAIN + N_TEST
    shape = {"n_informative": 12, "n_classes": 4, "n_clusters_per_class": 4, "flip_y": 0.02}
    yield "four classes", *make_classification(n_rows, 20, **shape, random_state=0)
    yield "Friedman 1", *make_friedman1(n_rows, 10, noise=1.0, random_state=0)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 8))
    noise = 0.3 * rng.normal(size=n_rows)
    yield "interaction", X, (np.sin(3 * X[:, 0]) + X[:, 1] * X[:, 2] + noise > 0).astype(int)


def loss(parts, **settings):
    X, X_test, y, y_test = parts
    is_real = y.dtype.kind == "f"
    kind = ShallowNetRegressor if is_real else ShallowNetClassifier
    net = kind(numeric_encoding=None, random_state=0, **settings).fit(X, y)
    if is_real:
        return 1 - net.score(X_test, y_test)
    return log_loss(y_test, net.predict_proba(X_test))


def main():
    warnings.simplefilter("ignore")
    print("| | batches of 256 | 1,024 | 4,096 | averaged, 2 parts | 8 parts | 8, sorted by y |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name, X, y in data_sets():
        parts = train_test_split(X, y, test_size=N_TEST, random_state=0)
        found = [loss(parts, batch_size=size) for size in (256, 1024, 4096)]
        as_given, by_target = np.arange(N_TRAIN), np.argsort(parts[2], kind="stable")
        for order, n_parts in ((as_given, 2), (as_given, 8), (by_target, 8)):
            stochastic.run_epoch = local_epochs(order, n_parts)
            found.append(loss(parts))
            stochastic.run_epoch = run_epoch
        print(f"| {name} | {' | '.join(f'{value:.4f}' for value in found)} |", flush=True)


if __name__ == "__main__":
    main()
