"""One BLAS thread: products this small gain nothing from more, and waiting threads are slow.

The same random numbers in every run, also where a test leaves `random_state` open, and the same
examples of hypothesis. To look for others: ``pytest --hypothesis-profile=default``.

With ``pytest -n auto``, one process per core that this process may use. The tests of a file stay in
one of them, in order: they share fixtures, fits and a cluster.
"""

import gc

import joblib
import numpy as np
import pytest
import sklearn
from hypothesis import settings
from threadpoolctl import threadpool_limits

settings.register_profile("same", derandomize=True)
settings.load_profile("same")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """Return the number of processes, at most as many as the longest file leaves work for.

    pytest-xdist itself counts neither the second thread of a core, which is all that a small
    virtual machine has, nor the limits of a container.
    """
    return min(joblib.cpu_count(), 8)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    if config.getoption("dist") == "load":  # the default of -n
        from xdist.scheduler import LoadFileScheduling

        return LoadFileScheduling(config, log)
    return None


def pytest_collection_finish():
    """Leave modules and tests out of every later search for garbage; limit the BLAS libraries.

    All of them are loaded by now, and a process may begin with the tests on the pages.
    """
    gc.freeze()
    threadpool_limits(1)


@pytest.fixture(autouse=True)
def same_random_numbers():
    np.random.seed(0)  # noqa: NPY002  # what random_state=None draws from


@pytest.fixture
def metadata_routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield
