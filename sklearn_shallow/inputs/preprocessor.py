"""The transform of X that `coefs_` apply to, for users."""

from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np

from sklearn_shallow.inputs.scaling import Standardization
from sklearn_shallow.inputs.table import Table
from sklearn_shallow.utils.typing import MatrixLike


@dataclass(frozen=True, eq=False)
class Preprocessor:
    """The transform of X to the columns that ``coefs_[0]`` apply to.

    Attributes
    ----------
    columns : Columns
        Imputes missing numbers, encodes categories and appends missing indicators.
    compression : Compression
        Limits the numbers to the training range, and compresses columns with heavy tails.
    encoding : PiecewiseLinear or Transformed
        Appends the columns of bins or of a transformer.
    """

    inputs: Standardization
    table: Table | None

    columns = property(attrgetter("inputs.columns"))
    compression = property(attrgetter("inputs.compression"))
    encoding = property(attrgetter("inputs.encoding"))

    def transform(self, X: MatrixLike) -> Any:
        """Return X imputed, limited, compressed and encoded: the columns that `coefs_` apply to.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), dense
            Samples as passed to `predict`.

        Returns
        -------
        X : ndarray of shape (n_samples, n_columns)
            A new array, or X itself if nothing changes.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn_shallow import ShallowNetClassifier
        >>> X = np.random.default_rng(0).standard_t(df=1, size=(200, 2))
        >>> net = ShallowNetClassifier((), solver="lbfgs").fit(X, X[:, 0] > 0)
        >>> net.preprocessor_.compression.columns
        array([0, 1])
        >>> raw = net.preprocessor_.transform(X) @ net.coefs_[0] + net.intercepts_[0]
        >>> np.allclose(raw[:, 0], net.decision_function(X))
        True
        """
        X = np.asarray(X) if self.table is None else self.table.read(X)
        if not len(self.encoding):
            return self.inputs.compressed(X)
        X = X if X.dtype.kind == "f" else X.astype(np.float64)
        write = self.inputs.writer(X.dtype, is_scaled=False)
        return write(X, self.inputs.buffer(len(X), X.dtype))[:, :-1]
