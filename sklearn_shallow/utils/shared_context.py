"""A context manager that several threads may enter at the same time."""

import os
from threading import Lock


class SharedContext:
    """The context that `make` returns, begun by the first thread to enter, ended by the last one.

    For settings of the whole process, whatever the order in which threads enter and leave.
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

    A lock that one does hold would stay locked in the child, where that thread does not exist.
    Hooks come in reverse order: of two locks, the one to be acquired first has to be made last.
    """
    lock = Lock()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release
        )
    return lock
