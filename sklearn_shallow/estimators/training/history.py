"""The history of a network: values per iteration."""

from collections.abc import Mapping

import numpy as np


class History(Mapping):
    """Values per iteration, by name, read like a dict of lists.

    A history that continues another one appends to the same lists, so that `partial_fit` copies no
    earlier values; each history has its own length.

    Parameters
    ----------
    columns : dict of lists, all equally long
    """

    def __init__(self, columns=()):
        self._columns = dict(columns)
        self._length = max(map(len, self._columns.values()), default=0)
        self._may_grow = [True]  # emptied by the one history that may append to the lists

    def __getitem__(self, name):
        return self._columns[name][: self._length]

    def __iter__(self):
        return iter(self._columns)

    def __len__(self):
        return len(self._columns)

    def continued(self, more):
        """Return this history followed by another one; nan for names that only one of them has.

        Parameters
        ----------
        more : dict of lists, all equally long
        """
        try:
            self._may_grow.pop()  # succeeds once, also with threads
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
