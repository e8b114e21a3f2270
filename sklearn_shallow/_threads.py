"""How many BLAS threads a piece of work gets.

Small products gain nothing from several threads, and where the cores are busy the waiting threads
cost many times the work itself. So small work runs on one thread, large work on what the process
has; what was set before is set again afterwards.
"""

from contextlib import nullcontext
from functools import lru_cache
from itertools import pairwise

from threadpoolctl import ThreadpoolController

__all__ = ["blas_threads", "one_blas_thread", "one_blas_thread_each"]

SMALL_WORK = 2**24  # multiplications in all: less than a tenth of a millisecond of limiting threads
LARGE_PRODUCT = 2**23  # multiplications in one product: some tenths of a millisecond on one core


def blas_threads(batch_size, objective):
    """Return a context in which batches of that many rows of an objective should be computed.

    The limit holds for the whole process while the context lasts.
    """
    n_rows = min(batch_size, objective.block_rows) if batch_size == objective.n_rows else batch_size
    widest = max(n_in * n_out for n_in, n_out in pairwise(objective.layout.units))
    if n_rows * widest >= LARGE_PRODUCT:
        return _beside_numpy().limit(limits=1)
    return _controller().limit(limits=1, user_api="blas")


def one_blas_thread(n_rows, layout):
    """Return a context in which that many rows should be predicted, in blocks that fit the cache.

    Changing the number of threads takes longer than predicting a few rows does.
    """
    if n_rows * layout.n_params < SMALL_WORK:
        return nullcontext()
    return _controller().limit(limits=1, user_api="blas")


def one_blas_thread_each():
    """Return a context for work on several threads, each of which may set and take back a limit.

    The limits hold for the process: without this one around them all, the thread that ends last
    would set back what another had set.
    """
    return _controller().limit(limits=1, user_api="blas")


@lru_cache(maxsize=1)
def _controller():
    # Finding the libraries takes milliseconds; those of NumPy and SciPy are loaded by now.
    return ThreadpoolController()


@lru_cache(maxsize=1)
def _beside_numpy():
    """The BLAS that SciPy's wheels bring along, which the update rules call.

    Its waiting threads and those of NumPy's BLAS would take the cores from each other.
    """
    paths = [info["filepath"] for info in _controller().info() if info["user_api"] == "blas"]
    own = [path for path in paths if "scipy.libs" in path]
    return _controller().select(filepath=own)
