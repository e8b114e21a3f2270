"""Number of BLAS threads for fits and predictions.

Small products gain nothing from several threads, and on busy cores waiting threads cost many times
the work itself. Therefore fits and predictions use one thread, except for products that take long
compared with the wait for a core. The previous setting is restored afterwards.
"""

from contextlib import contextmanager, nullcontext
from functools import lru_cache, partial
from itertools import pairwise

from threadpoolctl import OpenBLASController, ThreadpoolController

from sklearn_shallow.utils.shared_context import SharedContext, lock_across_forks

SMALL_WORK = 2**24  # multiplications in all: less than a tenth of a millisecond of limiting threads
SERIAL_PRODUCT, SERIAL_ARRAY = 2**18, 2**13  # up to which OpenBLAS takes one thread anyway
LARGE_PRODUCT = 2**30  # multiplications in one product: tens of milliseconds on one core

_CONTROL, _SEARCH = lock_across_forks(), lock_across_forks()


@contextmanager
def _one_thread(libraries):
    """Limit the libraries of a controller to one thread, then restore the previous number."""
    with _in_control():
        before = libraries.limit(limits=1)
    try:
        yield
    finally:
        with _in_control():
            before.restore_original_limits()


@contextmanager
def _in_control():
    """Let this thread set the number of threads, and other threads after it.

    threadpoolctl 3.8 and newer ignores settings by any thread but the first.
    """
    clear = getattr(OpenBLASController, "clear_controlling_thread", lambda force: None)
    with _CONTROL:
        clear(force=True)
        try:
            yield
        finally:
            clear(force=True)


def blas_threads(batch_size, objective):
    """Return a context for computing batches of that many rows of an objective.

    Large products get the threads of NumPy's BLAS alone. SciPy's wheels contain another one,
    which the update rules call, and the threads of both would compete for the cores.
    """
    n_rows = min(batch_size, objective.block_rows) if batch_size >= objective.n_rows else batch_size
    widest = max(n_in * n_out for n_in, n_out in pairwise(objective.layout.units))
    if n_rows * widest >= LARGE_PRODUCT:
        return _limits()["scipy"]
    return one_blas_thread_each()


def blas_threads_of_epoch(batch_size, objective):
    """Return the same for a single epoch, over which a change of the number is not spread."""
    n_rows, layout = min(batch_size, objective.n_rows), objective.layout
    largest = max(layout.n_params, n_rows * max(layout.units))
    if largest <= SERIAL_ARRAY and n_rows * layout.n_params <= SERIAL_PRODUCT:
        return nullcontext()
    return blas_threads(batch_size, objective)


def one_blas_thread(n_rows, layout):
    """Return a context for predicting that many rows, in blocks that fit the cache.

    Changing the number of threads takes longer than predicting a few rows does.
    """
    if n_rows * layout.n_params < SMALL_WORK:
        return nullcontext()
    return one_blas_thread_each()


@contextmanager
def one_blas_thread_each():
    """Limit all BLAS libraries to one thread, for work that may itself use several threads."""
    limits = _limits()
    with limits["scipy"], limits["other"]:
        yield


def _limits():
    """Return the limit of the BLAS in SciPy's wheels, and that of all others."""
    with _SEARCH:  # or two threads that come first would each have limits of their own
        return _found_limits()


@lru_cache(maxsize=1)
def _found_limits():
    # Finding the libraries takes milliseconds; those of NumPy and SciPy are loaded by now.
    controller = ThreadpoolController()
    paths = [info["filepath"] for info in controller.info() if info["user_api"] == "blas"]
    scipy = [path for path in paths if "scipy.libs" in path]
    parts = {"scipy": scipy, "other": [path for path in paths if path not in scipy]}
    libraries = {name: controller.select(filepath=part) for name, part in parts.items()}
    return {name: SharedContext(partial(_one_thread, part)) for name, part in libraries.items()}
