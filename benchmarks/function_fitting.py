"""Function fitting with few hidden units: solver="lm" beside L-BFGS, Adam and MINPACK.

    python benchmarks/function_fitting.py [--seeds 10] [--problems sinc gaussians]

All minimise the same objective from the same initial values: half the mean squared error of one
hidden layer of tanh units on 500 rows of a formula, standardised, and a negligible weight decay.
The peers are "lbfgs" and "adam" with ten times the seconds that "lm" took, the latter at the better
of two rates, and `scipy.optimize.least_squares` with ``method="lm"``, which is MINPACK, and the
exact Jacobian. One thread, and seconds of the processor, which others on it do not lengthen. Prints
the table of the README.md.
"""

import argparse
import time
import warnings
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import scipy
from data_sets import sample
from scipy.optimize import least_squares
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import sklearn_shallow
from sklearn_shallow import LBFGS, Adam, ShallowNetRegressor
from sklearn_shallow.network.activations import ACTIVATIONS
from sklearn_shallow.network.layout import Layout
from sklearn_shallow.solvers import progress as _progress

N_ROWS = 500
HIDDEN = {
    "sine": 4,
    "sinc": 6,
    "Friedman 1": 8,
    "Friedman 2": 2,
    "Friedman 3": 5,
    "Ishigami": 10,
    "gaussians": 10,
}
NOISES = (0.0, 0.1)  # relative to the standard deviation of the values
ALPHA = 1e-8
ITERATIONS = 500  # of Levenberg-Marquardt, ours and MINPACK's
MORE_TIME = 10  # for L-BFGS and Adam
RATES = (0.003, 0.03)  # of Adam: the default, and ten times that
NEAR = 1.01  # times the best error of a peer is what both are timed to
SETTINGS = {
    "activation": "tanh",
    "alpha": ALPHA,
    "standardize": False,
    "n_iter_no_change": 10**9,
    "tol": 0.0,
}


class Run(NamedTuple):
    """A minimisation: the root of twice the objective over the seconds since it was called."""

    seconds: np.ndarray
    errors: np.ndarray
    rmse: float

    def time_to(self, level):
        """Return the seconds until the error was at most that, infinite if it never was."""
        reached = np.flatnonzero(self.errors <= level)
        return self.seconds[reached[0]] if len(reached) else np.inf


def run_ours(X, y, layout, theta, **settings):
    start = layout.unpack(theta)
    net = ShallowNetRegressor(layout.units[1:-1], **SETTINGS, **settings)
    began = time.process_time()
    net.fit(X, y, coef_init=start.W, intercept_init=start.b)
    seconds = np.array(net.history_["seconds"])
    seconds += time.process_time() - began - seconds[-1]  # what fit does beside the iterations
    losses = np.array(net.history_["loss"])
    losses[-1] = net.loss_  # of Adam the history holds means over the batches
    return Run(seconds, np.sqrt(2 * losses), np.sqrt(np.mean((net.predict(X) - y) ** 2)))


def run_minpack(X, y, layout, theta):
    network = Residuals(X, y, layout)
    began = time.process_time()
    result = least_squares(
        network.residuals,
        theta,
        network.jacobian,
        method="lm",
        ftol=1e-15,
        xtol=1e-15,
        gtol=1e-15,
        max_nfev=ITERATIONS,
    )
    seconds, errors = np.array(network.record).T
    rmse = np.sqrt(np.mean(network.residuals(result.x)[: len(y)] ** 2))
    return Run(seconds - began, np.sqrt(errors / len(y)), rmse)


class Residuals:
    """The residuals of the network and of the decay, and their Jacobian."""

    def __init__(self, X, y, layout):
        self.X, self.y, self.layout = X, y, layout
        self.decayed = np.concatenate([np.arange(layout.n_params)[part] for part in layout.weights])
        self.record = []  # (time, sum of squares) of every evaluation

    def residuals(self, theta):
        parameters = self.layout.unpack(theta)
        A = np.tanh(self.X @ parameters.W[0] + parameters.b[0])
        raw = (A @ parameters.W[1] + parameters.b[1])[:, 0]
        residuals = np.concatenate([raw - self.y, np.sqrt(ALPHA) * theta[self.decayed]])
        self.record.append((time.process_time(), residuals @ residuals))
        return residuals

    def jacobian(self, theta):
        parameters, n_rows = self.layout.unpack(theta), len(self.y)
        A = np.tanh(self.X @ parameters.W[0] + parameters.b[0])
        dZ = (1 - A**2) * parameters.W[1].T
        J = np.zeros((n_rows + len(self.decayed), self.layout.n_params))
        inputs = np.column_stack([self.X, np.ones(n_rows)])
        first, last = self.layout.layers
        J[:n_rows, first] = (inputs[:, :, np.newaxis] * dZ[:, np.newaxis]).reshape(n_rows, -1)
        J[:n_rows, last] = np.column_stack([A, np.ones(n_rows)])
        J[n_rows + np.arange(len(self.decayed)), self.decayed] = np.sqrt(ALPHA)
        return J


def run_all(X, y, layout, theta):
    """Return the runs of all solvers from one start."""
    problem = (X, y, layout, theta)
    runs = {"lm": run_ours(*problem, solver="lm", max_iter=ITERATIONS)}
    seconds = MORE_TIME * runs["lm"].seconds[-1]
    lbfgs = LBFGS(max_time=seconds, max_fun=10**8)
    runs["lbfgs"] = run_ours(*problem, solver=lbfgs, max_iter=10**7)
    steady = {
        "solver": Adam(beta_2=0.999, dtype="float64", max_time=seconds),
        "learning_rate": "constant",
    }
    for rate in RATES:
        runs[f"adam {rate}"] = run_ours(*problem, max_iter=10**7, learning_rate_init=rate, **steady)
    runs["minpack"] = run_minpack(*problem)
    return runs


def measure(name, noise, n_seeds):
    """Return the runs of every seed."""
    X, y = sample(name, N_ROWS, noise)
    X = StandardScaler().fit_transform(X)
    y = (y - y.mean()) / y.std()
    layout = Layout((X.shape[1], HIDDEN[name], 1))
    starts = [
        layout.initial(np.random.default_rng(seed), [ACTIVATIONS["tanh"]])
        for seed in range(n_seeds)
    ]
    return [run_all(X, y, layout, theta) for theta in starts]


def median_of(results, solver, quantity):
    return np.median([quantity(runs[solver]) for runs in results])


def times_to_best(results, peer):
    """Return the seconds in which "lm" and a peer reach the median of the peer's best errors.

    Not every run does: half of the runs.
    """
    level = NEAR * median_of(results, peer, lambda run: run.errors.min())
    return [
        np.quantile([runs[who].time_to(level) for runs in results], 0.5, method="lower")
        for who in ("lm", peer)
    ]


def print_row(name, noise, results):
    rmse = {solver: median_of(results, solver, lambda run: run.rmse) for solver in results[0]}
    adam = min((f"adam {rate}" for rate in RATES), key=rmse.get)
    peers = ["lbfgs", adam, "minpack"]
    cells = [f"{rmse[solver]:.3g}" for solver in ["lm", *peers]]
    for peer in peers:
        ours, theirs = times_to_best(results, peer)
        reached = f"{1e3 * ours:.3g} / {1e3 * theirs:.3g} | {theirs / ours:.1f}"
        cells.append(reached if ours < np.inf else f"never / {1e3 * theirs:.3g} | -")
    print(f"| {name} | {HIDDEN[name]} | {noise} | {' | '.join(cells)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--problems", nargs="+", choices=HIDDEN, default=list(HIDDEN))
    options = parser.parse_args()
    print(
        f"sklearn_shallow {sklearn_shallow.__version__}, numpy {np.__version__}, "
        f"scipy {scipy.__version__}, 1 thread, medians of {options.seeds} seeds\n"
    )
    print(
        "| formula | units | noise | lm | lbfgs | adam | minpack "
        "| ms to lbfgs | ratio | ms to adam | ratio | ms to minpack | ratio |"
    )
    print("|---|--:|--:|" + "--:|" * 10)
    for name in options.problems:
        for noise in NOISES:
            print_row(name, noise, measure(name, noise, options.seeds))


if __name__ == "__main__":
    _progress.time = SimpleNamespace(perf_counter=time.process_time)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the iterations are limited on purpose
        main()
