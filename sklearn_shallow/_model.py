"""A trained network together with the scaling of its inputs: from the user's X to raw.

Convention
----------
X : ndarray or CSR of shape (n_rows, n_features), as the user gave it.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from sklearn_shallow._network import Network, Workspace
from sklearn_shallow._objective import block_rows
from sklearn_shallow._scaling import Standardization, append_ones

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

    def raw(self, X):
        """Return the raw output for X, in blocks of rows, so that extra memory is bounded."""
        # Centring would make a sparse X dense, so it goes into the first layer instead.
        fold = sparse.issparse(X)
        theta = self.unscaled() if fold else self.theta
        parameters = self.network.layout.unpack(theta)
        out = np.empty((X.shape[0], self.network.layout.units[-1]), theta.dtype)
        size = min(block_rows(self.network.layout, theta.dtype), X.shape[0])
        work = Workspace(self.network, size, theta.dtype)
        for start in range(0, X.shape[0], size):
            block = X[start : start + size]
            if block.shape[0] < size:
                work = Workspace(self.network, block.shape[0], theta.dtype)
            block = (append_ones if fold else self.scaling.apply)(block, theta.dtype)
            self.network.forward(parameters, block, work, raw=out[start : start + size])
        return out

    def at(self, theta):
        """Return the model with these parameters, in its own dtype."""
        return replace(self, theta=theta.astype(self.theta.dtype))

    def unscaled(self):
        """Return the parameters that act on X as the user gives it."""
        theta = self.theta.copy()
        first = self.network.layout.unpack(theta)
        first.W[0][...], first.b[0][...] = self.scaling.fold(first.W[0], first.b[0])
        return theta

    def scaled(self, theta):
        """Return the parameters of this model that do what `theta` does on X as it is passed."""
        theta = theta.astype(np.float64)
        first = self.network.layout.unpack(theta)
        first.W[0][...], first.b[0][...] = self.scaling.unfold(first.W[0], first.b[0].copy())
        return theta
