"""In-place sums and products of vectors by BLAS.

``AXPY[c](x, y, a=f)`` is ``y += f x`` in one pass over memory, half of NumPy's work;
``SCAL[c](f, x)`` is ``x *= f`` with less overhead. The key is ``dtype.char``.
"""

from scipy.linalg.blas import daxpy, dscal, saxpy, sscal

AXPY = {"f": saxpy, "d": daxpy}
SCAL = {"f": sscal, "d": dscal}
