"""A description as an ONNX model."""

import numpy as np

from sklearn_shallow._version import __version__
from sklearn_shallow.export.onnx.graph import DOMAINS, Graph

IR_VERSION = 7  # the version of opset 13
RESERVED = {"label", "probabilities", "variable"}  # names of outputs, those of skl2onnx


def model_of(description):
    """Return the ONNX model of a description.

    Returns
    -------
    model : onnx.ModelProto
        One input "X", (None, n_features), if no feature holds strings; else one input (None, 1) per
        feature, by its name. Outputs "label" and "probabilities" of labels, "variable" of numbers.
    """
    onnx = imported()
    inputs = _inputs(description.features)
    names = unique_names({*RESERVED, *(name for name, _, _ in inputs)})
    graph = Graph(onnx, inputs, description.features, description.dtype, names)
    types = result_types(graph, description)
    append_results(graph, description, list(types))
    tensor, text = onnx.helper.make_tensor_value_info, onnx.TensorProto.STRING
    model = onnx.helper.make_model(
        onnx.helper.make_graph(
            graph.nodes,
            description.title.partition(",")[0],
            [
                tensor(name, text if is_text else graph.type, (None, n))
                for name, n, is_text in inputs
            ],
            [tensor(name, *kind) for name, kind in types.items()],
            graph.constants,
        ),
        opset_imports=[onnx.helper.make_opsetid(*domain) for domain in DOMAINS.items()],
        ir_version=IR_VERSION,
        producer_name="sklearn_shallow",
        producer_version=__version__,
        doc_string=description.title,
    )
    onnx.checker.check_model(model)
    return model


def imported():
    """Return the package onnx."""
    try:
        import onnx.numpy_helper  # it is no attribute of onnx before
    except ImportError as error:
        raise ImportError("to_onnx needs onnx: pip install sklearn-shallow[onnx]") from error
    return onnx


def append_results(graph, description, names):
    """Append the nodes of label and probabilities, or of the numbers, under these names."""
    outputs = graph.write(description.steps)
    if len(description.shape) > 1:
        outputs = graph("Reshape", outputs, np.array([-1, *description.shape]))
    results = [outputs]
    if description.classes is not None:
        results = [_decision(graph, description, outputs), outputs]
    for name, result in zip(names, results, strict=True):
        node = graph.onnx.helper.make_node("Identity", [result], [name], name=graph.unique("out"))
        graph.nodes.append(node)


def result_types(graph, description):
    """Return the type and the shape of the results by name."""
    if description.classes is None:
        return {"variable": (graph.type, (None, *(description.shape or (1,))))}
    n, label = description.n_outputs, (graph.onnx.TensorProto.INT64, (None, description.n_outputs))
    if description.threshold is None:
        label = graph.type_of(_labels(description)), (None,)
    return {"label": label, "probabilities": (graph.type, (None, n))}


def _decision(graph, description, outputs):
    """Append the nodes of the labels; see `Description.threshold`."""
    if description.threshold is not None:
        above = graph("Greater", outputs, description.threshold)
        return graph("Cast", above, to=graph.onnx.TensorProto.INT64)
    return graph("Gather", _labels(description), graph("ArgMax", outputs, axis=1, keepdims=0))


def _labels(description):
    """Return the class labels as integers or strings, like skl2onnx: these can be keys of maps."""
    classes = description.classes
    return classes.astype(np.int64 if classes.dtype.kind in "biuf" else object)


def unique_names(taken):
    """Return a function that makes new names with a prefix."""

    def unique(stem):
        name = f"{stem}_{len(taken)}"
        while name in taken:
            name += "_"
        taken.add(name)
        return name

    return unique


def _inputs(features):
    """Return the inputs of a model, see `Graph`."""
    if not any(feature.is_text for feature in features):
        return [("X", len(features), False)]
    names = [feature.name for feature in features]
    if len({*names} - RESERVED - {""}) < len(names):
        names = [f"x{number}" for number in range(len(names))]
    return [(name, 1, f.is_text) for name, f in zip(names, features, strict=True)]
