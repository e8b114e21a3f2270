"""Attributes that are computed on first access."""


class lazy:
    """A decorator like `functools.cached_property`, without its lock in Python 3.11.

    That is one lock for all objects of a class: threads wait for each other, and a process that is
    forked while another thread holds the lock waits forever.
    """

    def __init__(self, function):
        self._function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner, name):
        self._name = name

    def __get__(self, instance, owner):
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._function(instance)
        return value
