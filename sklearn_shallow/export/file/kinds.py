"""The classes below the estimators that have a place in a file, and what their attributes are.

An object is made by its constructor where that checks and derives the rest, else its attributes are
set and checked here, so that whatever is loaded can predict.
"""

from dataclasses import fields

from scipy import sparse

from sklearn_shallow.evidence.fixed_point import Evidence
from sklearn_shallow.evidence.posterior import Posterior
from sklearn_shallow.evidence.spaces import ParameterSpace, RowSpace
from sklearn_shallow.export.file.fields import (
    ANY,
    COUNT,
    MATRIX,
    NONE,
    NUMBER,
    SIZE,
    TEXT,
    VECTOR,
    Is,
    array,
    list_of,
    one,
)
from sklearn_shallow.export.file.inputs import INPUTS
from sklearn_shallow.export.file.targets import STATISTICS, TARGETS
from sklearn_shallow.export.file.values import Kind
from sklearn_shallow.losses.labels import Multinomial
from sklearn_shallow.losses.registry import CLASSIFIER_LOSSES, REGRESSOR_LOSSES
from sklearn_shallow.network.activations import ACTIVATIONS, Activation
from sklearn_shallow.network.layout import Layout
from sklearn_shallow.network.passes import Network
from sklearn_shallow.solvers.registry import SOLVERS, options_of

# Networks


def check_network(network):
    """Return what is wrong with a network."""
    if len(network.activations) != len(network.layout.units) - 2:
        return "it has not one activation per hidden layer"


SIZES = list_of(SIZE, tuple)
LAYERS = Is("a tuple of two or more sizes", lambda value: SIZES.fits(value) and len(value) > 1)
NETWORK = [
    Kind(Layout, {"units": LAYERS}, make=Layout),
    Kind(
        Network,
        {"layout": one(Layout), "activations": list_of(one(Activation))},
        check=check_network,
    ),
]


def parameters_of(activation):
    """Return the attributes of a built-in activation as fields."""
    return dict.fromkeys(vars(activation), NUMBER)


NETWORK += [
    Kind(type(activation), parameters_of(activation), make=type(activation), take=vars)
    for name, activation in ACTIVATIONS.items()
    if name != "sigmoid"  # the other name of one
]


# Losses and solvers: their options, which their constructors check

LOSSES = [
    Kind(cls, dict.fromkeys([field.name for field in fields(cls)], ANY), make=cls)
    for cls in {
        *CLASSIFIER_LOSSES.values(),
        *REGRESSOR_LOSSES.values(),
        Multinomial,
    }
]
STATE = {
    "n_steps": COUNT,
    "velocity": VECTOR,
    "M": VECTOR,
    "S": VECTOR,
    "_shift": array("f", 0),
    "_epsilon": NUMBER,
    "_reach": NUMBER,
}


def solver_kind(cls):
    """Return the kind of a solver, which may have a state."""
    options = options_of(cls)

    def make(**parts):
        solver = cls(**{name: parts.pop(name) for name in options})
        vars(solver).update(parts)
        return solver

    optional = {name: state.or_missing() for name, state in STATE.items()}
    return Kind(cls, {**dict.fromkeys(options, ANY), **optional}, make=make)


# The posterior


def check_space(space):
    """Return what is wrong with the inverse of a curvature."""
    layout, k = space.network.layout, len(space.factor)
    if space.first >= len(layout.layers) or len(space.theta) != layout.n_params:
        return "its parameters are not those of its network"
    n_params = layout.n_params - layout.layers[space.first].start
    if space.factor.shape != (k, k) or len(space.precision) != n_params:
        return "its matrix is not that of its parameters"
    if isinstance(space, ParameterSpace):
        return None if k == n_params else "its matrix is not that of its parameters"
    if space.first or not len(space.scales) == len(space.roots) == len(layout.layers):
        return "it has not one root per layer"
    for n_in, n_out, scale, (A, dZ) in zip(
        layout.units, layout.units[1:], space.scales, space.roots, strict=False
    ):
        n_rows = A.shape[0]
        if not (A.shape[1] == n_in + 1 == len(scale) and dZ.shape == (k, n_out)):
            return "a root is not that of its layer"
        if not n_rows or k % n_rows:
            return "a root has other rows than the matrix"


ROOT = Is(
    "a pair of matrices",
    lambda value: (
        isinstance(value, tuple)
        and len(value) == 2
        and MATRIX.fits(value[1])
        and (MATRIX.fits(value[0]) or sparse.issparse(value[0]))
    ),
)
SPACE = {
    "network": one(Network),
    "theta": VECTOR,
    "first": COUNT,
    "precision": VECTOR,
    "factor": MATRIX,
}
UNCERTAINTY = [
    Kind(ParameterSpace, {**SPACE, "kind": TEXT}, check=check_space),
    Kind(RowSpace, {**SPACE, "scales": list_of(VECTOR), "roots": list_of(ROOT)}, check=check_space),
    Kind(
        Posterior,
        {
            "space": one(ParameterSpace, RowSpace),
            "noise": VECTOR,
            "n_effective_params": NUMBER,
            "loo_score": NUMBER,
        },
    ),
    Kind(
        Evidence,
        {
            "decay": NUMBER,
            "relevance": VECTOR | NONE,
            "n_effective_params": NUMBER,
            "log_evidence": NUMBER,
        },
        make=Evidence,
    ),
]

KINDS = [
    *NETWORK,
    *LOSSES,
    *map(solver_kind, SOLVERS.values()),
    *INPUTS,
    *STATISTICS,
    *TARGETS,
    *UNCERTAINTY,
]
