"""In-place sums and products of vectors by BLAS, and symmetric matrices.

``AXPY[c](x, y, a=f)`` is ``y += f x`` in one pass over memory, half of NumPy's work;
``SCAL[c](f, x)`` is ``x *= f`` with less overhead. ``SYRK[c](1.0, A)`` is the upper triangle of
``A A'``, ``SYMV[c](1.0, S, x)`` the product with a symmetric matrix whose upper triangle is S. The
key is ``dtype.char``.
"""

from scipy.linalg.blas import daxpy, dscal, dsymv, dsyrk, saxpy, sscal, ssymv, ssyrk

AXPY = {"f": saxpy, "d": daxpy}
SCAL = {"f": sscal, "d": dscal}
SYRK = {"f": ssyrk, "d": dsyrk}
SYMV = {"f": ssymv, "d": dsymv}
