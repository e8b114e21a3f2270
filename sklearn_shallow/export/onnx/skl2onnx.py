"""Descriptions as parts of graphs of skl2onnx, for pipelines.

Convention
----------
describe : callable
    Maps a fitted estimator and a dtype to a `Description`.
scope, operator, container : what skl2onnx passes to a converter; see its documentation of
    `update_registered_converter`
"""

from dataclasses import replace
from functools import partial

import numpy as np

from sklearn_shallow.export.onnx.graph import DOMAINS, Graph
from sklearn_shallow.export.onnx.model import append_results, imported, result_types

DEFAULT = "ai.onnx"
OPTIONS = {
    "zipmap": [True, False, "columns"],
    "output_class_labels": [False, True],
    "nocl": [False, True],  # numbers in place of labels
    "raw_scores": [False, True],  # decision_function in place of probabilities
}
FOLLOWING = {"SklearnZipMap", "SklearnZipMapColumns", "SklearnIdentity", "SklearnCast"}


def register(classes, searches, describe):
    """Register a converter with skl2onnx.

    Parameters
    ----------
    classes : dict of estimator class to whether it is a classifier
    searches : sequence of class, those among them that hold a `best_estimator_`
    """
    try:
        from skl2onnx import update_registered_converter
    except ImportError as error:
        raise ImportError(
            "register_skl2onnx needs skl2onnx: pip install skl2onnx sklearn-shallow[onnx]"
        ) from error
    for kind, classifies in classes.items():
        update_registered_converter(
            kind,
            f"SklearnShallow{kind.__name__}",
            partial(set_types, describe),
            partial(convert, describe),
            parser=parse_search if kind in searches else None,
            options=OPTIONS if classifies else None,
        )


def parse_search(scope, model, inputs, custom_parsers=None):
    """Declare the outputs of the best estimator."""
    from skl2onnx._parse import parse_sklearn  # as skl2onnx does for GridSearchCV

    best = model.best_estimator_
    scope.add_options(id(best), scope.get_options(model, fail=False))
    return parse_sklearn(scope, best, inputs, custom_parsers)


def set_types(describe, operator):
    """Set the types of the outputs."""
    graph, description = _graph(describe, operator, lambda stem: stem)
    types = result_types(graph, description).values()
    for output, (code, shape) in zip(operator.outputs, types, strict=True):
        output.type = _types(graph.onnx.TensorProto)[code]([*shape])


def convert(describe, scope, operator, container):
    """Append the nodes of the operator to the container."""
    for domain, oldest in DOMAINS.items():
        if container.target_opset_any_domain(domain) < oldest:
            raise ValueError(f"target_opset of {domain or DEFAULT!r} must be at least {oldest}.")
    _check_last(operator)
    graph, description = _graph(describe, operator, scope.get_unique_variable_name)
    for number, (name, width, is_text) in enumerate(graph.inputs):
        if not is_text:
            graph.inputs[number] = graph.real(name), width, is_text
    append_results(graph, description, [output.full_name for output in operator.outputs])
    value_of = graph.onnx.helper.get_attribute_value
    for constant in graph.constants:
        container.initializers.append(constant)
    for node in graph.nodes:
        container.add_node(
            node.op_type,
            list(node.input),
            list(node.output),
            op_domain=node.domain,
            op_version=DOMAINS[node.domain],
            name=scope.get_unique_operator_name(node.op_type),
            **{part.name: value_of(part) for part in node.attribute},
        )


def _graph(describe, operator, unique):
    """Return an empty graph with the inputs of the operator, and the description."""
    kinds = [type(variable.type).__name__ for variable in operator.inputs]
    dtype = np.float64 if "DoubleTensorType" in kinds else np.float32
    model = operator.raw_operator
    description = describe(model, dtype)
    options = operator.scope_inst.get_options(model, fail=False) or {}
    if options.get("nocl"):
        description = replace(description, classes=np.arange(len(description.classes)))
    if options.get("raw_scores"):
        description = description.raw()
    widths = [variable.type.shape[1] or 1 for variable in operator.inputs]
    if len(widths) == 1:
        widths = [len(description.features)]
    inputs = [
        (variable.full_name, width, kind == "StringTensorType")
        for variable, width, kind in zip(operator.inputs, widths, kinds, strict=True)
    ]
    _check_inputs(inputs, description.features)
    return Graph(imported(), inputs, description.features, dtype, unique), description


def _check_last(operator):
    """Check that the predictions are not the input of another estimator, like a `transform`."""
    made = {variable.full_name for variable in operator.outputs}
    for other in operator.scope_inst.operators.values():
        taken = made & {variable.full_name for variable in other.inputs}
        if taken and other.type not in FOLLOWING:
            raise ValueError(
                "In the pipeline another step follows the network. It takes the hidden units, and "
                "skl2onnx would pass predictions. Convert a pipeline whose last step is the "
                "network."
            )


def _check_inputs(inputs, features):
    """Check that there is a column of the right type for every feature."""
    of_text = [is_text for _, width, is_text in inputs for _ in range(width)]
    if len(of_text) != len(features):
        raise ValueError(
            f"The inputs have {len(of_text)} columns, but the network has {len(features)} "
            "features. Declare the types of all columns."
        )
    for feature, is_text in zip(features, of_text, strict=True):
        if feature.is_text != is_text:
            kinds = {True: "strings", False: "numbers"}
            raise ValueError(
                f"The input of feature {feature.name!r} is declared to hold {kinds[is_text]}, but "
                f"in fit it had {kinds[feature.is_text]}. Declare another type."
            )


def _types(codes):
    """Return skl2onnx's types by their number in ONNX."""
    from skl2onnx.common import data_types as types

    return {
        codes.FLOAT: types.FloatTensorType,
        codes.DOUBLE: types.DoubleTensorType,
        codes.INT64: types.Int64TensorType,
        codes.STRING: types.StringTensorType,
    }
