"""Number of BLAS threads for fits and predictions.

Small matrix products gain nothing from several threads, and on busy cores waiting for threads takes
many times as long as the work. Therefore fits and predictions use one thread, except for products
that take long compared with the wait for a core. The previous setting is restored afterwards.
"""

from contextlib import contextmanager, nullcontext
from functools import lru_cache, partial
from itertools import pairwise

from threadpoolctl import OpenBLASController, ThreadpoolController

from sklearn_shallow.utils.shared_context import SharedContext, lock_across_forks

SMALL_WORK = 2**24  # multiplications in all that take less time than limiting the threads, 0.1 ms
SERIAL_PRODUCT, SERIAL_ARRAY = 2**18, 2**13  # sizes up to which OpenBLAS uses one thread
LARGE_PRODUCT = 2**30  # multiplications in a product that is worth several threads, > 10 ms on one

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
    """Let this thread set the number of threads, and other threads afterwards.

    threadpoolctl 3.8 and newer ignores settings by all threads but the first.
    """
    clear = getattr(OpenBLASController, "clear_controlling_thread", lambda force: None)
    with _CONTROL:
        clear(force=True)
        try:
            yield
        finally:
            clear(force=True)


def blas_threads(batch_size, objective):
    """Return a context for computing batches of `batch_size` rows of an objective.

    Large products use the threads of NumPy's BLAS only. The update rules call another BLAS, that of
    SciPy's wheels, and the threads of both would compete for the cores.
    """
    n_rows = min(batch_size, objective.block_rows) if batch_size >= objective.n_rows else batch_size
    widest = max(n_in * n_out for n_in, n_out in pairwise(objective.layout.units))
    if n_rows * widest >= LARGE_PRODUCT:
        return _limits()["scipy"]
    return one_blas_thread_each()


def blas_threads_of_epoch(batch_size, objective):
    """Return a context for one epoch: none for small work, since changing the number of threads
    takes time."""
    n_rows, layout = min(batch_size, objective.n_rows), objective.layout
    largest = max(layout.n_params, n_rows * max(layout.units))
    if largest <= SERIAL_ARRAY and n_rows * layout.n_params <= SERIAL_PRODUCT:
        return nullcontext()
    return blas_threads(batch_size, objective)


def one_blas_thread(n_rows, layout):
    """Return a context for predicting `n_rows` rows, in blocks that fit the cache: none for few
    rows, since changing the number of threads takes time.
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
    """Return the contexts that limit the BLAS in SciPy's wheels, and all others."""
    with _SEARCH:  # otherwise two threads might each make limits
        return _found_limits()


@lru_cache(maxsize=1)
def _found_limits():
    # Cached, since finding the libraries takes milliseconds; NumPy's and SciPy's are loaded by now.
    controller = ThreadpoolController()
    paths = [info["filepath"] for info in controller.info() if info["user_api"] == "blas"]
    scipy = [path for path in paths if "scipy.libs" in path]
    parts = {"scipy": scipy, "other": [path for path in paths if path not in scipy]}
    libraries = {name: controller.select(filepath=part) for name, part in parts.items()}
    return {name: SharedContext(partial(_one_thread, part)) for name, part in libraries.items()}
