"""The memory that a call takes, for the tests."""

import tracemalloc


def peak_memory(work, *args, enough=0, attempts=3):
    """Return the most bytes that a call has allocated at the same time, without its result's.

    What other threads of the process allocate meanwhile counts too, so the call is made up to
    `attempts` times, until it takes less than `enough`, and the least is returned.
    """
    least = float("inf")
    for _ in range(attempts):
        tracemalloc.start()
        try:
            result = work(*args)
            least = min(least, tracemalloc.get_traced_memory()[1] - getattr(result, "nbytes", 0))
        finally:
            tracemalloc.stop()
        if least < enough:
            break
    return least
