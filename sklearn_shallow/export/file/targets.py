"""The targets that have a place in a file, and their scalings."""

import numpy as np

from sklearn_shallow.export.file.fields import (
    ANY,
    COUNT,
    LABELS,
    NONE,
    NUMBER,
    TEXT,
    TRUTH,
    VECTOR,
    one,
    same_length,
)
from sklearn_shallow.export.file.values import Kind
from sklearn_shallow.losses.base import Loss
from sklearn_shallow.targets.labels import Binary, Multiclass, Multilabel
from sklearn_shallow.targets.limits import NO_LIMITS, Limits
from sklearn_shallow.targets.numbers import RegressionTarget
from sklearn_shallow.targets.scaling import TARGET_SCALINGS, UnitScaling
from sklearn_shallow.utils.statistics import RunningMoments

MOMENTS = Kind(
    RunningMoments,
    {"mean": VECTOR, "variance": VECTOR, "weight": VECTOR, "n_rows": COUNT},
    check=same_length("mean", "variance", "weight"),
)


SCALED = {"shift": VECTOR, "scale": VECTOR}
LEARNT = {**SCALED, "_n_seen": VECTOR, "_spread": VECTOR}
BOUNDS = dict.fromkeys(("low", "high"), VECTOR | NONE)


def check_limits(limits):
    """Return what is wrong with limits."""
    if (limits.low is None) != (limits.high is None):
        return "one of two limits is missing"


STATISTICS = [MOMENTS, Kind(UnitScaling, SCALED, check=same_length(*SCALED))]
STATISTICS += [Kind(Limits, BOUNDS, check=check_limits)]
STATISTICS += [
    Kind(cls, LEARNT, check=same_length(*LEARNT))
    for name, cls in TARGET_SCALINGS.items()
    if name in ("median", "size")
]


def check_moments(scaling):
    """Return what is wrong with a scaling that has moments."""
    if len({len(part) for part in (scaling._moments.mean, *map(vars(scaling).get, LEARNT))}) > 1:
        return "its statistics are of another number of targets"


STATISTICS.append(
    Kind(TARGET_SCALINGS["mean"], {**LEARNT, "_moments": one(RunningMoments)}, check=check_moments)
)


def check_classes(classes, least, most=np.inf):
    """Check the labels of a target."""
    if not least <= len(classes) <= most:
        raise ValueError(f"a target has {len(classes)} classes")


def binary(classes, loss):
    check_classes(classes, 2, 2)
    return Binary(classes, loss)


def multiclass(classes, loss):
    check_classes(classes, 3)
    return Multiclass(classes, loss)


def multilabel(classes, loss, as_sparse):
    check_classes(classes, 1)
    return Multilabel(len(classes), loss, as_sparse=as_sparse)


def regression_target(is_column, loss, name, scaling, largest, _standardize, limits=NO_LIMITS):
    """Return the target of numbers with this scaling and these limits."""
    n_targets = len(scaling.shift)
    if n_targets != 1 if is_column else n_targets < 1:
        raise ValueError(f"a target of numbers has {n_targets} columns")
    y = np.zeros(1 if is_column else (1, n_targets))
    target = RegressionTarget(y, loss, name=name, standardize=_standardize)
    if type(target.scaling) is not type(scaling):
        raise ValueError("a target of numbers has the scaling of another loss")
    if limits.low is not None and not len(limits.low) == len(limits.high) == n_targets:
        raise ValueError("a target of numbers has the limits of another")
    target.scaling, target.largest, target.limits = scaling, largest, limits
    return target


OF_LABELS = {"classes": LABELS, "loss": one(Loss)}
TARGETS = [
    Kind(Binary, OF_LABELS, make=binary),
    Kind(Multiclass, OF_LABELS, make=multiclass),
    Kind(Multilabel, {**OF_LABELS, "as_sparse": TRUTH}, make=multilabel),
    Kind(
        RegressionTarget,
        {
            "is_column": TRUTH,
            "loss": one(Loss),
            "name": TEXT,
            "scaling": one(UnitScaling),
            "largest": NUMBER,
            "_standardize": ANY,
            "limits": one(Limits).or_missing(),
        },
        make=regression_target,
    ),
]
