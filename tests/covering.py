"""Covering arrays: few rows in which every two values of different factors meet.

Convention
----------
factors : dict of sequences, the values of every factor; a row is a dict with one value of each
forbidden : sequence of dicts of sequences; a row is forbidden if, for every factor of one of
    the dicts, its value is among those listed
"""

import random
from itertools import combinations, product

N_CANDIDATES = 6


def is_forbidden(row, forbidden):
    """Whether the row, which may lack factors, has all of a forbidden combination."""
    return any(
        all(name in row and contains(values, row[name]) for name, values in combination.items())
        for combination in forbidden
    )


def contains(values, value):
    """Whether the value is listed, with its type: 1, 1.0 and True are three values."""
    return any(type(value) is type(other) and value == other for other in values)


def pairs_to_cover(factors, forbidden):
    """Return the pairs ((factor, number of its value), the same of another) that are allowed."""
    values = [[(name, k) for k in range(len(factors[name]))] for name in factors]
    return [
        pair
        for one, two in combinations(values, 2)
        for pair in product(one, two)
        if not is_forbidden({name: factors[name][k] for name, k in pair}, forbidden)
    ]


def covering_array(factors, forbidden=(), given=(), seed=0):
    """Return rows that, with those given, cover every allowed pair.

    A greedy search (Cohen et al. 1997, AETG): every row begins with a pair that is not covered yet,
    and gives the other factors, in random order, the value that covers most pairs; the best of a
    few such rows is kept.

    Raises
    ------
    ValueError
        If no row is found that holds some allowed pair: the forbidden combinations exclude it.
    """
    search = Search(factors, forbidden, seed)
    for row in given:
        search.count(search.numbers_of(row))
    while search.first_uncovered() is not None:
        search.add_row()
    return search.rows


class Search:
    """The rows so far, and as bits of integers what is left to cover."""

    def __init__(self, factors, forbidden, seed):
        self.factors = factors
        self.rng = random.Random(seed)
        self.rows = []
        numbers = [(name, k) for name in factors for k in range(len(factors[name]))]
        self.bit = {value: 1 << place for place, value in enumerate(numbers)}
        self.uncovered = dict.fromkeys(numbers, 0)
        for one, two in pairs_to_cover(factors, forbidden):
            self.uncovered[one] |= self.bit[two]
            self.uncovered[two] |= self.bit[one]
        forbidden = [
            [self._mask(name, values) for name, values in combination.items()]
            for combination in forbidden
        ]
        self.forbidden = {  # with every value, since a row becomes forbidden by a value of these
            value: [parts for parts in forbidden if any(bit & part for part in parts)]
            for value, bit in self.bit.items()
        }

    def _mask(self, name, values):
        numbers = range(len(self.factors[name]))
        return sum(self.bit[name, k] for k in numbers if contains(values, self.factors[name][k]))

    def first_uncovered(self):
        """Return a pair that no row holds, or None."""
        for value, others in self.uncovered.items():
            if others:
                return value, next(two for two, bit in self.bit.items() if others & bit)
        return None

    def add_row(self):
        """Add the best of a few candidates."""
        pair = self.first_uncovered()
        candidates = filter(None, (self._candidate(pair) for _ in range(N_CANDIDATES)))
        try:
            _, row = max(candidates, key=lambda candidate: candidate[0])
        except ValueError:
            values = {name: self.factors[name][k] for name, k in pair}
            raise ValueError(f"No row holds {values}: it is forbidden by others.") from None
        self.count(row)
        self.rows.append({name: self.factors[name][row[name]] for name in self.factors})

    def count(self, row):
        """Count the pairs of a row as covered."""
        mask = sum(self.bit[value] for value in row.items())
        for value in row.items():
            self.uncovered[value] &= ~mask

    def numbers_of(self, row):
        """Return the row with the numbers of its values."""
        return {
            name: next(k for k, other in enumerate(values) if other is row[name])
            for name, values in self.factors.items()
        }

    def _candidate(self, pair):
        """Return how many pairs a row covers, and the row by numbers; None at a dead end."""
        row, mask, n_covered = dict(pair), sum(self.bit[value] for value in pair), 1
        rest = [name for name in self.factors if name not in row]
        self.rng.shuffle(rest)
        for name in rest:
            choices = [
                ((self.uncovered[value] & mask).bit_count(), self.rng.random(), value)
                for value in ((name, k) for k in range(len(self.factors[name])))
                if self._is_allowed(mask, value)
            ]
            if not choices:
                return None
            n_new, _, value = max(choices)
            row[name], mask, n_covered = value[1], mask | self.bit[value], n_covered + n_new
        return n_covered, row

    def _is_allowed(self, mask, value):
        """Whether an allowed row is allowed with this value too."""
        mask |= self.bit[value]
        return not any(all(mask & part for part in parts) for parts in self.forbidden[value])
