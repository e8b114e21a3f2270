"""The peers of the speed benchmark: the same work, each done in its own way.

Convention
----------
A peer is made from a case and its data, in the dtype it works in. ``train(n)`` fits a new model for
n epochs or iterations, ``predict()`` returns probabilities of the rows of the case, or values.

Every peer minimises the same objective: the mean over the rows of the log-loss, or of half the
squared error summed over the targets, plus ``1 / (2 n_rows)`` times the sum of squared weights.
scikit-learn divides its penalty by the rows of the batch instead, hence its alpha; the weight decay
of torch also acts on the biases.
"""

import importlib.util
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy import sparse
from sklearn.neural_network import MLPClassifier, MLPRegressor
from speed_cases import FIT_ROWS

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor

LEARNING_RATE = 1e-3
BLOCK_ROWS = 1000  # of the bare products over all rows
FOREVER = 10**9


class Estimators(NamedTuple):
    """The estimators for a task, and their method that is timed."""

    ours: type
    mlp: type
    prediction: str


ESTIMATORS = {
    "classification": Estimators(ShallowNetClassifier, MLPClassifier, "predict_proba"),
    "regression": Estimators(ShallowNetRegressor, MLPRegressor, "predict"),
}


class Peer:
    """A case, its data, and a model to predict with if that is what is timed."""

    def __init__(self, case, X, y, dtype=np.float32):
        self.case = case
        self.X = X.astype(dtype, copy=False)
        self.y = y.astype(dtype, copy=False) if case.task == "regression" else y
        if case.kind == "predict":
            self.X, self.y = self.X[:FIT_ROWS], self.y[:FIT_ROWS]
            self.train(2)
            self.X = X[: case.shape[0]].astype(dtype, copy=False)

    def run(self, count):
        """Do so many epochs, iterations or calls."""
        if self.case.kind == "predict":
            for _ in range(count):
                self.predict()
        else:
            self.train(count)


class _Estimator(Peer):
    @property
    def estimators(self):
        return ESTIMATORS[self.case.task]

    def train(self, n_iter):
        self.model = self._estimator(n_iter).fit(self.X, self.y)
        if self.model.n_iter_ != n_iter:
            raise RuntimeError(f"{self.model} ended after {self.model.n_iter_} of {n_iter}")

    def predict(self):
        return getattr(self.model, self.estimators.prediction)(self.X)

    def _common(self, n_iter):
        """Return the parameters whose name and meaning both estimators share."""
        case = self.case
        parameters = {
            "hidden_layer_sizes": case.hidden,
            "activation": case.activation,
            "max_iter": n_iter,
            "tol": 0,
            "random_state": 0,
        }
        if case.kind == "lbfgs":
            return parameters | {"solver": "lbfgs"}
        return parameters | {
            "batch_size": case.batch or "auto",
            "learning_rate_init": LEARNING_RATE,
            "n_iter_no_change": FOREVER,
        }


class Ours(_Estimator):
    def _estimator(self, n_iter):
        from sklearn_shallow import Adam

        settings = {**self._common(n_iter), "alpha": 1.0, "standardize": False}
        if self.case.kind != "lbfgs":  # which computes in the dtype of X
            settings |= {"solver": Adam(dtype=self.X.dtype.name), "learning_rate": "constant"}
        return self.estimators.ours(**settings)


class MLP(_Estimator):
    def _estimator(self, n_iter):
        alpha = self.case.batch / self.case.shape[0] if self.case.batch else 1.0
        return self.estimators.mlp(**self._common(n_iter), alpha=alpha)


class Torch(Peer):
    """PyTorch eager as a careful user writes it: tensors, fused Adam, no DataLoader.

    Sparse X is a COO tensor: its rows can be selected, which those of a CSR tensor cannot.
    """

    def __init__(self, case, X, y):
        import torch

        self.torch = torch
        torch.manual_seed(0)
        if case.n_outputs == 1:
            # Two classes have one output too, as with the others.
            y = y.astype(np.float32)[:, np.newaxis]
        self.loss = self._loss(case)
        super().__init__(case, X, y)

    def _loss(self, case):
        functional = self.torch.nn.functional
        if case.task == "regression":
            # A sum over the targets, as with the others, not their mean.
            return lambda raw, y: case.n_outputs / 2 * functional.mse_loss(raw, y)
        if case.n_outputs == 1:
            return functional.binary_cross_entropy_with_logits
        return functional.cross_entropy

    def train(self, n_epochs):
        torch = self.torch
        X, y = self._tensor(self.X), torch.from_numpy(self.y)
        self.model = self._module()
        optimizer = torch.optim.Adam(
            self.model.parameters(), lr=LEARNING_RATE, weight_decay=1 / len(y), fused=True
        )
        n_batches = self.case.n_batches if self.case.batch else 10
        for _ in range(n_epochs):
            for rows in torch.randperm(len(y)).tensor_split(n_batches):
                raw = self.model(X.index_select(0, rows))
                loss = self.loss(raw, y.index_select(0, rows))
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()

    def predict(self):
        with self.torch.no_grad():
            raw = self.model(self.torch.from_numpy(self.X))
            return (raw if self.case.task == "regression" else raw.softmax(dim=1)).numpy()

    def _tensor(self, X):
        if not sparse.issparse(X):
            return self.torch.from_numpy(X)
        X = X.tocoo()
        indices = np.stack([X.row, X.col])
        return self.torch.sparse_coo_tensor(
            indices, X.data, X.shape, check_invariants=False
        ).coalesce()

    def _module(self):
        nn = self.torch.nn
        activation = {"relu": nn.ReLU, "tanh": nn.Tanh, "logistic": nn.Sigmoid}
        layers = []
        for n_in, n_out in pairwise(self.case.units):
            layers += [nn.Linear(n_in, n_out), activation[self.case.activation]()]
        return nn.Sequential(*layers[:-1])


class Products(Peer):
    """The matrix products of a step and nothing else: the limit, and the control of the machine.

    No gather, bias, activation, loss or update; no gradient with respect to X.
    """

    def __init__(self, case, X, y):
        rng = np.random.default_rng(0)
        rows = -(-case.shape[0] // case.n_batches) if case.batch else BLOCK_ROWS
        self.W = [
            rng.standard_normal(shape, dtype=np.float32) / np.float32(np.sqrt(shape[0]))
            for shape in pairwise(case.units)
        ]
        self.dW = [np.empty_like(W) for W in self.W]
        self.Z = [np.ones((rows, n_units), np.float32) for n_units in case.units[1:]]
        self.dZ = [np.ones_like(Z) for Z in self.Z]
        n_used = min(rows if case.batch else case.shape[0], case.shape[0])
        self.blocks = [X[i : min(i + rows, n_used)] for i in range(0, n_used, rows)]
        super().__init__(case, X, y)

    def train(self, n_iter):
        for _ in range(n_iter * self.case.units_per_count):
            for X in self.blocks:
                self._forward(X)
                self._backward(X)

    def predict(self):
        for X in self.blocks:
            self._forward(X)

    def _forward(self, X):
        A = X
        for W, Z in zip(self.W, self.Z, strict=True):
            A = _multiply(A, W, out=Z[: X.shape[0]])

    def _backward(self, X):
        n_rows = X.shape[0]
        for layer in range(len(self.W) - 1, 0, -1):
            dZ = self.dZ[layer][:n_rows]
            np.matmul(self.Z[layer - 1][:n_rows].T, dZ, out=self.dW[layer])
            _multiply(dZ, self.W[layer].T, out=self.dZ[layer - 1][:n_rows])
        _multiply(X.T, self.dZ[0][:n_rows], out=self.dW[0])


def _multiply(left, right, out):
    if sparse.issparse(left):
        return left @ right
    # A column times a row goes to no BLAS in NumPy's matmul, but to a loop that takes far longer.
    return (np.multiply if left.shape[1] == 1 else np.matmul)(left, right, out=out)


PEERS = {
    "ours": partial(Ours, dtype=np.float32),
    "ours-f64": partial(Ours, dtype=np.float64),
    "mlp-f64": partial(MLP, dtype=np.float64),
    "mlp-f32": partial(MLP, dtype=np.float32),
    "torch": Torch,
    "products": Products,
}
if importlib.util.find_spec("torch") is None:
    del PEERS["torch"]
