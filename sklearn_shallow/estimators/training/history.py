"""The history of a network: values per iteration."""

from collections.abc import Mapping

import numpy as np


class History(Mapping):
    """Values per iteration, by name; to be read like a dict of lists.

    A history that continues another one shares its lists, of which each sees as many values as it
    has: a call of `partial_fit` adds its own and copies none of those before.

    Parameters
    ----------
    columns : dict of lists, all equally long
    """

    def __init__(self, columns=()):
        self._columns = dict(columns)
        self._length = max(map(len, self._columns.values()), default=0)
        self._may_grow = [True]  # who takes it out may append to the lists

    def __getitem__(self, name):
        return self._columns[name][: self._length]

    def __iter__(self):
        return iter(self._columns)

    def __len__(self):
        return len(self._columns)

    def continued(self, more):
        """Return this history and another one after it; nan where one of both has no values.

        Parameters
        ----------
        more : dict of lists, all equally long
        """
        try:
            self._may_grow.pop()  # once only, in whatever thread
            columns = dict(self._columns)
        except IndexError:
            columns = dict(self)
        n_more = max(map(len, more.values()))
        for name in {**columns, **more}:
            values = columns.setdefault(name, [np.nan] * self._length)
            values += more.get(name, [np.nan] * n_more)
        made = History()
        made._columns, made._length = columns, self._length + n_more
        return made
