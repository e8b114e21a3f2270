"""A description as the nodes of an ONNX graph.

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

from sklearn_shallow.export import operations as ops

ROWS = np.array([1])  # along which axis
DOMAINS = {"": 13, "ai.onnx.ml": 2}  # the first versions with all operators: onnxruntime 1.7, 2021


class Graph:
    """Nodes and constants; the inputs hold the features one after another.

    Parameters
    ----------
    onnx : module
    inputs : list of (name, number of columns, whether it holds strings)
    features : tuple of Feature, all columns of the inputs
    dtype : dtype of all real numbers
    unique : callable
        Returns a new name that begins with the one given.
    """

    def __init__(self, onnx, inputs, features, dtype, unique):
        self.onnx, self.inputs, self.features = onnx, inputs, features
        self.dtype, self.unique = np.dtype(dtype), unique
        self.type = self.type_of(np.empty(0, self.dtype))
        self.nodes, self.constants = [], []

    def constant(self, value):
        """Return the name of a constant; real numbers have the dtype of the graph."""
        value = np.asarray(value)
        value = value.astype(self.dtype) if value.dtype.kind == "f" else value
        name = self.unique("constant")
        self.constants.append(self.onnx.numpy_helper.from_array(value, name))
        return name

    def __call__(self, kind, *inputs, domain="", **attributes):
        """Append a node; return the name of its only output.

        An input is the name of a tensor, or a constant.
        """
        names = [x if isinstance(x, str) else self.constant(x) for x in inputs]
        out = self.unique(kind.lower())
        make = self.onnx.helper.make_node
        node = make(kind, names, [out], name=out, domain=domain, **attributes)
        self.nodes.append(node)
        return out

    def type_of(self, value):
        """Return the type of an array of constants."""
        return self.onnx.helper.np_dtype_to_tensor_dtype(value.dtype)

    def real(self, x):
        """Cast to the dtype of the graph."""
        return self("Cast", x, to=self.type)

    def is_text(self, feature):
        """Return whether the input that holds the feature is one of strings."""
        return self._place(feature)[2]

    def columns(self, features):
        """Return these columns of the inputs, all of one type, as one tensor."""
        parts, places = [], [self._place(feature)[:2] for feature in features]
        for name in dict.fromkeys(name for name, _ in places):
            wanted = np.array([column for of_input, column in places if of_input == name])
            [width] = [n for of_input, n, _ in self.inputs if of_input == name]
            is_all = np.array_equal(wanted, np.arange(width))
            parts.append(name if is_all else self("Gather", name, wanted, axis=1))
        return parts[0] if len(parts) == 1 else self("Concat", *parts, axis=1)

    def _place(self, feature):
        """Return the input that holds the feature, where in it, and whether it is of strings."""
        for name, width, is_text in self.inputs:
            if feature < width:
                return name, feature, is_text
            feature -= width
        raise ValueError("There are fewer inputs than features.")


def write_outputs(graph, steps, x=None, n=0):
    """Append the nodes of the operations to the graph; return the name of the result.

    The first operation is `Columns`, which takes the inputs of the graph, unless x is given.
    """
    for step in steps:
        x, n = WRITERS[type(step)](graph, step, x, n), step.width(n)
    return x


def columns(graph, step, x, n):
    parts = [WRITERS[type(part)](graph, part, x, n) for part in step.parts]
    return parts[0] if len(parts) == 1 else graph("Concat", *parts, axis=1)


def numbers(graph, step, x, n):
    x = graph.columns(step.features)
    return graph("Where", graph("IsNaN", x), step.fill, x)


def counted_numbers(graph, step, x, n):
    x = graph.columns(step.features)
    counted = plus(graph, plus(graph, x, -step.origin), -step.rest)
    return graph("Where", graph("IsNaN", x), step.fill, counted)


def gaps(graph, step, x, n):
    return graph.real(graph("IsNaN", graph.columns(step.features)))


def levels(graph, step, x, n):
    """Rows of the table by code: strings have a dictionary, numbers are compared to all."""
    x, values = graph.columns([step.feature]), graph.features[step.feature].categories
    if not values:
        nothing = graph("Mul", graph.real(graph("IsNaN", x)), 0.0)
        return graph("Add", nothing, step.missing)
    if graph.is_text(step.feature):
        return graph("Gather", step.table, graph("Squeeze", codes(graph, x, values), ROWS))
    if len(np.unique(np.array(values, graph.dtype))) < len(values):
        raise ValueError(
            f"dtype={graph.dtype.name!r} cannot tell all categories of "
            f"{graph.features[step.feature].name!r} apart. Use dtype='float64'."
        )
    hits = graph.real(graph("Equal", x, np.array([values], float)))
    unknown = graph("Sub", 1.0, graph("ReduceSum", hits, ROWS))
    known = graph("MatMul", hits, step.table[:-1])
    return graph("Add", known, graph("Mul", unknown, step.missing))


def codes(graph, x, values):
    """Return the place of every string among the values, their number for one that is unknown."""
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
    made = [write_outputs(graph, branch, x, n) for branch in step.branches]
    return graph("Div", graph("Sum", *made), float(len(made)))


WRITERS = {
    ops.Columns: columns,
    ops.Numbers: numbers,
    ops.CountedNumbers: counted_numbers,
    ops.Levels: levels,
    ops.Means: levels,
    ops.Gaps: gaps,
    ops.Limit: limit,
    ops.Compress: compress,
    ops.Scale: scale,
    ops.Bins: bins,
    ops.Dense: dense,
    ops.Activate: activate,
    ops.Softmax: lambda graph, step, x, n: graph("Softmax", x, axis=1),
    ops.Opposites: opposites,
    ops.Ordered: ordered,
    ops.Rescale: rescale,
    ops.Average: average,
}
