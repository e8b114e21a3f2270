"""A description as Python code that needs the standard library only."""

import inspect

import numpy as np

from sklearn_shallow.export.code import python_functions
from sklearn_shallow.export.code.text import (
    bracketed,
    check_name,
    first_line,
    needed_functions,
    number,
)
from sklearn_shallow.utils import operations as ops

MODULE = '''\
"""{head}.

{summary}.
Standard library only.
"""

import math

FEATURES = {features}
CATEGORIES = {categories}
{classes}

{functions}

STEPS = {steps}


{public}'''
FUNCTION = '''\
def {name}(x):
    """Return {what} for one sample, a list of its features in the order of FEATURES.

    None or nan stands for a missing number; a category that is not in CATEGORIES is missing too.
    """
    {body}
'''
FUNCTIONS = dict(inspect.getmembers(python_functions, inspect.isfunction))
READ = "_run(_read(x, {n}, CATEGORIES), STEPS)"


def python_code(description, name="predict"):
    """Return the source of a module with the function `name`, and ``{name}_proba`` of labels."""
    check_name(name)
    steps, public = literal(description.steps), "\n\n".join(_public(description, name))
    classes, summary = "", f"`{name}(x)` returns the prediction for the features x of one sample"
    if description.classes is not None:
        classes = f"CLASSES = {bracketed('()', map(ascii, description.classes.tolist()))}\n"
        summary += f", `{name}_proba(x)` the probabilities"
    sources = {helper: inspect.getsource(function) for helper, function in FUNCTIONS.items()}
    return MODULE.format(
        head=first_line(description),
        summary=summary,
        features=bracketed("()", (ascii(feature.name) for feature in description.features)),
        categories=_categories(description.features),
        classes=classes,
        functions="\n\n".join(needed_functions(sources, steps + public)),
        steps=steps,
        public=public,
    )


def literal(value, indent=0):
    """Return a number as text; arrays and sequences as tuples; operations as tuples of a function
    and its parameters."""
    if isinstance(value, ops.Activate):
        items = ["_activate", f"_{value.name}"]
        items += [] if value.parameter is None else [number(value.parameter)]
    elif isinstance(value, ops.Operation):
        function = f"_{value.kind}"
        names = [*inspect.signature(FUNCTIONS[function]).parameters][1:]
        items = [function, *(literal(getattr(value, name), indent + 4) for name in names)]
    elif isinstance(value, (tuple, np.ndarray)):
        items = [literal(part, indent + 4) for part in value]
    else:
        return number(value)
    return bracketed("()", items, indent)


def _public(description, name):
    """Return the public functions."""
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
    """Return the expression of the outputs a in a shape."""
    if not shape:
        return "a[0]"
    if len(shape) == 1:
        return "a"
    return f"[a[i : i + {shape[1]}] for i in range(0, len(a), {shape[1]})]"


def _categories(features):
    """Return the table of the codes of the values, by the index of the feature."""
    entries = []
    for place, feature in enumerate(features):
        if feature.categories is not None:
            codes = (f"{value!a}: {code}" for code, value in enumerate(feature.categories))
            entries.append(f"    {place}: {bracketed('{}', codes, 4)},\n")
    return f"{{\n{''.join(entries)}}}" if entries else "{}"
