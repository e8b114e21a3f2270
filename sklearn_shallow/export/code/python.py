"""A description as Python code that needs the standard library only."""

import inspect

import numpy as np

from sklearn_shallow.export import operations as ops
from sklearn_shallow.export.code import python_functions
from sklearn_shallow.export.code.text import (
    Values,
    bracketed,
    check_name,
    first_line,
    needed_functions,
    number,
)

MODULE = '''\
"""{head}.

{summary}.
Standard library only.
"""

import math

FEATURES = {features}
CATEGORIES = {categories}
{constants}


{functions}
'''
FUNCTION = '''\
def {name}(x):
    """Return {what} for one sample, a list of its features in the order of FEATURES.

    None or nan stands for a missing number; a category that is not in CATEGORIES is missing too.
    """
    {body}
'''
READ = "_outputs(_read(x, {n}, CATEGORIES))"
CALLS = {
    ops.Numbers: "_numbers(a, {features}, {fill})",
    ops.CountedNumbers: "_counted_numbers(a, {features}, {fill}, {origin}, {rest})",
    ops.Levels: "_levels(a[{feature}], {places}, {missing})",
    ops.Means: "_means(a[{feature}], {table})",
    ops.Gaps: "_gaps(a, {features})",
    ops.Limit: "_limit(a, {low}, {high})",
    ops.Compress: "_compress(a, {columns}, {center}, {scale}, {largest})",
    ops.Scale: "_scale(a, {shift}, {factor})",
    ops.Bins: "_bins(a, {columns}, {slope}, {offset}, {least}, {most})",
    ops.Dense: "_dense(a, {rows}, {b})",
    ops.Exponential: "[_exp(z) for z in a]",
    ops.Logistic: "[_logistic(z) for z in a]",
    ops.Softmax: "_softmax(a)",
    ops.Opposites: "[-a[0], a[0]]",
    ops.Ordered: "_ordered(a, {size}, {base})",
    ops.Rescale: "_rescale(a, {scale}, {shift})",
}


def python_code(description, name="predict"):
    """Return the source of a module with the function `name`, and ``{name}_proba`` of labels."""
    check_name(name)
    writer = Writer()
    writer.write_function("_outputs", description.steps)
    public = _public(description, name)
    code = "\n\n".join([*writer.functions, *public])
    classes = ""
    if description.classes is not None:
        classes = f"CLASSES = {bracketed('()', map(ascii, description.classes.tolist()))}\n"
    functions = dict(inspect.getmembers(python_functions, inspect.isfunction))
    sources = {helper: inspect.getsource(function) for helper, function in functions.items()}
    summary = f"`{name}(x)` returns the prediction for the features x of one sample"
    if classes:
        summary += f", `{name}_proba(x)` the probabilities"
    return MODULE.format(
        head=first_line(description),
        summary=summary,
        features=bracketed("()", (ascii(feature.name) for feature in description.features)),
        categories=_categories(description.features),
        constants=classes + "\n".join(writer.constants),
        functions="\n\n".join([*needed_functions(sources, code), code]),
    )


class Writer:
    """The constants and functions of a module, as text."""

    def __init__(self):
        self.constants, self.functions = [], []

    def write_function(self, name, steps):
        """Write a function of that name, from a to what the steps make of it."""
        lines = [f"    a = {self.call(step)}\n" for step in steps]
        self.functions.append(f"def {name}(a):\n{''.join(lines)}    return a\n")

    def call(self, step):
        """Return the expression of what a step makes of a."""
        if isinstance(step, ops.Columns):
            return " + ".join(map(self.call, step.parts))
        if isinstance(step, ops.Activate):
            more = "" if step.parameter is None else f", {step.parameter!r}"
            return f"[_{step.name}(z{more}) for z in a]"
        if isinstance(step, ops.Average):
            names = [f"_network_{number}" for number in range(len(step.branches))]
            for name, branch in zip(names, step.branches, strict=True):
                self.write_function(name, branch)
            return f"_average([{', '.join(f'{name}(a)' for name in names)}])"
        return CALLS[type(step)].format_map(Values(step, self.literal))

    def literal(self, name, value):
        """Return a number as text, or the name of a constant for an array."""
        if not isinstance(value, np.ndarray):
            return number(value)
        name = f"_{name.upper()}_{len(self.constants)}"
        self.constants.append(f"{name} = {_table(value)}")
        return name


def _table(value):
    """Return an array as a tuple, or a tuple of tuples."""
    if value.ndim == 1:
        return bracketed("()", map(number, value))
    rows = [f"    {bracketed('()', map(number, row), 4)},\n" for row in value]
    return f"(\n{''.join(rows)})"


def _public(description, name):
    """Return the functions that are for users."""
    read = READ.format(n=len(description.features))
    if description.classes is None:
        body = f"a = {read}\n    return {_nested(description.shape)}"
        return [FUNCTION.format(name=name, what="the prediction", body=body)]
    what = "the label"
    decision = "CLASSES[max(range(len(CLASSES)), key=probabilities.__getitem__)]"
    if description.threshold is not None:
        what = "0 or 1 for every label"
        decision = f"[int(p > {description.threshold}) for p in probabilities]"
    body = f"probabilities = {name}_proba(x)\n    return {decision}"
    return [
        FUNCTION.format(name=f"{name}_proba", what="the probabilities", body=f"return {read}"),
        FUNCTION.format(name=name, what=what, body=body),
    ]


def _nested(shape):
    """Return the expression of the outputs a in that shape."""
    if not shape:
        return "a[0]"
    if len(shape) == 1:
        return "a"
    return f"[a[i : i + {shape[1]}] for i in range(0, len(a), {shape[1]})]"


def _categories(features):
    """Return the table of the codes that stand for values, by the place of the feature."""
    entries = []
    for place, feature in enumerate(features):
        if feature.categories is not None:
            codes = (f"{value!a}: {code}" for code, value in enumerate(feature.categories))
            entries.append(f"    {place}: {bracketed('{}', codes, 4)},\n")
    return f"{{\n{''.join(entries)}}}" if entries else "{}"
