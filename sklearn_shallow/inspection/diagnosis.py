"""A diagnosis of a fitted network: measurements, and what to change."""

from html import escape

import numpy as np

from sklearn_shallow.inspection.advice import advice_of
from sklearn_shallow.inspection.fitted import in_lines, unwrapped
from sklearn_shallow.inspection.measurements import measured
from sklearn_shallow.utils.names import fields_of

FINE = "No problem found."


def diagnose(estimator, X, y, *, X_val=None, y_val=None):
    """Check a fitted network and say what to change, the most urgent first.

    Parameters
    ----------
    estimator : ShallowNetClassifier or ShallowNetRegressor
        A fitted estimator, a search for one, or a pipeline that ends in one. Of several networks,
        the first is examined.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Samples that it was trained on.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Their targets.
    X_val, y_val : array-likes like X and y, default=None
        Samples that it was not trained on. None: the validation set of the fit, if it had one.

    Returns
    -------
    diagnosis : Diagnosis
        Text when printed, a table in a notebook; `measurements` and `advice` hold the parts.

    Raises
    ------
    ValueError
        If the estimator is not fitted or not of this package, or the data do not fit to it.

    See Also
    --------
    LossCurveDisplay : The course of the fit.
    HiddenUnitsDisplay : The states of the hidden units.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_shallow import ShallowNetRegressor, diagnose
    >>> X, y = load_diabetes(return_X_y=True)
    >>> net = ShallowNetRegressor(50, alpha=0, random_state=0).fit(X[:100], y[:100])
    >>> diagnosis = diagnose(net, X[:100], y[:100], X_val=X[100:], y_val=y[100:])
    >>> diagnosis.advice[0].change
    "Set alpha='auto', or above 0, set n_estimators=10, or get more samples."
    """
    if (X_val is None) != (y_val is None):
        raise ValueError("X_val and y_val belong together. Pass both, or neither.")
    net, inputs = unwrapped(estimator, X, "diagnose")
    if X_val is not None:
        _, X_val = unwrapped(estimator, X_val, "diagnose")
    first = net.estimators_[0]
    measurements = measured(first, inputs, y, X_val, y_val, fields_of(net))
    return Diagnosis(type(net).__name__, measurements, len(net.estimators_))


class Diagnosis:
    """The result of `diagnose`: measurements of a fit, and what to change.

    Attributes
    ----------
    measurements : Measurements
        Numbers by name: `loss`, `loss_of_constant`, `validation_loss`, `gap`, `gradient_norm`,
        `n_effective_params`, `n_params`, `far`, `units` and others.
    advice : list of Advice
        What was found and what to change (`finding`, `change`), the most urgent first; empty if
        no problem was found.
    """

    def __init__(self, name, measurements, n_networks=1):
        self.name = name
        self.measurements = measurements
        self.n_networks = n_networks
        self.advice = advice_of(measurements)

    @property
    def _title(self):
        several = f", the first of {self.n_networks} networks" if self.n_networks > 1 else ""
        return f"Diagnosis of {self.name}{several}"

    def __str__(self):
        lines = in_lines(table(self.measurements))
        steps = [
            f"{number}. {advice.finding}\n   -> {advice.change}"
            for number, advice in enumerate(self.advice, 1)
        ]
        return "\n".join([self._title, *lines, "", *(steps or [FINE])])

    __repr__ = __str__

    def _repr_html_(self):
        cells = "".join(
            f"<tr><th style='text-align:left'>{escape(name)}</th>"
            f"<td style='text-align:left'>{escape(text)}</td></tr>"
            for name, text in table(self.measurements).items()
        )
        steps = "".join(
            f"<li>{escape(advice.finding)}<br><b>{escape(advice.change)}</b></li>"
            for advice in self.advice
        )
        below = f"<ol>{steps}</ol>" if steps else f"<p>{FINE}</p>"
        return f"<div><b>{escape(self._title)}</b><table>{cells}</table>{below}</div>"


def table(m):
    """Return the measurements as text, by name."""
    rows = {
        "training loss": f"{m.loss:.4g}, {m.part:.1%} of the loss of a constant "
        f"({m.loss_of_constant:.4g})",
        "validation loss": validation(m),
        "gradient": gradient(m),
        "length": f"{m.n_iter:,} {'epochs' if 'learning_rate' in m.settings else 'iterations'}, "
        f"the last tenth made {max(m.improvement, 0):.1%} of the decrease of the loss",
        "parameters": parameters(m),
        "hidden units": units(m),
        "input scales": f"standard deviations of {m.scales.min():.3g} to {m.scales.max():.3g} "
        "after preprocessing"
        if len(m.scales)
        else "",
        "far samples": far(m),
        "labels": labels(m),
    }
    return {name: text for name, text in rows.items() if text}


def gradient(m):
    if np.isnan(m.gradient_norm):  # of a network that was trained elsewhere
        return ""
    return f"norm from {m.first_gradient_norm:.3g} to {m.gradient_norm:.3g}"


def validation(m):
    if m.validation_loss is None:
        return "unknown: pass X_val and y_val"
    gap = m.gap / m.loss_of_constant if m.loss_of_constant > 0 else np.inf
    return f"{m.validation_loss:.4g}, a gap of {round(gap, 3) + 0.0:.1%} of the loss of a constant"


def parameters(m):
    known = m.n_effective_params
    used = "" if known is None else f", {known:.3g} of them determined by the data"
    return f"{m.n_params:,}{used}; {m.n_samples:,} samples"


def units(m):
    if not m.units:
        return "none"
    bad = [(m.count(state), state) for state in ("silenced", "saturated", "idle", "duplicate")]
    counts = ", ".join(f"{n:,} {state}" for n, state in bad if n)
    return f"{m.n_units:,}: {counts or 'all working'}"


def far(m):
    of_validation = "" if m.far_validation is None else f", {m.far_validation:.0%} of X_val"
    return f"{m.far:.0%} of X{of_validation} outside the training range"


def labels(m):
    if m.classes is None:
        return ""
    name, part = min(m.classes.items(), key=lambda item: item[1])
    found = "" if m.recall is None else f", of which {m.recall:.0%} are found"
    return f"{len(m.classes)}; the rarest, {name}, has {part:.1%} of the samples{found}"
