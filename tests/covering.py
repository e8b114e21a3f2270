"""Covering arrays: few rows in which every two values of different factors meet.

Convention
----------
factors : dict of sequences, the values of every factor; a row is a dict with one value of each
forbidden : sequence of dicts of sequences; a row is forbidden if, for every factor of one of
    the dicts, its value is among those listed
"""

import random
from itertools import combinations, product
from operator import itemgetter

N_TRIED = 6  # rows, of which the best is kept


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
    rng, rows = random.Random(seed), []
    numbers = [(name, k) for name in factors for k in range(len(factors[name]))]
    uncovered = {value: set() for value in numbers}
    for one, two in pairs_to_cover(factors, forbidden):
        uncovered[one].add(two)
        uncovered[two].add(one)
    for row in given:
        count({(name, k) for name, k in numbers if factors[name][k] is row[name]}, uncovered)
    of_factor = {name: [some for some in forbidden if name in some] for name in factors}
    while pair := next(((v, w) for v in numbers for w in numbers if w in uncovered[v]), None):
        candidates = [candidate(pair, factors, of_factor, uncovered, rng) for _ in range(N_TRIED)]
        found = max((some for some in candidates if some), key=itemgetter(0), default=None)
        if found is None:
            values = {name: factors[name][k] for name, k in pair}
            raise ValueError(f"No row holds {values}: it is forbidden by others.")
        count(found[1], uncovered)
        places = dict(found[1])
        rows.append({name: factors[name][places[name]] for name in factors})
    return rows


def count(row, uncovered):
    """Take the pairs of a row, a set of numbers of values, from those that are uncovered."""
    for value in row:
        uncovered[value] -= row


def candidate(pair, factors, forbidden, uncovered, rng):
    """Return how many pairs a row covers, and the row by numbers; None at a dead end.

    Parameters
    ----------
    forbidden : dict of the forbidden combinations that have a factor
    """
    row, n_covered = set(pair), 1
    rest = [name for name in factors if name not in dict(pair)]
    rng.shuffle(rest)
    for name in rest:
        chosen = {other: factors[other][k] for other, k in row}
        choices = [
            (len(uncovered[name, k] & row), rng.random(), k)
            for k, value in enumerate(factors[name])
            if not is_forbidden({**chosen, name: value}, forbidden[name])
        ]
        if not choices:
            return None
        n_new, _, k = max(choices)
        row.add((name, k))
        n_covered += n_new
    return n_covered, row
