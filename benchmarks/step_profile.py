"""Where the microseconds of one training step go, operation by operation.

    OPENBLAS_NUM_THREADS=1 python benchmarks/step_profile.py

Each operation of a step (adam, one hidden layer, float32) is timed by itself on work arrays of the
case's size, best of many. Their sum is less than a step takes: between them, other data pass
through the cache, and Python looks up and calls.
"""

import time

import numpy as np

from sklearn_shallow import LogLoss, SquaredError
from sklearn_shallow.losses.links import LINKS
from sklearn_shallow.network.activations import get_activation
from sklearn_shallow.network.layout import Layout
from sklearn_shallow.network.passes import Network, Workspace
from sklearn_shallow.solvers.update_rules import Adam

LOG_LOSS, SQUARED_ERROR = LogLoss().on(LINKS["softmax"]), SquaredError()
CASES = {
    "digits": ((64, 100, 10), 200, "relu", LOG_LOSS),
    "digits-tanh": ((64, 100, 10), 200, "tanh", LOG_LOSS),
    "small-batch": ((20, 50, 3), 32, "relu", LOG_LOSS),
    "mnist": ((784, 128, 10), 128, "relu", LOG_LOSS),
    "diabetes": ((10, 100, 1), 148, "relu", SQUARED_ERROR),
    "wide": ((200, 100, 1), 200, "relu", SQUARED_ERROR),
    "targets-5": ((20, 100, 5), 200, "relu", SQUARED_ERROR),
}
N_ROWS = 5000
REPEATS, CALLS = 15, 100


def microseconds(function):
    """Return the time of a call, the best of several loops."""
    best = np.inf
    for _ in range(REPEATS):
        start = time.perf_counter()
        for _ in range(CALLS):
            function()
        best = min(best, (time.perf_counter() - start) / CALLS)
    return 1e6 * best


def operations(units, batch, name, loss):
    """Return the operations of a step by name; those named "product" are matrix products."""
    rng = np.random.default_rng(0)
    activation = get_activation(name)
    layout = Layout(units)
    work = Workspace(Network(layout, [activation]), batch, np.float32)
    theta = layout.initial(rng, [activation]).astype("f4")
    gradient = np.full_like(theta, 1e-6)
    W, dW = layout.unpack(theta), layout.unpack(gradient.copy())
    X = np.ones((N_ROWS, units[0] + 1), "f4")
    Y = np.zeros((units[-1], N_ROWS), "f4")
    rows = rng.permutation(N_ROWS)[:batch]
    X_batch, Y_batch = X[:batch].copy(), Y[:, :batch].copy()
    raw = np.zeros((units[-1], batch), "f4").T
    A, Z, dA, d_raw = work.A[0], work.Z[0], work.dZ[0], work.dZ[1]
    Z[...], d_raw[...], dA[...] = 0.1, 0.01, 0.01
    optimizer = Adam()
    optimizer.start(theta)
    outer = np.multiply if units[-1] == 1 else np.matmul  # as `Network` does
    return {
        "gather X": lambda: np.take(X, rows, axis=0, out=X_batch, mode="clip"),
        "gather Y": lambda: np.take(Y, rows, axis=1, out=Y_batch, mode="clip"),
        "product X W0": lambda: np.matmul(X_batch, W.affine[0], out=Z),
        "activation": lambda: activation.forward(Z, A[:, :-1]),
        "product A W1": lambda: np.matmul(A, W.affine[1], out=raw),
        "gradient of the loss": lambda: loss.gradient(Y_batch.T, raw, out=d_raw),
        "product A' dZ1": lambda: np.matmul(A.T, d_raw, out=dW.affine[1]),
        "product dZ1 W1'": lambda: outer(d_raw, W.W[1].T, out=dA),
        "slope": lambda: activation.backward(dA, Z, A[:, :-1]),
        "product X' dZ0": lambda: np.matmul(X_batch.T, dA, out=dW.affine[0]),
        "adam": lambda: optimizer.update(theta, gradient, 1e-9),
        "loss of a batch": lambda: loss.value(Y_batch.T, raw),
    }


def main():
    times = {}
    for case, arguments in CASES.items():
        with np.errstate(all="ignore"):
            times[case] = {
                name: microseconds(call) for name, call in operations(*arguments).items()
            }
    print("| microseconds |" + "".join(f" {case} |" for case in CASES))
    print("|---|" + "--:|" * len(CASES))
    for name in times["digits"]:
        print(f"| {name} |" + "".join(f" {times[case][name]:.1f} |" for case in CASES))
    sums = {case: sum(parts.values()) for case, parts in times.items()}
    products = {
        case: sum(t for name, t in parts.items() if name.startswith("product"))
        for case, parts in times.items()
    }
    print("| sum |" + "".join(f" {sums[case]:.1f} |" for case in CASES))
    print("| sum / products |" + "".join(f" {sums[c] / products[c]:.2f} |" for c in CASES))


if __name__ == "__main__":
    main()
