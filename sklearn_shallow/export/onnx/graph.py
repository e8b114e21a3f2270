"""The graph of an ONNX model, and what operations write to it."""

import numpy as np

from sklearn_shallow.export.onnx import operators

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

    def write(self, steps, x=None, n=0):
        """Append the nodes of operations; return the name of the result.

        The first operation is `Columns`, which takes the inputs of the graph, unless x is given.
        """
        for step in steps:
            x, n = getattr(operators, step.kind)(self, step, x, n), step.width(n)
        return x
