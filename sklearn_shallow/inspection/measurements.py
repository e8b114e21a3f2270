"""The measurements of a diagnosis: losses, units, scales and sizes of a fitted network.

Convention
----------
net : fitted estimator with one network
network : FittedNetwork, that network
X, y : samples as passed to `fit`
"""

import re
import warnings
from operator import itemgetter
from types import SimpleNamespace

import numpy as np
from scipy import sparse
from scipy.stats import spearmanr
from sklearn.utils.sparsefuncs import mean_variance_axis

from sklearn_shallow.inspection.fitted import best_of_all, history_of, some_rows
from sklearn_shallow.inspection.hidden_units import MAX_SAMPLES, units_of_layers
from sklearn_shallow.objective.formula import Objective
from sklearn_shallow.utils.statistics import NORMAL_MAD

FAR = 10  # standard deviations from the mean that are far outside, for a network without limits
MIN_ERRORS = 30  # samples for the correlation of errors
GROSS = 6  # robust standard deviations of the residuals above which one is an outlier
MOSTLY = 0.5  # distinct categories over samples, above which they are names of samples
MIN_CATEGORIES = 20  # categories from which they may be numbers or dates by mistake
WHOLE = r"\d+([.,]0*)?"
NUMBER = r"[-+]?\d+([.,]\d*)?([eE][-+]?\d+)?"
DATE = r"\d{4}-\d{1,2}-\d{1,2}([ T].*)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}( .*)?"


class Measurements(SimpleNamespace):
    """The measurements of a fit; None if unknown.

    Attributes
    ----------
    loss, loss_of_constant, validation_loss : float
        Without the penalty, with the class weights of the fit.
    highest_loss : float, along the way
    gradient_norm, first_gradient_norm : float, of the last and of the first iteration
    improvement : float
        By how much the loss fell in the last tenth of the iterations, as a part of its fall.
    n_iter, n_samples, n_params : int
    n_effective_params : float
    units : list of LayerUnits
    scales : ndarray of shape (n_inputs,), deviations of the columns as the network sees them
    offsets : ndarray of shape (n_inputs,), means over deviations
    far, far_validation : float
        The part of the samples that are far outside of the range in training.
    gross, gross_part : float
        The part of the residuals that are outliers, and their part of the squared error; 0 for
        other losses.
    growth : float
        The rank correlation of the sizes of the errors with the predictions, of the target where it
        is largest; 0 for other losses, and where y has negative values.
    classes : dict of label to the part of the samples, or None
    recall : float, of the rarest class
    odd_categories : dict of lists of names, see the function
    is_constant : bool, whether y has one value
    settings, parameters : dict
        The values in use, and those that were passed.
    """

    @property
    def gap(self):
        """The validation loss minus the training loss; None without validation."""
        return None if self.validation_loss is None else self.validation_loss - self.loss

    @property
    def part(self):
        """The loss over that of the constant; 1 if the latter is zero."""
        return self.loss / self.loss_of_constant if self.loss_of_constant > 0 else 1.0

    @property
    def n_units(self):
        """The number of hidden units."""
        return sum(len(layer.state) for layer in self.units)

    def share(self, state):
        """Return the largest fraction of units of a layer in a state."""
        return max((layer.count(state) / len(layer.state) for layer in self.units), default=0.0)

    def count(self, state):
        """Return the number of hidden units in a state."""
        return sum(layer.count(state) for layer in self.units)


def measured(net, X, y, X_val, y_val, parameters):
    """Return the measurements of a fitted network; `parameters` are those that were passed."""
    network, history = net._networks[0], history_of(net, "diagnose")
    class_weight = parameters.get("class_weight")
    rows, raw, objective, loss = predicted(net, X, y, class_weight)
    Y, curve = objective.Y, np.array(history["data_loss"])
    constant = network.target.constant_raw(Y, objective.sample_weight)
    return Measurements(
        loss=loss,
        loss_of_constant=objective.loss_of_constant(constant),
        highest_loss=float(np.fmax.reduce(curve)),  # nan of a network that was trained elsewhere
        gradient_norm=history["gradient_norm"][-1],
        first_gradient_norm=history["gradient_norm"][0],
        improvement=improvement_at_last(curve),
        n_iter=net.n_iter_,
        n_samples=len(Y),
        n_params=len(network.theta),
        n_effective_params=getattr(net, "n_effective_params_", None),
        units=units_of_layers(net, network, some_rows(X, MAX_SAMPLES)),
        far=far_rows(network, rows),
        odd_categories=odd_categories(net, rows),
        is_constant=bool((np.nan_to_num(Y) == np.nan_to_num(Y[:1])).all()),
        settings=net.settings_,
        parameters=parameters,
        **scales_of(network, rows),
        **validation_of(net, X_val, y_val, history, class_weight),
        **balance(network.target, Y, raw),
        **errors_of(network.target, np.asarray(y), Y, raw),
    )


def validation_of(net, X_val, y_val, history, class_weight):
    """Return the loss on the validation set, and the fraction of X_val far outside of the training
    range; None if unknown.
    """
    found, far = history.get("validation_loss"), None
    if X_val is not None:
        rows, *_, found = predicted(net, X_val, y_val, class_weight)
        far = far_rows(net._networks[0], rows)
    elif found is not None:
        found = found[max(best_of_all(net) - 1, 0)]
    return {"validation_loss": found, "far_validation": far}


def predicted(net, X, y, class_weight):
    """Return the checked X, the raw output, the objective without penalty on the encoded targets
    and class weights, and the mean loss.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the measurements replace warnings
        rows = net._checked(X)
    network, target = net._networks[0], net._networks[0].target
    raw = network.map(rows, np.copy, target.n_outputs).astype(np.float64)
    exact = target.encode_unsmoothed(np.asarray(y), np.float64)
    if len(exact) != len(raw):
        raise ValueError(f"X has {len(raw)} samples and y {len(exact)}. Pass one y per sample.")
    Y = target.standardized(exact, np.float64)
    weight = target.class_weighted(class_weight, np.asarray(y), None)
    objective = Objective(network.network, target.loss, rows, Y, weight)
    return rows, raw, objective, objective.sum_losses(raw, Y, weight) / objective.total_weight


def improvement_at_last(curve):
    """Return the decrease of a curve in its last tenth, as a fraction of its total decrease."""
    before = curve[-1 - max(1, len(curve) // 10)] if len(curve) > 1 else curve[0]
    fall = curve[0] - curve[-1]
    return float((before - curve[-1]) / fall) if fall > 0 else 0.0


def scales_of(network, rows):
    """Return the standard deviations of the input columns, and the means divided by these."""
    seen = network.scaled_inputs(rows)
    if sparse.issparse(seen):
        deviation = np.sqrt(mean_variance_axis(seen, axis=0)[1])
        mean = np.zeros_like(deviation)  # sparse columns need no centring
    else:
        mean, deviation = seen.mean(axis=0, dtype=float), seen.std(axis=0, dtype=float)
    n_numbers = len(network.inputs.columns.numbers) or len(deviation)
    deviation, mean = deviation[:n_numbers], mean[:n_numbers]
    varies = deviation > 0
    return {"scales": deviation[varies], "offsets": mean[varies] / deviation[varies]}


def far_rows(network, rows):
    """Return the fraction of samples far outside of the training range."""
    if sparse.issparse(rows):
        return 0.0
    inputs = network.inputs
    if inputs.compression.low is not None:
        n_far, _ = inputs.compression.count_beyond(inputs.columns.numbers_of(rows))
        return n_far / len(rows)
    if not inputs.moments.n_rows:  # nothing was standardised
        return 0.0
    seen = network.scaled_inputs(rows)[:, : len(inputs.columns.numbers)]
    return float((np.abs(seen) > FAR).any(axis=1).mean())


def errors_of(target, y, Y, raw):
    """Return the measurements of the errors, see `Measurements`."""
    if target.loss.noise != "residual" or target.classes is not None:
        return {"gross": 0.0, "gross_part": 0.0, "growth": 0.0}
    least = np.nanmin(target.encode_unsmoothed(y, np.float64), axis=0)
    known = [(y[~np.isnan(y)], raw[~np.isnan(y)]) for y, raw in zip(Y.T, raw.T, strict=True)]
    gross, part = max((outliers(*column) for column in known), key=itemgetter(1))
    growths = [growth(*column) for column, low in zip(known, least, strict=True) if low >= 0]
    return {"gross": gross, "gross_part": part, "growth": max(growths, default=0.0)}


def outliers(y, raw):
    """Return the fraction of residuals that are outliers, and their share of the squared error.

    Both are zero if most of y is one value, since the median residual is then no scale.
    """
    squares = (raw - y) ** 2
    if np.median(np.abs(y - np.median(y))) == 0:
        return 0.0, 0.0
    gross = squares > (GROSS * NORMAL_MAD) ** 2 * np.median(squares)
    return float(gross.mean()), float(squares[gross].sum() / max(squares.sum(), 1e-300))


def growth(y, raw):
    """Return the rank correlation of the sizes of the errors with the predictions."""
    if len(y) < MIN_ERRORS or np.ptp(y) == 0 or np.ptp(raw) == 0:
        return 0.0
    return float(spearmanr(np.abs(raw - y), raw)[0])


def balance(target, Y, raw):
    """Return the fraction of samples in every class, and the recall of the rarest class."""
    names = target.classes
    if names is None:
        return {"classes": None, "recall": None}
    found = target.encode_unsmoothed(target.decode(raw), np.float64)
    if Y.shape[1] < len(names):
        Y, found = (np.hstack([1 - one, one]) for one in (Y, found))
    parts = np.nanmean(Y, axis=0)
    rarest = int(np.argmin(np.where(parts > 0, parts, np.inf)))
    recall = float(found[Y[:, rarest] == 1, rarest].mean()) if parts[rarest] > 0 else None
    classes = dict(zip(map(str, names), parts.tolist(), strict=True))
    return {"classes": classes, "recall": recall}


def odd_categories(net, rows):
    """Return the names of categorical features that are probably something else.

    Parameters
    ----------
    net : fitted estimator with one network
    rows : the samples as numbers and codes of categories

    Returns
    -------
    names : dict of list of str, by kind: "dates"; "numbers"; "single", with a distinct category in
        most samples
    """
    found = {"dates": [], "numbers": [], "single": []}
    if net._table is None:
        return found
    names = getattr(net, "feature_names_in_", np.arange(net.n_features_in_))
    for place, values in enumerate(net._table.values):
        if values is None or len(values) < MIN_CATEGORIES:
            continue
        kind = kind_of(values)
        if kind is None and len(np.unique(rows[:, place])) > MOSTLY * len(rows):
            kind = "single"
        if kind is not None:
            found[kind].append(str(names[place]))
    return found


def kind_of(values):
    """Return "dates" or "numbers" if the values are dates or numbers as text, otherwise None.

    Values that are all whole numbers are codes, such as those of towns.
    """
    if not all(isinstance(value, str) for value in values):
        return None
    values = [value.strip() for value in values]
    if all(re.fullmatch(DATE, value) for value in values):
        return "dates"
    are_codes = all(re.fullmatch(WHOLE, value) for value in values)
    n_numbers = sum(re.fullmatch(NUMBER, value) is not None for value in values)
    return "numbers" if n_numbers > 0.9 * len(values) and not are_codes else None
