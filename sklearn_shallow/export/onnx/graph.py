"""The graph of an ONNX model, and what operations write to it."""

from itertools import groupby
from operator import itemgetter

import numpy as np

from sklearn_shallow.export.onnx import operators

DOMAINS = {"": 13, "ai.onnx.ml": 2}  # minimum opset versions, of onnxruntime 1.7 (2021)


class Graph:
    """Nodes and constants of a graph; the inputs hold the features in order.

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

    def columns(self, features):
        """Return columns of the inputs with the same type as one tensor."""
        places = [(name, k) for name, width, _ in self.inputs for k in range(width)]
        parts = []
        for name, group in groupby((places[feature] for feature in features), itemgetter(0)):
            wanted, own = [*group], [place for place in places if place[0] == name]
            columns = np.array([column for _, column in wanted])
            parts.append(name if wanted == own else self("Gather", name, columns, axis=1))
        return parts[0] if len(parts) == 1 else self("Concat", *parts, axis=1)

    def write(self, steps, x=None, n=0):
        """Append the nodes of operations; return the name of the result.

        The first operation is `Columns`, which takes the inputs of the graph, unless x is given.
        """
        for step in steps:
            x, n = getattr(operators, step.kind)(self, step, x, n), step.width(n)
        return x
