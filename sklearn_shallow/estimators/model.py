"""A trained network together with the scaling of its inputs: from the user's X to raw.

Convention
----------
X : ndarray or CSR of shape (n_rows, n_features), as the user gave it.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from sklearn_shallow.inputs.scaling import Standardization, append_ones
from sklearn_shallow.network.passes import Network, Workspace
from sklearn_shallow.objective.formula import block_rows
from sklearn_shallow.utils.threads import one_blas_thread

__all__ = ["Model"]


@dataclass
class Model:
    """What prediction needs.

    Attributes
    ----------
    network : Network
    scaling : Standardization
    theta : ndarray of shape (n_params,); its dtype is that of the predictions
    """

    network: Network
    scaling: Standardization
    theta: np.ndarray

    def map(self, X, function, n_columns):
        """Return ``function(raw)`` for the raw output of X, in blocks: extra memory is bounded.

        Parameters
        ----------
        function : callable
            Maps raw, (n_rows, n_outputs), one output after the other in memory, to an array
            (n_rows, n_columns); it may overwrite raw.
        """
        return self._map(X, lambda work, raw: function(raw), n_columns)

    def hidden(self, X, layer):
        """Return the activations of a hidden layer."""
        n_units = self.network.layout.units[1 + layer]
        return self._map(X, lambda work, raw: work.A[layer][:, :-1], n_units)

    def inputs(self, X):
        """Return X as the network sees it."""
        return self.scaling.apply(X, self.theta.dtype)[:, :-1]

    def _map(self, X, function, n_columns):
        n_rows = X.shape[0]
        out = np.empty((n_rows, n_columns), self.theta.dtype)
        size = min(block_rows(self.network.layout, self.theta.dtype), n_rows)
        with one_blas_thread(n_rows, self.network.layout):
            for start in range(0, n_rows, size):
                rows = slice(start, min(start + size, n_rows))
                if rows.stop - start < size or start == 0:
                    forward = self._forward_of(rows.stop - start, X)
                out[rows] = function(*forward(X[rows]))
        return out

    def _forward_of(self, n_rows, X):
        """Return a function from blocks of that many rows of X to the work arrays and raw."""
        dtype, compression = self.theta.dtype, self.scaling.compression
        # Centring would make a sparse X dense, so it goes into the first layer instead; so does
        # all scaling where that loses no precision and the rows are many. Compression cannot.
        stays_sparse = sparse.issparse(X) and compression.is_identity
        many = X.shape[0] * X.shape[1] > self.theta.size
        as_passed = self.scaling.center if stays_sparse else many and self.scaling.is_mild
        theta = self.unscaled().astype(dtype) if as_passed else self.theta
        parameters = self.network.layout.unpack(theta)
        work = Workspace(self.network, n_rows, dtype)
        inputs = None if stays_sparse else self.scaling.buffer(n_rows, dtype)

        def forward(block):
            if sparse.issparse(block) and not stays_sparse:
                block = block.toarray()
            if stays_sparse:
                A = append_ones(block, dtype) if as_passed else self.scaling.apply(block, dtype)
            elif as_passed:
                compression.write(block, inputs[:, :-1])
                A = inputs
            else:
                A = self.scaling.apply(block, out=inputs)
            return work, self.network.forward(parameters, A, work, raw=work.dZ[-1])

        return forward

    def at(self, theta):
        """Return the model with these parameters, in its own dtype."""
        return replace(self, theta=theta.astype(self.theta.dtype))

    def unscaled(self):
        """Return the parameters that act on X only compressed, in float64."""
        theta = self.theta.astype(np.float64)
        first = self.network.layout.unpack(theta)
        first.W[0][...], first.b[0][...] = self.scaling.fold(first.W[0], first.b[0])
        return theta

    def in_user_units(self, target):
        """Return the parameters that act on X only compressed and make y as passed, in float64."""
        theta = self.unscaled()
        last = self.network.layout.unpack(theta)
        last.W[-1][...], last.b[-1][...] = target.to_raw_units(last.W[-1], last.b[-1].copy())
        return theta

    def scaled(self, theta):
        """Return the parameters of this model that do what `theta` does on X only compressed."""
        theta = theta.astype(np.float64)
        first = self.network.layout.unpack(theta)
        first.W[0][...], first.b[0][...] = self.scaling.unfold(first.W[0], first.b[0].copy())
        return theta
