"""The number of BLAS threads while fits and predictions overlap, and after them."""

import os
import signal
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from threading import Barrier, BrokenBarrierError, Event, Thread

import numpy as np
import pytest
from sklearn.datasets import load_wine
from threadpoolctl import ThreadpoolController, threadpool_info, threadpool_limits

import sklearn_shallow.utils.threads as threads
from sklearn_shallow import Loss, ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.utils.shared_context import SharedContext

X, y = load_wine(return_X_y=True)
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
PATIENCE = 60  # seconds, after which a test that waits has failed


def end_of(threads):
    """Wait for threads to end."""
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def blas_threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def two_blas_threads():
    with threadpool_limits(2, user_api="blas"):
        if blas_threads() != {2}:
            pytest.skip("this BLAS cannot have two threads")
        yield


class HeldFit:
    """A fit on a thread of its own that waits in its scorer until it is let go."""

    def __init__(self, error=None, **settings):
        self.error = error
        self.begun, self.free = Event(), Event()
        settings |= {"early_stopping": True, "scoring": self.score, "max_iter": 2}
        self.net = ShallowNetClassifier(3, **settings)
        self.thread = Thread(target=self.fit)
        self.thread.start()
        assert self.begun.wait(PATIENCE)

    def fit(self):
        with suppress(ZeroDivisionError):
            self.net.fit(X, y)

    def score(self, net, X, y):
        self.begun.set()
        assert self.free.wait(PATIENCE)
        if self.error is not None:
            raise self.error
        return 0.0

    def end(self):
        self.free.set()
        end_of([self.thread])


@contextmanager
def releasing(*fits):
    """Let the fits go, whatever a test has found."""
    try:
        yield
    finally:
        for fit in fits:
            fit.end()


@pytest.mark.parametrize("error", [None, ZeroDivisionError()], ids=["ends", "raises"])
@pytest.mark.parametrize("settings", [{}, {"n_estimators": 2, "n_jobs": 2}], ids=["one", "two"])
@pytest.mark.parametrize("first_in_is_first_out", [True, False])
def test_overlapping_fits_leave_the_number_of_threads_as_it_was(
    first_in_is_first_out, settings, error
):
    fits = [HeldFit(error, **settings), HeldFit()]
    first, second = fits if first_in_is_first_out else fits[::-1]
    with releasing(*fits):
        assert blas_threads() == {1}
        first.end()
        assert blas_threads() == {1}
        second.end()
        assert blas_threads() == {2}


def n_params(net):
    return sum(part.size for part in net.coefs_ + net.intercepts_)


def test_a_large_prediction_during_a_fit_leaves_the_limit_to_it():
    net = ShallowNetClassifier(40, max_iter=2).fit(X, y)
    n_rows = threads.SMALL_WORK // n_params(net) + 1
    held = HeldFit()
    with releasing(held):
        net.predict_proba(np.resize(X, (n_rows, X.shape[1])))
        assert blas_threads() == {1}
    assert blas_threads() == {2}


def test_concurrent_predictions_leave_the_number_of_threads_as_it_was():
    net = ShallowNetClassifier(40, max_iter=2).fit(X, y)
    n_rows = threads.SMALL_WORK // n_params(net) + 1
    rows = np.resize(X, (n_rows, X.shape[1]))
    workers = [Thread(target=net.predict_proba, args=(rows,)) for _ in range(8)]
    for worker in workers:
        worker.start()
    end_of(workers)
    assert blas_threads() == {2}


def test_threads_that_come_first_at_the_same_time_have_the_same_limits(monkeypatch):
    both, found = Barrier(2), []

    def controller():
        with suppress(BrokenBarrierError):  # a second thread does not come as far
            both.wait(0.1)
        return ThreadpoolController()

    monkeypatch.setattr(threads, "ThreadpoolController", controller)
    threads._found_limits.cache_clear()
    workers = [Thread(target=lambda: found.append(threads._limits())) for _ in range(2)]
    for worker in workers:
        worker.start()
    end_of(workers)
    assert found[0] is found[1]


def test_one_thread_after_the_other_sets_the_number():
    entered = Event()

    def enter():
        with threads._in_control():
            entered.set()

    worker = Thread(target=enter)
    with threads._in_control():
        worker.start()
        assert not entered.wait(0.05)
    end_of([worker])
    assert entered.is_set()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no process is forked here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")  # Python 3.12
def test_a_process_forked_while_another_thread_sets_the_number_can_set_it_too():
    held, context = Event(), SharedContext(threads._in_control)

    def hold():
        with context._lock, threads._in_control(), threads._SEARCH:
            held.set()
            time.sleep(0.2)

    worker = Thread(target=hold)
    worker.start()
    assert held.wait(PATIENCE)
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(PATIENCE)
        with context:
            threads._limits()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    end_of([worker])
    assert status == 0


@dataclass
class Recording(Loss):
    """Squared errors that note the numbers of threads while those of many rows are computed."""

    seen: list = field(default_factory=list)

    def terms(self, Y, raw):
        if len(Y) == len(X):
            self.seen.append(blas_threads())
        return (raw - Y) ** 2 / 2

    def gradient(self, Y, raw, out):
        return np.subtract(raw, Y, out=out)


def test_all_of_a_fit_is_limited_what_comes_before_and_after_the_epochs_too():
    loss, n_epochs = Recording(), 3
    ShallowNetRegressor(3, loss=loss, max_iter=n_epochs, batch_size=10).fit(X, 1.0 * y)
    assert len(loss.seen) > n_epochs
    assert loss.seen == [{1}] * len(loss.seen)


class Products:
    """As much of an objective as tells how large its products are."""

    def __init__(self, n_rows, units):
        self.n_rows = self.block_rows = n_rows
        n_params = sum((n_in + 1) * n_out for n_in, n_out in pairwise(units))
        self.layout = type("Layout", (), {"units": units, "n_params": n_params})


SMALL, LARGE = Products(256, (784, 100, 10)), Products(2**10, (2**10, 2**10, 1))


def test_only_large_products_have_several_threads():
    with threads.blas_threads(SMALL.n_rows, SMALL):
        assert blas_threads() == {1}
    with threads.blas_threads(LARGE.n_rows, LARGE):
        assert 2 in blas_threads()
    assert blas_threads() == {2}


@pytest.mark.parametrize(
    ("n_rows", "batch_size", "units", "limited"),
    [
        (32, 32, (4, 100, 3), False),
        (10_000, 32, (4, 100, 3), False),
        (10_000, 200, (4, 100, 3), True),  # the products of all units
        (1, 1, (784, 100, 10), True),  # the vector of the parameters
        (60, 60, (64, 100, 10), True),  # the products of the first layer
    ],
)
def test_an_epoch_of_products_on_one_thread_anyway_sets_no_limit(
    n_rows, batch_size, units, limited
):
    with threads.blas_threads_of_epoch(batch_size, Products(n_rows, units)):
        assert (blas_threads() == {1}) == limited
    assert blas_threads() == {2}


@pytest.mark.parametrize(
    "order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
)
def test_nested_contexts_of_all_kinds_end_in_any_order(order):
    kinds = [
        threads.one_blas_thread_each(),
        threads.blas_threads(LARGE.n_rows, LARGE),
        threads.blas_threads(SMALL.n_rows, SMALL),
    ]
    stacks = [ExitStack() for _ in kinds]
    for stack, kind in zip(stacks, kinds, strict=True):
        stack.enter_context(kind)
    assert blas_threads() == {1}
    for place in order:
        stacks[place].close()
    assert blas_threads() == {2}
