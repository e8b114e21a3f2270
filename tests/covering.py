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
    and gives the other factors, in random order, the value that covers most pairs, of several such
    values the first; the best of a few such rows is kept.

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
    excluded = numbers_excluded(factors, forbidden)
    while pair := next(((v, w) for v in numbers for w in numbers if w in uncovered[v]), None):
        candidates = [candidate(pair, factors, excluded, uncovered, rng) for _ in range(N_TRIED)]
        found = max((some for some in candidates if some), key=itemgetter(0), default=None)
        if found is None:
            values = {name: factors[name][k] for name, k in pair}
            raise ValueError(f"No row holds {values}: it is forbidden by others.")
        count(found[1], uncovered)
        places = dict(found[1])
        rows.append({name: factors[name][places[name]] for name in factors})
    return rows


def numbers_excluded(factors, forbidden):
    """Return, by factor, the numbers of its values that others exclude, each with those others.

    What they exclude is compared once here, and not for every row that is tried.
    """
    by_number = [
        {
            name: {k for k, value in enumerate(factors[name]) if contains(values, value)}
            for name, values in combination.items()
        }
        for combination in forbidden
    ]
    return {
        name: [
            (
                combination[name],
                {other: combination[other] for other in combination if other != name},
            )
            for combination in by_number
            if name in combination
        ]
        for name in factors
    }


def count(row, uncovered):
    """Take the pairs of a row, a set of numbers of values, from those that are uncovered."""
    for value in row:
        uncovered[value] -= row


def candidate(pair, factors, excluded, uncovered, rng):
    """Return how many pairs a row covers, and the row by numbers; None at a dead end.

    Parameters
    ----------
    excluded : dict by `numbers_excluded`
    """
    row, chosen, n_covered = set(pair), dict(pair), 1
    rest = [name for name in factors if name not in chosen]
    rng.shuffle(rest)
    for name in rest:
        out = set()
        for numbers, others in excluded[name]:
            if all(chosen.get(other) in of_other for other, of_other in others.items()):
                out |= numbers
        choices = [
            (len(uncovered[name, k] & row), k == 0, rng.random(), k)
            for k in range(len(factors[name]))
            if k not in out
        ]
        if not choices:
            return None
        n_new, _, _, k = max(choices)
        row.add((name, k))
        chosen[name] = k
        n_covered += n_new
    return n_covered, row
