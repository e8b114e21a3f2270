"""One BLAS thread: products this small gain nothing from more, and waiting threads are slow.

The same random numbers in every run, also where a test leaves `random_state` open, and the same
examples of hypothesis. To look for others: ``pytest --hypothesis-profile=default``.
"""

import gc

import numpy as np
import pytest
import sklearn
from hypothesis import settings
from threadpoolctl import threadpool_limits

settings.register_profile("same", derandomize=True)
settings.load_profile("same")


def pytest_collection_finish():
    """Leave modules and tests out of every later search for garbage."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def one_blas_thread():
    with threadpool_limits(1):
        yield


@pytest.fixture(autouse=True)
def same_random_numbers():
    np.random.seed(0)  # noqa: NPY002  # what random_state=None draws from


@pytest.fixture
def metadata_routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield
