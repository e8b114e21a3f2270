"""Access to the fitted networks in a user's network, search or pipeline.

Convention
----------
net : fitted ShallowNetClassifier or ShallowNetRegressor
network : FittedNetwork, one of its networks
caller : str, the public name that messages begin with
"""

import numpy as np
from scipy import sparse
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_is_fitted

MAX_NAMED = 2  # number of parameters in the name of a fit
MAX_LETTERS = 22  # length of a name in a figure


def unwrapped(estimator, X, caller):
    """Return the network estimator, and X transformed by the steps of a pipeline before it.

    X may be None.
    """
    check_is_fitted(estimator)
    if hasattr(estimator, "best_estimator_"):
        return unwrapped(estimator.best_estimator_, X, caller)
    if hasattr(estimator, "steps"):
        if X is not None and len(estimator.steps) > 1:
            X = estimator[:-1].transform(X)
        return unwrapped(estimator.steps[-1][1], X, caller)
    if not hasattr(type(estimator), "preprocessor_"):
        raise ValueError(
            f"{caller} is for a ShallowNetClassifier or ShallowNetRegressor, a search for one, or "
            f"a pipeline with one at its end, got {type(estimator).__name__}. Pass the fitted "
            "network inside of it."
        )
    return estimator, X


def only_network(estimator, X, caller):
    """Return the network estimator, its only FittedNetwork, and X; see `unwrapped`."""
    net, X = unwrapped(estimator, X, caller)
    networks = net._networks
    if len(networks) > 1:
        raise ValueError(
            f"{caller} is for one network, and this {type(net).__name__} has {len(networks)}. Pass "
            "estimator.estimators_[0], or another of them."
        )
    return net, networks[0], X


def history_of(net, caller):
    """Return the history of an estimator with one network; the error says that it has none."""
    history = net.history_
    if not history.get("loss"):
        ended = "it could do nothing, since the start was the minimum."
        reason = ended if "loss" in history else "its weights come from elsewhere. Fit it."
        raise ValueError(
            f"{caller} needs the history of a fit, which this {type(net).__name__} does not have: "
            f"{reason}"
        )
    return history


def best_of_all(net):
    """Return the best iteration, counted from the beginning of the history."""
    return len(net.history_["loss"]) - net.n_iter_ + net.best_iteration_


def display_names(nets):
    """Return a name for each of several fits: the parameters in which they differ."""
    if len(nets) == 1:
        return [""]
    parameters = [{k: repr(v) for k, v in net.get_params(deep=False).items()} for net in nets]
    differ = [name for name in parameters[0] if len({given.get(name) for given in parameters}) > 1]
    differ = [name for name in differ if name != "random_state"] or differ
    names = [", ".join(f"{k}={given.get(k)}" for k in differ[:MAX_NAMED]) for given in parameters]
    return names if len(set(names)) == len(nets) else [f"fit {i + 1}" for i in range(len(nets))]


def input_names(net, feature_names=None):
    """Return the names of the input columns of the network, from names of the features if given.

    Parameters
    ----------
    feature_names : sequence of str of length n_features_in_, or None
    """
    if feature_names is None:
        return [str(name) for name in net.input_names_]
    names = [str(name) for name in feature_names]
    if len(names) != net.n_features_in_:
        raise ValueError(
            f"feature_names has {len(names)} names, and X had {net.n_features_in_} features. Pass "
            "a name for each of them, or None."
        )
    return net._networks[0].inputs.names(names)


def output_names(net, names=None):
    """Return a name for every output; two classes have one output, that of the second.

    Parameters
    ----------
    names : sequence of str, names of the classes, labels or targets, or None
    """
    target = net._networks[0].target
    of_classes = target.classes is not None
    if of_classes:
        own = [str(label) for label in target.classes]
    else:
        own = ["y"] if target.is_column else [f"y{i}" for i in range(target.n_targets)]
    if names is not None and len(names) != len(own):
        raise ValueError(
            f"target_names={names!r} must have a name for each of {len(own)}: {', '.join(own)}."
        )
    names = own if names is None else [str(name) for name in names]
    if of_classes:
        return names[-target.n_outputs :]
    if target.n_quantiles == 1:
        return names
    return [f"{name}, {level:g} quantile" for name in names for level in target.levels]


def matrices(network):
    """Return the weights and biases of every layer for standardised inputs; zero for inputs that
    were constant, whose weights have no effect."""
    parameters = network.network.layout.unpack(network.theta.copy())
    parameters.W[0] *= network.inputs.roots[:, np.newaxis]  # which are a part of the scale
    factors = network.inputs.inverse_scale
    parameters.W[0][: len(factors)][factors == 0] = 0
    return parameters.W, parameters.b


def strengths(weights):
    """Return the strengths of the units, of the inputs and of every layer: the norm of the weights
    into a unit times the norm of those out of it."""
    of_inputs = [np.linalg.norm(weights[0], axis=1)]
    into = [np.linalg.norm(W, axis=0) for W in weights]
    out_of = [np.linalg.norm(W, axis=1) for W in weights[1:]]
    return of_inputs + [a * b for a, b in zip(into, out_of, strict=False)] + into[-1:]


def places_of_largest(sizes, most):
    """Return the indices of at most `most` largest sizes, in increasing order."""
    return np.sort(np.argsort(-sizes, kind="stable")[:most])


def hidden_layers(net, X):
    """Yield the activation of every hidden layer, with its inputs and outputs for X.

    Yields
    ------
    activation : Activation
    Z, A : ndarrays of shape (n_samples, n_units)
    """
    network = net._networks[0]
    if sparse.issparse(X) and not network.inputs.only_scales:
        X = X.toarray()
    A = X if sparse.issparse(X) else net.preprocessor_.transform(X)
    layers = zip(network.network.activations, net.coefs_, net.intercepts_, strict=False)
    for activation, W, b in layers:
        Z = np.asarray(A @ W + b, np.float64)
        A = activation.function(Z)
        yield activation, Z, A


def some_rows(X, most):
    """Return at most `most` rows of X, at equal distances."""
    n_rows = X.shape[0] if hasattr(X, "shape") else len(X)
    if n_rows <= most:
        return X
    return _safe_indexing(X, np.linspace(0, n_rows - 1, most).astype(int))


def counted(n, noun):
    """Return a number with a noun."""
    return f"{n:,} {noun}{'s' * (n != 1)}"


def in_lines(rows):
    """Return the lines of a table of two columns, without those that have no text."""
    width = max(map(len, rows))
    return [f"{name:<{width}}  {text}" for name, text in rows.items() if text]


def shortened(name, most=MAX_LETTERS):
    """Return a name, shortened to at most `most` letters."""
    return name if len(name) <= most else name[: most - 1] + "…"


def as_drawn(name, most=None):
    """Return a name as text for Matplotlib, in which two dollar signs would be a formula."""
    return (name if most is None else shortened(name, most)).replace("$", r"\$")
