"""A description as C99 code that needs math.h only and allocates nothing.

A sequence of operations is a function with at most two arrays of its own: an operation either
changes the row where it is, or makes a new one in the other array, the last of these in `out`.

Convention
----------
a, out : str
    The names of the arrays in C that an operation reads and writes.
n : int
    The number of columns that an operation gets.
"""

import string

import numpy as np

from sklearn_shallow.export.code.c_functions import FUNCTIONS, PARAMETERS
from sklearn_shallow.export.code.text import (
    bracketed,
    check_name,
    first_line,
    needed_functions,
    number,
)
from sklearn_shallow.utils import operations as ops

FILE = """\
/* {head}.
   C99, math.h only.

   void {name}(const {real} *x, {real} *out);

   x    the {n_inputs} features of one sample: nan where one is missing, of a category its code,
        which is its place in {name}_categories_<feature>, or -1 for any other
{features}
   out  {results}

   The two must not overlap. Options such as -ffast-math, under which nan is a number, do not work.
*/

#include <math.h>
#include <stddef.h>

typedef {real} real;
typedef unsigned {position} position;

const size_t {name}_n_inputs = {n_inputs};
const size_t {name}_n_outputs = {n_outputs};

{tables}

{functions}
"""
LABEL = """\
/* Return the place in {name}_classes of the label with the largest of the probabilities. */
size_t {name}_label(const real *out)
{{
    size_t best = 0;
    for (size_t i = 1; i < {n}; i++)
        if (out[i] > out[best])
            best = i;
    return best;
}}"""
NEW_ROW = {ops.Columns, ops.Dense, ops.Average}
EACH = "for (size_t i = 0; i < {n}; i++)"


def c_code(description, name="predict"):
    """Return the source of a file with the function `name`, and ``{name}_label`` for classes."""
    check_name(name)
    features, classes, n_outputs = description.features, description.classes, description.n_outputs
    writer = Writer("f" if description.dtype == np.float32 else "")
    tables = {
        f"{name}_categories_{i}": feature.categories
        for i, feature in enumerate(features)
        if feature.categories
    }
    results = f"{n_outputs} predictions"
    if classes is not None:
        tables[f"{name}_classes"] = classes.tolist()
        results = f"{n_outputs} probabilities, in the order of {name}_classes"
    writer.write_function(name, description.steps, len(features), "")
    code = "\n\n".join(writer.functions)
    helpers = [source.replace("@", writer.suffix) for source in needed_functions(FUNCTIONS, code)]
    if classes is not None and description.threshold is None:
        code += "\n\n" + LABEL.format(name=name, n=n_outputs)
    lines = [f"        {i}: {quoted(feature.name)}" for i, feature in enumerate(features)]
    return FILE.format(
        head=first_line(description),
        name=name,
        real="float" if writer.suffix else "double",
        position="short" if writer.largest < 2**16 else "long",
        n_inputs=len(features),
        n_outputs=n_outputs,
        features="\n".join(lines),
        results=results,
        tables="\n".join([*map(public_table, tables, tables.values()), *writer.tables]),
        functions="\n\n".join([*helpers, code]),
    )


class Writer:
    """The tables and functions of a file, as text; `suffix` is "f" for single precision."""

    def __init__(self, suffix):
        self.suffix, self.largest = suffix, 0
        self.tables, self.functions = [], []

    def write_function(self, name, steps, n, storage="static "):
        """Write a function with a name that applies the steps to a row of n numbers."""
        lines, sizes, a, last = [], {}, "x", [step for step in steps if type(step) in NEW_ROW][-1]
        for step in steps:
            out = a
            if type(step) in NEW_ROW:
                out = "out" if step is last else "b" if a == "a" else "a"
            lines += self.lines(step, a, out, n)
            a, n = out, step.width(n)
            sizes[a] = max(n, sizes.get(a, 0))
        sizes.pop("out")
        lines = [*(f"real {array}[{size}];" for array, size in sizes.items()), *lines]
        body = "\n".join(f"    {line}" for line in lines)
        self.functions.append(f"{storage}void {name}(const real *x, real *out)\n{{\n{body}\n}}")

    def lines(self, step, a, out, n):
        """Return the statements of an operation."""
        if isinstance(step, ops.Columns):
            places = np.cumsum([0, *(part.width(n) for part in step.parts)])
            pairs = zip(step.parts, places[:-1], strict=True)
            return [self.lines(part, a, f"{out} + {k}" if k else out, n)[0] for part, k in pairs]
        if isinstance(step, ops.Activate):
            more = "" if step.parameter is None else f", {step.parameter!r}{self.suffix}"
            return [f"{EACH.format(n=n)}\n        {a}[i] = {step.name}_({a}[i]{more});"]
        if isinstance(step, ops.Average):
            return self.average(step, a, out, n)
        function, known = f"{step.kind}_", {"a": a, "out": out, "n": str(n)}
        values = (known.get(name) or self.value(step, name) for name in PARAMETERS[function])
        return [f"{function}({', '.join(values)});"]

    def average(self, step, a, out, n):
        """Return the statements of an average; write a function for every branch."""
        n_out, n_branches = step.width(n), len(step.branches)
        each = EACH.format(n=n_out)
        lines = [f"real one[{n_out}];", each, f"    {out}[i] = 0;"]
        for i, branch in enumerate(step.branches):
            self.write_function(f"network_{i}_", branch, n)
            lines += [f"network_{i}_({a}, one);", each, f"    {out}[i] += one[i];"]
        return [*lines, each, f"    {out}[i] /= {n_branches};"]

    def value(self, step, name):
        """Return an attribute of an operation, or its length."""
        if name.startswith("n_"):
            return str(len(getattr(step, name.removeprefix("n_"))))
        return self.literal(name, getattr(step, name))

    def literal(self, name, value):
        """Return a number as text, or the name of a table for an array."""
        if not isinstance(value, np.ndarray):
            return number(value) + self.suffix * isinstance(value, float)
        if value.dtype.kind == "f":
            kind, items = "real", [number(item) + self.suffix for item in value.ravel()]
        else:
            kind, items = "short" if name == "places" else "position", [*map(number, value)]
            self.largest = max(self.largest, *value.tolist(), 0)
        name = f"{name}_{len(self.tables)}"
        self.tables.append(f"static const {kind} {name}[] = {bracketed('{}', items)};")
        return name


def public_table(name, values):
    """Return the definition of a table of labels: strings, or numbers."""
    if isinstance(values[0], str):
        kind, items = "char *const ", map(quoted, values)
    elif isinstance(values[0], float):
        kind, items = "double ", map(number, values)
    else:
        kind, items = "long long ", (f"{int(value)}LL" for value in values)
    return f"const {kind}{name}[] = {bracketed('{}', items)};"


def quoted(text):
    """Return the literal of a string, which can also be used in a comment.

    All but letters, digits and a few others are octal escapes, whose length is fixed.
    """
    data = text.encode("utf-8", "surrogatepass")
    return '"' + "".join(chr(x) if x in HARMLESS else f"\\{x:03o}" for x in data) + '"'


HARMLESS = (string.ascii_letters + string.digits + " _-+=.,:;<>()[]").encode()
