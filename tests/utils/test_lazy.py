"""Attributes that are computed when they are first asked for."""

from threading import Event, Thread

from sklearn_shallow.utils.lazy import lazy

PATIENCE = 60  # seconds, after which a test that waits has failed


class Lazy:
    def __init__(self, compute):
        self.compute, self.n_calls = compute, 0

    @lazy
    def value(self):
        """What is computed."""
        self.n_calls += 1
        return self.compute()


def test_it_is_computed_once_and_only_if_asked_for():
    thing = Lazy(list)
    assert thing.n_calls == 0
    assert thing.value is thing.value
    assert thing.n_calls == 1
    assert Lazy.value.__doc__ == "What is computed."


def test_an_object_does_not_wait_for_another_one():
    begun, go_on = Event(), Event()
    slow = Lazy(lambda: begun.set() or go_on.wait(PATIENCE))
    quick = Lazy(lambda: "quick")
    found = []
    threads = [Thread(target=lambda: slow.value), Thread(target=lambda: found.append(quick.value))]
    threads[0].start()
    assert begun.wait(PATIENCE)
    threads[1].start()
    threads[1].join(PATIENCE / 2)
    assert found == ["quick"]
    go_on.set()
    threads[0].join(PATIENCE)
    assert not threads[0].is_alive()
