import warnings
from contextlib import suppress

import pytest


@pytest.fixture(scope="module")
def cluster():
    """Two processes, closed before the tests of other folders: its threads allocate memory."""
    distributed = pytest.importorskip("distributed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
        cluster = distributed.LocalCluster(**options)
        yield cluster
        with suppress(Exception):  # on a busy machine it may not end in time
            cluster.close()


@pytest.fixture
def client(cluster):
    distributed = pytest.importorskip("distributed")
    with distributed.Client(cluster) as client:
        client.wait_for_workers(2, timeout=300)  # one of them may have been killed before
        yield client
