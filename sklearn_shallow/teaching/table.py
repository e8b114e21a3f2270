"""Tables of equations, shapes and numbers, as text and as HTML."""

import re
from html import escape
from itertools import zip_longest

import numpy as np

FORMAT = {"threshold": 48, "edgeitems": 3, "max_line_width": 100}
SMALL = 0.01  # arrays with smaller entries are shown with exponents
ROUNDING = 1e-12
SAME = 1e-6  # relative difference up to which two numbers are equal
CELL = "text-align: left; vertical-align: top; white-space: pre; font-family: monospace"


class Table:
    """Rows of cells, some of several lines, under a heading."""

    def __init__(self, heading, rows):
        self._heading, self._rows = heading, rows

    def __repr__(self):
        lines = [list(self._heading)]
        for row in self._rows:
            cells = (cell.splitlines() for cell in row)
            lines += map(list, zip_longest(*cells, fillvalue=""))
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    def _repr_html_(self):
        heading = "".join(f'<th style="text-align: left">{name}</th>' for name in self._heading)
        rows = "".join(f"<tr>{''.join(map(html_cell, row))}</tr>" for row in self._rows)
        return f"<table><thead><tr>{heading}</tr></thead><tbody>{rows}</tbody></table>"


class Steps(Table, dict):
    """Equations, with the shape and the numbers of what they define; the values by their names.

    Parameters
    ----------
    equations : list of str
        ``"Z1 = W1 @ X + b1"``, or a name alone for what is given.
    values : dict
        An array by name, in the order of the equations.
    """

    def __init__(self, equations, values):
        dict.__init__(self, values)
        pairs = zip(equations, values.values(), strict=True)
        rows = [(equation, str(np.shape(value)), numbers(value)) for equation, value in pairs]
        Table.__init__(self, ("equation", "shape", "numbers"), rows)


class Comparison(Table):
    """Gradients beside numerical derivatives.

    Parameters
    ----------
    gradients, derivatives : dicts of arrays by name

    Attributes
    ----------
    differences : dict of float
        The largest difference of every gradient, as a part of its largest entry.
    passed : bool
        Whether all differences are below a millionth.
    """

    def __init__(self, gradients, derivatives):
        overall = max(np.abs(gradient).max() for gradient in gradients.values())
        self.differences, rows = {}, []
        for name, gradient in gradients.items():
            distance = np.abs(gradient - derivatives[name])
            scale = max(np.abs(gradient).max(), 1e-3 * overall, 1e-6)
            self.differences[name] = difference = float(distance.max() / scale)
            place = np.unravel_index(distance.argmax(), distance.shape)
            if difference <= SAME:
                place = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
            pair = (numbers(array[place]) for array in (gradient, derivatives[name]))
            verdict = "equal to 6 digits" if difference <= SAME else "DIFFER"
            entry = f"{name}[{', '.join(map(str, place))}]"
            rows.append((entry, str(gradient.shape), *pair, verdict))
        self.passed = max(self.differences.values()) <= SAME
        super().__init__(("entry", "shape", "gradient", "numerical", "all entries"), rows)

    def __bool__(self):
        return self.passed


def numbers(value):
    """Return an array as text, rounded."""
    value = np.asarray(value, float)
    largest = np.abs(value).max(initial=0)
    if ROUNDING < largest < SMALL:
        return np.array2string(value, formatter={"float_kind": with_exponent}, **FORMAT)
    rounded = np.round(value, 4) + 0.0  # no minus zero
    return np.array2string(rounded, precision=4, suppress_small=True, **FORMAT)


def with_exponent(number):
    """Return a number as text of one width."""
    return f"{number: .2e}" if abs(number) > ROUNDING else f"{0:9}"


def html_cell(text):
    """Return a cell; layers behind a letter become superscripts, as in lecture notes."""
    marked = re.sub(r"\b(d?[ZAWbg])(\d+)\b", r"<i>\1</i><sup>[\2]</sup>", escape(text))
    return f'<td style="{CELL}">{marked}</td>'
