"""Many rows of which few columns tell anything: do silenced units slow the fit down?

    OPENBLAS_NUM_THREADS=1 python benchmarks/subnormal.py [--rows 50000 100000 150000]

Most hidden units are not needed there, and their weights decay. Below 1.2e-38 they would be
subnormal numbers in float32, with which many processors (not AMD's since Zen) take 10 to 100 times
as long. Prints, for labels that one column decides without noise, with a tenth of them wrong, and
by chance with a probability that two columns say: seconds and held-out accuracy of our classifier
at its defaults and of MLPClassifier; of ours the share of subnormal numbers among parameters,
gradients and moments along the fit, and that of zeros among the parameters at its end.
"""

import argparse

import numpy as np
from defaults_measure import quiet, seconds_of_fit
from scipy.special import expit
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from sklearn_shallow import ShallowNetClassifier
from sklearn_shallow.solvers.update_rules import Adam

N_COLUMNS = 40
TEST_ROWS = 20_000
COUNTED_EVERY = 50  # steps


class Counting(Adam):
    """Adam that counts subnormal numbers before its steps."""

    shares: list = []

    def update(self, theta, gradient, learning_rate):
        if self.n_steps % COUNTED_EVERY == 0:
            numbers = np.abs(np.concatenate([theta, gradient, self.M, self.S]))
            tiny = np.finfo(theta.dtype).tiny
            self.shares.append(np.mean((numbers > 0) & (numbers < tiny)))
        super().update(theta, gradient, learning_rate)


def labels(X, rng):
    """Return y by the name of how it comes about."""
    one = X[:, 0] > 0
    return {
        "one column": one,
        "one column, 10 % wrong": one ^ (rng.random(len(X)) < 0.1),
        "two columns, chance": rng.random(len(X)) < expit(X[:, 0] + X[:, 1]),
    }


def timed(model, X, y):
    """Return the seconds of a fit, and the accuracy on the last samples."""
    seconds = seconds_of_fit(model, X[:-TEST_ROWS], y[:-TEST_ROWS])
    return seconds, model.score(X[-TEST_ROWS:], y[-TEST_ROWS:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[50_000, 100_000, 150_000])
    options = parser.parse_args()
    print("| rows | labels | ours, s | MLP, s | accuracy | MLP | subnormal | zeros |")
    print("|--:|---|--:|--:|--:|--:|--:|--:|")
    for n_rows in options.rows:
        rng = np.random.default_rng(0)
        X = rng.standard_normal((n_rows + TEST_ROWS, N_COLUMNS), dtype=np.float32)
        for name, y in labels(X, rng).items():
            Counting.shares.clear()
            ours = ShallowNetClassifier(solver=Counting(), random_state=0)
            theirs = MLPClassifier(random_state=0)
            (t, score), (t_mlp, score_mlp) = timed(ours, X, y), timed(theirs, X, y)
            zeros = np.mean(np.concatenate([W.ravel() for W in ours.coefs_]) == 0)
            print(
                f"| {n_rows:,} | {name} | {t:.2f} | {t_mlp:.2f} | {score:.4f} | {score_mlp:.4f} "
                f"| {np.mean(Counting.shares):.2%} | {zeros:.0%} |",
                flush=True,
            )


if __name__ == "__main__":
    quiet()
    with threadpool_limits(1):
        main()
