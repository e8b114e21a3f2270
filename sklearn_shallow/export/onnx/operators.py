"""The nodes of every operation; the function of an operation has its name.

Convention
----------
graph : Graph
x, z : str
    The names of tensors of shape (n_rows, n_columns).
n : int
    The number of columns of x.
Only operators are used for which onnxruntime has kernels in double precision: of the activations
and arcsinh, what has none is composed of others.
"""

import numpy as np
from numpy.polynomial import chebyshev
from scipy.special import erfcx

ROWS = np.array([1])  # axis of reductions within rows


def columns(graph, step, x, n):
    parts = [graph.write([part], x, n) for part in step.parts]
    return parts[0] if len(parts) == 1 else graph("Concat", *parts, axis=1)


def numbers(graph, step, x, n):
    x = graph.columns(step.features)
    return graph("Where", graph("IsNaN", x), step.fill, x)


def relative_numbers(graph, step, x, n):
    x = graph.columns(step.features)
    differences = plus(graph, plus(graph, x, -step.origin), -step.rest)
    return graph("Where", graph("IsNaN", x), step.fill, differences)


def missing_indicators(graph, step, x, n):
    return graph.real(graph("IsNaN", graph.columns(step.features)))


def levels(graph, step, x, n):
    """Rows of the table by code: strings have a dictionary, numbers are compared to all."""
    x, feature = graph.columns([step.feature]), graph.features[step.feature]
    values = feature.categories
    if not values:
        nothing = graph("Mul", graph.real(graph("IsNaN", x)), 0.0)
        return graph("Add", nothing, step.missing)
    if feature.is_text:
        return graph("Gather", step.table, graph("Squeeze", codes(graph, x, values), ROWS))
    if len(np.unique(np.array(values, graph.dtype))) < len(values):
        raise ValueError(
            f"dtype={graph.dtype.name!r} cannot tell all categories of "
            f"{feature.name!r} apart. Use dtype='float64'."
        )
    hits = graph.real(graph("Equal", x, np.array([values], float)))
    unknown = graph("Sub", 1.0, graph("ReduceSum", hits, ROWS))
    known = graph("MatMul", hits, step.table[:-1])
    return graph("Add", known, graph("Mul", unknown, step.missing))


means = levels


def codes(graph, x, values):
    """Return the index of every string in the values, their number for unknown strings."""
    n_codes, domain = len(values), "ai.onnx.ml"
    places = {"values_int64s": range(n_codes), "default_int64": n_codes}
    return graph("LabelEncoder", x, domain=domain, keys_strings=values, **places)


def limit(graph, step, x, n):
    largest = np.finfo(graph.dtype).max
    rest = np.full(n - len(step.low), largest)
    return clip(graph, x, np.r_[step.low, -rest], np.r_[step.high, rest])


def clip(graph, x, low, high):
    return graph("Min", graph("Max", x, low), high)


def compress(graph, step, x, n):
    center, scale, mask = np.zeros(n), np.ones(n), np.zeros(n, bool)
    center[step.columns], scale[step.columns], mask[step.columns] = step.center, step.scale, True
    spreads = graph("Div", plus(graph, x, -center), scale)
    spreads = clip(graph, spreads, -step.largest, step.largest)
    return graph("Where", mask, arcsinh(graph, spreads), x)


def arcsinh(graph, z):
    """``log(m) + log(s + sqrt(s^2 + 1 / m^2))`` with m = max(1, |z|) and s = |z| / m, signed."""
    size = graph("Abs", z)
    largest = graph("Max", size, 1.0)
    part, inverse = graph("Div", size, largest), graph("Reciprocal", largest)
    squares = graph("Add", graph("Mul", part, part), graph("Mul", inverse, inverse))
    tail = graph("Log", graph("Add", part, graph("Sqrt", squares)))
    return graph("Mul", graph("Sign", z), graph("Add", graph("Log", largest), tail))


def scale(graph, step, x, n):
    return graph("Mul", plus(graph, x, -step.shift), step.factor)


def plus(graph, x, constants):
    """Add constants in units of X or y: onnxruntime drops an Add or Sub of a number that is zero in
    single precision, such as 1e-60."""
    return graph("Sum", x, constants)


def bins(graph, step, x, n):
    seen = graph("Mul", graph("Gather", x, step.columns, axis=1), step.slope)
    seen = clip(graph, graph("Add", seen, step.offset), step.least, step.most)
    return graph("Concat", x, seen, axis=1)


def dense(graph, step, x, n):
    return graph("Add", graph("MatMul", x, step.W), step.b)


def activate(graph, step, x, n):
    return ACTIVATIONS[step.name](graph, x, step.parameter)


def logistic(graph, z):
    """``1 / (1 + exp(-z))``: the operator Sigmoid of onnxruntime is never below 1e-8 in float32."""
    return graph("Reciprocal", graph("Add", graph("Exp", graph("Neg", z)), 1.0))


def softplus(graph, z):
    inverse = graph("Exp", graph("Neg", graph("Abs", z)))
    return graph("Add", graph("Relu", z), graph("Log", graph("Add", inverse, 1.0)))


def elu(graph, z, c):
    below = graph("Sub", graph("Exp", graph("Min", z, 0.0)), 1.0)
    return graph("Add", graph("Relu", z), graph("Mul", below, c))


def gelu(graph, z, _):
    """``max(0, z) - |z| Phi(-|z|)``.

    Phi(-u) is ``exp(-u^2 / 2)`` times a smooth function of ``(u - 4) / (u + 4)``, a polynomial to
    1e-13: the operator Erf has no double precision.
    """
    u = graph("Abs", z)
    t = graph("Div", graph("Sub", u, TAIL_CENTER), graph("Add", u, TAIL_CENTER))
    tail, *coefficients = TAIL[::-1].tolist()
    for coefficient in coefficients:
        t_tail = graph("Mul", t, tail)
        tail = graph("Add", t_tail, coefficient)
    density = graph("Exp", graph("Mul", graph("Mul", u, u), -0.5))
    return graph("Sub", graph("Relu", z), graph("Mul", u, graph("Mul", density, tail)))


def _tail(t):
    return 0.5 * erfcx(TAIL_CENTER * (1 + t) / (1 - t) / np.sqrt(2))


TAIL_CENTER = 4.0
TAIL = chebyshev.cheb2poly(chebyshev.chebinterpolate(_tail, 20))

ACTIVATIONS = {
    "logistic": lambda graph, z, _: logistic(graph, z),
    "tanh": lambda graph, z, _: graph("Tanh", z),
    "relu": lambda graph, z, _: graph("Relu", z),
    "leaky_relu": lambda graph, z, k: graph("Max", z, graph("Mul", z, k)),
    "elu": elu,
    "softplus": lambda graph, z, _: softplus(graph, z),
    "silu": lambda graph, z, _: graph("Mul", z, logistic(graph, z)),
    "gelu": gelu,
    "exp": lambda graph, z, _: graph("Exp", z),
}


def opposites(graph, step, x, n):
    return graph("Concat", graph("Neg", x), x, axis=1)


def ordered(graph, step, x, n):
    differences = graph("MatMul", softplus(graph, x), step.signs(n))
    return graph("Add", graph("Gather", x, step.bases(n), axis=1), differences)


def rescale(graph, step, x, n):
    return plus(graph, graph("Mul", x, step.scale), step.shift)


def average(graph, step, x, n):
    made = [graph.write(branch, x, n) for branch in step.branches]
    return graph("Div", graph("Sum", *made), float(len(made)))


def softmax(graph, step, x, n):
    return graph("Softmax", x, axis=1)
