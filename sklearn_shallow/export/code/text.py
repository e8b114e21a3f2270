"""Common parts of exported code in all languages: names, labels and numbers as text."""

import builtins
import keyword
import math
import re

import numpy as np

from sklearn_shallow._version import __version__

TAKEN = {"math", "FEATURES", "CATEGORIES", "CLASSES", "STEPS", "real", "position", "size_t"}
TAKEN |= {*keyword.kwlist, *dir(builtins), *dir(math)}  # most words of C and math.h are among them
WIDTH = 100


def check_name(name):
    """Check the name of an exported function."""
    is_name = isinstance(name, str) and name.isidentifier() and name.isascii()
    if not is_name or name in TAKEN or name.strip("_") != name:
        raise ValueError(
            f"name={name!r} must be the name of a function: letters, digits and _ within, and not "
            "a word of Python or C. Pass name='predict', for example."
        )


def first_line(description):
    """Return the first line of the code, without characters that end a comment."""
    title = re.sub(r"[^\w ,]", "_", description.title, flags=re.ASCII)
    return f"{title}, outputs: {description.n_outputs}; sklearn_shallow {__version__}"


def number(value):
    """Return a number as text that every reader turns into the same number."""
    if not isinstance(value, (float, np.floating)):
        return repr(int(value))
    text = f"{value:.9g}" if isinstance(value, np.float32) else repr(float(value))
    return text if set(text) & set(".e") else f"{text}.0"


def bracketed(brackets, items, indent=0):
    """Return items between brackets, on as few lines as possible."""
    items, margin = list(items), " " * (indent + 4)
    line = ", ".join(items) + "," * (len(items) == 1)
    if len(line) < WIDTH // 2:
        return f"{brackets[0]}{line}{brackets[1]}"
    lines = [margin]
    for item in items:
        if len(lines[-1]) + len(item) >= WIDTH and lines[-1] != margin:
            lines.append(margin)
        lines[-1] += f"{item}, "
    body = "\n".join(line.rstrip() for line in lines)
    return f"{brackets[0]}\n{body}\n{' ' * indent}{brackets[1]}"


def needed_functions(sources, code):
    """Return the functions that the code names, and those that these name, in their order.

    Parameters
    ----------
    sources : dict of the source of a function by its name
    """
    found = set()
    while more := {name for name in sources.keys() - found if re.search(rf"\b{name}\b", code)}:
        found |= more
        code = "\n".join(sources[name] for name in more)
    return [source for name, source in sources.items() if name in found]
