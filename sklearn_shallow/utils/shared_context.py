"""A context manager that several threads may enter at the same time."""

import os
from threading import Lock


class SharedContext:
    """The context that `make` returns, entered by the first thread and left by the last one.

    It is for settings of the whole process; threads may enter and leave in any order.
    """

    def __init__(self, make):
        self._make = make
        self._lock = lock_across_forks()
        self._n_inside = 0

    def __enter__(self):
        with self._lock:
            if self._n_inside == 0:
                self._context = self._make()
                self._context.__enter__()
            self._n_inside += 1

    def __exit__(self, *exception):
        with self._lock:
            self._n_inside -= 1
            if self._n_inside == 0:
                self._context.__exit__(None, None, None)


def lock_across_forks():
    """Return a lock that no other thread holds while the process forks.

    Otherwise the lock would stay locked in the child, where the other thread does not exist. Hooks
    run in reverse order: of two locks, the one to be acquired first must be made last.
    """
    lock = Lock()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release
        )
    return lock
