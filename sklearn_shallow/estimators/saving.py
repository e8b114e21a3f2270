"""Files of estimators, without pickle.

A file holds numbers, text and arrays. What is made of them are plain values and objects of the
classes in `KINDS`, all of this package.
"""

import platform
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import sklearn

from sklearn_shallow._version import __version__
from sklearn_shallow.estimators.attributes import VERSION
from sklearn_shallow.estimators.classifier import ShallowNetClassifier
from sklearn_shallow.estimators.cross_validation import (
    ShallowNetClassifierCV,
    ShallowNetRegressorCV,
)
from sklearn_shallow.estimators.parameters.settings import Decay
from sklearn_shallow.estimators.regressor import ShallowNetRegressor
from sklearn_shallow.estimators.training.ensemble import STREAMS, Streams
from sklearn_shallow.estimators.training.fitted_network import FittedNetwork
from sklearn_shallow.estimators.training.run import ResumeState
from sklearn_shallow.evidence.fixed_point import Evidence
from sklearn_shallow.evidence.posterior import Posterior
from sklearn_shallow.export.file.archive import FAULTS, read_archive, reason, write_archive
from sklearn_shallow.export.file.fields import (
    ANY,
    COUNT,
    NONE,
    NUMBER,
    TEXT,
    TRUTH,
    VECTOR,
    Is,
    dict_of,
    list_of,
    one,
)
from sklearn_shallow.export.file.kinds import KINDS as BELOW
from sklearn_shallow.export.file.targets import TARGETS
from sklearn_shallow.export.file.values import Kind, NotPlain, decoded, encoded
from sklearn_shallow.inputs.sample_weights import Seen
from sklearn_shallow.inputs.scaling import Standardization
from sklearn_shallow.inputs.table import Table
from sklearn_shallow.network.passes import Network
from sklearn_shallow.solvers.base import Solver

FORMAT, FORMAT_VERSION = "sklearn_shallow", 1
ELSEWHERE = "skops.io.dump and joblib.dump write most objects"
WAYS_OUT = {
    "scoring": "Predictions do not need it: call set_params(scoring='loss') before",
    "cv": "Predictions do not need it: call set_params(cv=None) before",
    "random_state": "Pass an int as random_state to fit",
    "seed": "Pass an int as random_state to fit",
}


def save(estimator, path):
    """Write an estimator to a file, see `ExportingMixin.save`."""
    if type(estimator) not in ESTIMATORS:
        raise ValueError(
            f"{type(estimator).__name__} is a class derived from one of this package, which a file "
            f"without pickle cannot hold. {ELSEWHERE}."
        )
    try:
        content, arrays = encoded(estimator, KINDS)
    except NotPlain as error:
        name = error.path[-1] if error.path else "estimator"
        way_out = WAYS_OUT.get(name, "Fit with one that has a name")
        raise ValueError(
            f"{'.'.join(error.path)}={error.value!r} is an object that a file without pickle "
            f"cannot hold. {way_out}. {ELSEWHERE}."
        ) from None
    packages = {"python": platform.python_version(), "sklearn_shallow": __version__}
    packages |= {package.__name__: package.__version__ for package in (np, scipy, sklearn)}
    text = {"format": FORMAT, "version": FORMAT_VERSION, "packages": packages, "content": content}
    write_archive(path, text, arrays)


def load(path: str | Path) -> Any:
    """Return the estimator that its method `save` has written to a file.

    Nothing in the file is run, and nothing is made of it but numbers, text, arrays and objects of
    this package. It may come from anywhere: an estimator predicts what its numbers say, and no
    file can do more than that.

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
        If the file was not written by `save`, has a later format, or is damaged; the message says
        which. Until then, no more memory is allocated than a constant times the size of the file.

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
        return made_of(*read_archive(path))
    except ValueError as error:
        raise ValueError(f"{str(path)!r} cannot be loaded: {error}.") from error


def made_of(text, arrays):
    """Return the estimator of a text and arrays."""
    if not isinstance(text, dict) or text.get("format") != FORMAT:
        raise ValueError("it is no file of an estimator of sklearn_shallow")
    version = text.get("version")
    if type(version) is not int or not 1 <= version <= FORMAT_VERSION:
        raise ValueError(
            f"it has the format version {version!r}, this release reads up to {FORMAT_VERSION}. "
            "Install a later release of sklearn-shallow"
        )
    try:
        made = decoded(text["content"], arrays, KINDS)
    except FAULTS as error:
        raise ValueError(f"its content is damaged or altered: {reason(error)}") from error
    if type(made) not in ESTIMATORS:
        raise ValueError(f"it holds no estimator, but {type(made).__name__}")
    return made


# What an estimator and its networks are made of


def with_state(cls, **state):
    """Return an object in this state; an estimator warns of another version as in unpickling."""
    made = cls.__new__(cls)
    made.__setstate__(state)
    return made


def streams_of(entropy, generators):
    """Return random streams that go on."""
    if entropy.keys() != set(STREAMS) or not generators.keys() <= set(STREAMS):
        raise ValueError("random streams have other names")
    streams = Streams([])
    streams._entropy = entropy
    for name, state in generators.items():
        rng = np.random.default_rng(0)
        rng.bit_generator.state = state
        streams[name] = rng
    return streams


def parts_of_streams(streams):
    """Return what random streams are written as."""
    generators = {name: rng.bit_generator.state for name, rng in streams.items()}
    return {"entropy": streams._entropy, "generators": generators}


def check_fitted(fitted):
    """Return what is wrong with a fitted network."""
    layout, theta = fitted.network.layout, fitted.theta
    if len(theta) != layout.n_params or not np.isfinite(theta).all():
        return f"theta has {len(theta)} numbers of {layout.n_params}, or some that are not finite"
    if theta.dtype not in (np.float32, np.float64):
        return f"theta has the dtype {theta.dtype}"
    history, lengths = fitted.history, {*map(len, fitted.history.values())}
    if not {"loss", "data_loss", "seconds"} <= history.keys() or len(lengths) > 1:
        return "its history has not one value per iteration"
    if fitted.inputs.n_columns != layout.units[0] or fitted.target.n_outputs != layout.units[-1]:
        return "its layers do not fit the columns of X and y"
    relevance, posterior = fitted.decay.relevance, fitted.posterior
    if relevance is not None and len(relevance) != layout.units[0]:
        return "it has not one relevance per column"
    if posterior is not None and (
        posterior.space.network.layout.units != layout.units
        or len(posterior.noise) != layout.units[-1]
    ):
        return "its posterior is that of another network"
    if fitted.resume is not None and not fits_state(fitted.resume, layout):
        return "the state of its solver is that of another network"


def fits_state(resume, layout):
    """Return whether the state of a solver is that of the network, or of one for its scores, or of
    one for its columns and linear predictions of its outputs."""
    key = resume.key
    if len(key) != 4 or not isinstance(key[1], tuple) or key[1][1:] != layout.units[1:]:
        return False
    if key[1][0] not in range(layout.units[0] + layout.units[-1] + 1):
        return False
    n_params = layout.n_params - (layout.units[0] - key[1][0]) * layout.units[1]
    arrays = [part for part in vars(resume.solver).values() if isinstance(part, np.ndarray)]
    return all(part.dtype.char == key[2] and part.shape in ((), (n_params,)) for part in arrays)


ENTROPY = list_of(COUNT)
HISTORY = dict_of(list_of(NUMBER))
NETWORK_FIELDS = {
    "network": one(Network),
    "inputs": one(Standardization),
    "target": one(*[kind.cls for kind in TARGETS]),
    "theta": VECTOR,
    "decay": one(Decay),
    "seed": COUNT | NONE,
    "entropy": ENTROPY,
    "seen": one(Seen),
    "evidence": one(Evidence) | NONE,
    "posterior": one(Posterior) | NONE,
    "resume": one(ResumeState) | NONE,
    "n_iter": COUNT,
    "best_iteration": COUNT,
    "n_rows_seen": COUNT,
    "loss": NUMBER,
    "history": HISTORY,
    "best_validation_score": NUMBER | NONE,
    "n_linear_predictions": COUNT.or_missing(),
}
FITTED = [
    Kind(
        FittedNetwork,
        NETWORK_FIELDS,
        make=partial(with_state, FittedNetwork),
        take=FittedNetwork.__getstate__,
        check=check_fitted,
    ),
    Kind(Decay, {"alpha": NUMBER, "relevance": VECTOR | NONE}, make=Decay),
    Kind(
        ResumeState,
        {"solver": one(Solver), "key": one(tuple), "streams": one(Streams)},
        make=ResumeState,
    ),
    Kind(
        Streams,
        {"entropy": dict_of(ENTROPY), "generators": dict_of(one(dict))},
        make=streams_of,
        take=parts_of_streams,
    ),
]


CHOSEN = {
    "solver": TEXT | one(Solver),
    "batch_size": COUNT,
    "early_stopping": TRUTH,
    "numeric_encoding": COUNT | NONE,
    "max_iter": COUNT.or_missing(),
    "learning_rate": TEXT.or_missing(),
    "learning_rate_init": NUMBER.or_missing(),
}


def is_chosen(values):
    """Return whether these are values that "auto" stands for, by parameter."""
    needed = {name for name, value in CHOSEN.items() if not value.optional}
    needed |= {"learning_rate", "learning_rate_init"} if "learning_rate" in values else set()
    fits = needed <= values.keys() <= CHOSEN.keys()
    return fits and all(CHOSEN[name].fits(value) for name, value in values.items())


def check_net(net):
    """Return what is wrong with an estimator of networks."""
    if not net._networks:
        return None
    first, table, names = net._networks[0], net._table, net._names()
    if not isinstance(getattr(net, "n_features_in_", None), int):
        return "n_features_in_ is missing"
    if not is_chosen(net._chosen):
        return "the values that were chosen are not those of a fit"
    if net._chosen["early_stopping"] and "validation_loss" not in first.history:
        return "it has no losses of the validation set"
    if table is not None and len(table.is_categorical) != net.n_features_in_:
        return "its table has other features"
    for network in net._networks:
        same = network.network.layout.units, type(network.target), network.target.n_outputs
        if same != (first.network.layout.units, type(first.target), first.target.n_outputs):
            return "its networks are for several targets"
        columns = network.inputs.columns
        if len(columns.numbers) + len(columns.categories) != net.n_features_in_:
            return "its networks have other features"
        if [len(c.table) - 1 for c in columns.categories] != sizes_of(table):
            return "its networks have other categories"
    if names is not None and names.shape != (net.n_features_in_,):
        return "it has not one name per feature"


def sizes_of(table):
    """Return the number of categories of the features that have some."""
    if table is None:
        return []
    return [len(found) for found in table.categories if found is not None]


def state_of(estimator, names):
    """Return the attributes of an estimator that are written, with the version of the package."""
    state = estimator.__getstate__()
    return {name: state[name] for name in names if name in state}


def estimator_kind(cls, fitted, check=None):
    """Return the kind of an estimator with these fitted attributes."""
    names = Is("an array of text", is_names)
    optional = {VERSION: TEXT, "_sklearn_output_config": dict_of(TEXT), **fitted}
    optional |= {"feature_names_in_": names} if "n_features_in_" in fitted else {}
    attributes = dict.fromkeys(cls._parameter_constraints, ANY)
    attributes |= {name: field.or_missing() for name, field in optional.items()}
    take = partial(state_of, names=attributes)
    return Kind(cls, attributes, make=partial(with_state, cls), take=take, check=check)


def is_names(value):
    """Return whether a value is an array of names."""
    return type(value) is np.ndarray and value.ndim == 1 and all(map(TEXT.fits, value.tolist()))


OF_NETS = {
    "_networks": list_of(one(FittedNetwork)),
    "_chosen": one(dict),
    "_table": one(Table) | NONE,
    "n_features_in_": COUNT,
    "_is_member": ANY,
}
NETS = ShallowNetClassifier, ShallowNetRegressor
SEARCHES = ShallowNetClassifierCV, ShallowNetRegressorCV
OF_SEARCHES = {
    "estimator": one(*NETS) | NONE,
    "cv_results_": one(dict),
    "best_index_": COUNT,
    "best_estimator_": one(*NETS),
    "best_score_": NUMBER,
    "best_params_": one(dict),
    "alpha_": ANY,
    "hidden_layer_sizes_": ANY,
    "activation_": ANY,
}
KINDS = [*BELOW, *FITTED]
KINDS += [estimator_kind(cls, OF_NETS, check_net) for cls in NETS]
KINDS += [estimator_kind(cls, OF_SEARCHES) for cls in SEARCHES]
ESTIMATORS = {*NETS, *SEARCHES}
