"""Locks that are free in a child process."""

import os
from threading import Lock


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
