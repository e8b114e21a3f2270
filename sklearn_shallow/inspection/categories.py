"""Categories that are no categories: identifiers, texts, dates and numbers as text."""

import re

import numpy as np

MOSTLY = 0.5  # of the samples, with a category of their own
FEWEST = 20  # categories that may be numbers or dates by mistake
DATE = r"\d{4}-\d{1,2}-\d{1,2}([ T].*)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}( .*)?"


def odd_categories(net, rows):
    """Return the names of features by what their categories seem to be.

    Parameters
    ----------
    net : fitted estimator with one network
    rows : its samples as numbers and codes of categories

    Returns
    -------
    names : dict of list of str
        Under "dates", "numbers" and "single", of which most samples have a category of their own.
    """
    found = {"dates": [], "numbers": [], "single": []}
    if net._table is None:
        return found
    names = getattr(net, "feature_names_in_", np.arange(net.n_features_in_))
    for place, values in enumerate(net._table.values):
        if values is None or len(values) < FEWEST:
            continue
        kind = kind_of(values)
        if kind is None and len(np.unique(rows[:, place])) > MOSTLY * len(rows):
            kind = "single"
        if kind is not None:
            found[kind].append(str(names[place]))
    return found


def kind_of(values):
    """Return "dates" or "numbers" if all values are that as text, None if not.

    Whole numbers of equally many digits are codes, as those of towns are.
    """
    if not all(isinstance(value, str) for value in values):
        return None
    values = [value.strip() for value in values]
    if all(re.fullmatch(DATE, value) for value in values):
        return "dates"
    if all(value.isdigit() for value in values) and len({*map(len, values)}) == 1:
        return None
    return "numbers" if sum(map(is_number, values)) > 0.9 * len(values) else None


def is_number(text):
    """Return whether a text is a number, with a decimal point or comma."""
    return re.fullmatch(r"[-+]?\d+([.,]\d*)?([eE][-+]?\d+)?", text) is not None
