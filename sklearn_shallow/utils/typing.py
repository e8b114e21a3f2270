"""Types of public signatures."""

from typing import Any, TypeAlias

MatrixLike: TypeAlias = Any
"""An array, a sequence, a data frame or a sparse matrix; the last two have no common type."""
