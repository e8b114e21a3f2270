"""Saving and loading of estimators, in files without pickle."""

from pathlib import Path
from typing import Any, TypeVar

from sklearn_shallow.estimators.training.calibration import Calibration
from sklearn_shallow.estimators.training.ensemble import Streams
from sklearn_shallow.estimators.training.fitted_network import FittedNetwork
from sklearn_shallow.estimators.training.run import ResumeState
from sklearn_shallow.evidence.fixed_point import Evidence
from sklearn_shallow.evidence.inverse_curvature import ParameterSpace, RowSpace
from sklearn_shallow.evidence.posterior import Posterior
from sklearn_shallow.export.file import NotPlain, read, write
from sklearn_shallow.inputs.columns import Category, Columns
from sklearn_shallow.inputs.compression import Compression
from sklearn_shallow.inputs.encoding import PiecewiseLinear
from sklearn_shallow.inputs.sample_weights import Seen
from sklearn_shallow.inputs.scaling import CommonScale, Standardization
from sklearn_shallow.inputs.spaces import LinearPredictions, Space
from sklearn_shallow.inputs.table import Table
from sklearn_shallow.losses.base import Domain
from sklearn_shallow.losses.labels import Multinomial
from sklearn_shallow.losses.links import LINKS, OrderedLink
from sklearn_shallow.losses.registry import CLASSIFIER_LOSSES, REGRESSOR_LOSSES
from sklearn_shallow.network.activations import ACTIVATIONS
from sklearn_shallow.network.layout import Layout
from sklearn_shallow.network.passes import Network
from sklearn_shallow.solvers.registry import SOLVERS
from sklearn_shallow.targets.labels import Binary, Multiclass, Multilabel
from sklearn_shallow.targets.limits import Limits
from sklearn_shallow.targets.numbers import RegressionTarget
from sklearn_shallow.targets.scaling import TARGET_SCALINGS, UnitScaling
from sklearn_shallow.utils.statistics import RunningMoments

ESTIMATORS: set[type] = set()  # every `saveable` class
# fmt: off
PARTS = {  # classes of what an estimator holds
    FittedNetwork, ResumeState, Streams, Seen, Evidence, Posterior, ParameterSpace, RowSpace,
    Network, Layout, *map(type, ACTIVATIONS.values()), *SOLVERS.values(),
    Standardization, CommonScale, Space, LinearPredictions,
    Columns, Category, Compression, PiecewiseLinear, Table,
    Binary, Multiclass, Multilabel, RegressionTarget, Limits,
    UnitScaling, *TARGET_SCALINGS.values(), RunningMoments, Calibration,
    *CLASSIFIER_LOSSES.values(), *REGRESSOR_LOSSES.values(), Multinomial, Domain,
    *map(type, LINKS.values()), OrderedLink,
}
# fmt: on
ELSEWHERE = "skops.io.dump and joblib.dump write most objects"
WAYS_OUT = {
    "scoring": "Predictions do not need it: call set_params(scoring='loss') before",
    "cv": "Predictions do not need it: call set_params(cv=None) before",
    "random_state": "Pass an int as random_state to fit",
    "seed": "Pass an int as random_state to fit",
    "values": "Fit with categories of text or numbers, by X.astype({column: str}) for example",
}

T = TypeVar("T")


def saveable(cls: type[T]) -> type[T]:
    """Decorate an estimator that files can hold; classes derived from it are not."""
    ESTIMATORS.add(cls)
    return cls


def save(estimator, path):
    """Write an estimator to a file, see `ExportingMixin.save`."""
    if type(estimator) not in ESTIMATORS:
        raise ValueError(
            f"{type(estimator).__name__} is a class derived from one of this package, which a file "
            f"without pickle cannot hold. {ELSEWHERE}."
        )
    try:
        write(path, estimator, ESTIMATORS | PARTS)
    except NotPlain as error:
        way_out = WAYS_OUT.get(error.path[-1], "Fit with one that has a name")
        raise ValueError(
            f"{'.'.join(error.path)}={error.value!r} is an object that a file without pickle "
            f"cannot hold. {way_out}. {ELSEWHERE}."
        ) from None


def load(path: str | Path) -> Any:
    """Return the estimator that its method `save` has written to a file.

    Files from untrusted sources can be loaded: no code in the file is executed, and only numbers,
    text, arrays and objects of this package are created. (Whoever changes a file can still change
    the predictions.)

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    estimator : estimator
        As it was when it was saved: it predicts the same, to the last bit on the same machine, and
        continues training where that ended.

    Raises
    ------
    ValueError
        If the file was not written by `save`, or is damaged. Until then, no more memory is
        allocated than a constant times the size of the file.

    Warns
    -----
    InconsistentVersionWarning
        If another version of this package has written the file, as in unpickling.

    Examples
    --------
    >>> import os, tempfile
    >>> import sklearn_shallow
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> net = sklearn_shallow.ShallowNetClassifier(5, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "iris.npz")
    ...     net.save(path)
    ...     again = sklearn_shallow.load(path)
    >>> float(abs(again.predict_proba(X) - net.predict_proba(X)).max())
    0.0
    """
    try:
        made = read(path, ESTIMATORS | PARTS)
        if type(made) not in ESTIMATORS:
            raise ValueError(f"it holds no estimator, but {type(made).__name__}")
    except ValueError as error:
        raise ValueError(f"{str(path)!r} cannot be loaded: {error}.") from error
    return made
