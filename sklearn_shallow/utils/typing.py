"""Types of public signatures."""

from typing import Any, TypeAlias

__all__ = ["MatrixLike"]

MatrixLike: TypeAlias = Any
"""An array, a sequence, a data frame or a sparse matrix; the last two have no common type."""
