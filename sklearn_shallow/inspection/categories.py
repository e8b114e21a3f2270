"""Categories that are no categories: identifiers, texts, dates and numbers as text."""

import re

import numpy as np

MOSTLY = 0.5  # of the samples, with a category of their own
FEWEST = 20  # categories that may be numbers or dates by mistake
WHOLE = r"\d+([.,]0*)?"
NUMBER = r"[-+]?\d+([.,]\d*)?([eE][-+]?\d+)?"
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

    Whole numbers are codes, as those of towns are, unless something else stands among them.
    """
    if not all(isinstance(value, str) for value in values):
        return None
    values = [value.strip() for value in values]
    if all(re.fullmatch(DATE, value) for value in values):
        return "dates"
    are_codes = all(re.fullmatch(WHOLE, value) for value in values)
    n_numbers = sum(re.fullmatch(NUMBER, value) is not None for value in values)
    return "numbers" if n_numbers > 0.9 * len(values) and not are_codes else None
