"""The rules of a diagnosis: what a figure says, and what to change.

Convention
----------
f : Figures
A rule returns an Advice, or None if it does not apply. `RULES` is in the order in which things are
to be changed: data before settings, settings that spoil a fit before its size.
"""

from typing import NamedTuple

import numpy as np

from sklearn_shallow.inspection.fitted import counted

UNEVEN = 10  # times the scale of another column, or one
SEVERAL = 0.05  # of the samples
HIGH = 3  # times the loss of the constant
HARDLY_BETTER = 0.98  # of the loss of the constant
MANY_UNITS = 0.25
MOST_UNITS = 0.5
UNFINISHED = 0.02  # of the fall of the loss, in the last tenth of the iterations
STEEP = 0.01  # of the norm of the gradient at first
WIDE_GAP = 0.3  # of the loss of the constant
POOR = 0.3  # of the loss of the constant
DETERMINED = 0.7  # of the parameters
SEARCHED = ("alpha", "learning_rate_init", "max_iter")  # what "auto" finds
FEW_UNITS = 3
RARE = 0.1  # of the samples
GROWING = 0.4  # rank correlation of the sizes of the errors with the predictions
MOST_OF_ERROR = 0.5  # of the squared error; outliers of ordinary targets have a fourth at most


class Advice(NamedTuple):
    """A finding and what to change.

    Attributes
    ----------
    finding : str
    change : str
    """

    finding: str
    change: str


def advice_of(f):
    """Return what to change, in order."""
    if f.is_constant:
        return [constant_target(f)]
    found = (rule(f) for rule in RULES)
    return [advice for advice in found if advice is not None]


def constant_target(f):
    return Advice("y has only one value.", "Check y: there is nothing to learn from these samples.")


def far_samples(f):
    for part, name in ((f.far, "X"), (f.far_validation, "X_val")):
        if part is not None and part > SEVERAL:
            return Advice(
                f"{part:.0%} of the samples of {name} are far outside of the range in training.",
                f"Check the units and the transforms of {name}: predictions do not follow values "
                "that far away. Train on samples of that range if they are right.",
            )


def unscaled_inputs(f):
    if f.parameters["standardize"] is not False or not len(f.scales):
        return None
    largest, smallest = f.scales.max(), f.scales.min()
    away = np.abs(f.offsets).max()
    if max(largest, 1 / smallest, largest / smallest, away) > UNEVEN:
        return Advice(
            f"The columns of X have deviations from {smallest:.3g} to {largest:.3g}"
            f"{f' and means of up to {away:.3g} deviations' if away > 1 else ''}, and "
            "standardize=False leaves them so.",
            "Set standardize='auto'.",
        )


def gross_outliers(f):
    if f.gross_part > MOST_OF_ERROR:
        return Advice(
            f"{f.gross:.1%} of the samples make {f.gross_part:.0%} of the squared error: they are "
            "much farther from the prediction than the others.",
            "Check y of these samples. If they are errors, set loss='huber'; if the spread of y "
            "grows with its size, fit its logarithm (TransformedTargetRegressor).",
        )


def growing_errors(f):
    if f.growth > GROWING and not f.gross_part > MOST_OF_ERROR:
        return Advice(
            "The errors grow with the predictions (rank correlation "
            f"{f.growth:.2f}), so that the squared error is made by the large ones.",
            "If relative errors matter, set loss='gamma' ('tweedie' if y has zeros, 'poisson' for "
            "counts), or fit the logarithm of y (TransformedTargetRegressor).",
        )


def rate_too_large(f):
    rate = f.parameters["learning_rate_init"]
    if isinstance(rate, str) or "learning_rate_init" not in f.settings:
        return None
    if f.highest_loss > HIGH * f.loss_of_constant > 0:
        return Advice(
            f"Along the way the loss rose to {f.highest_loss:.3g}; a constant has "
            f"{f.loss_of_constant:.3g}. The steps were too large.",
            f"Lower learning_rate_init={rate:g}, or set it to 'auto'.",
        )


def saturated_units(f):
    part = f.share("saturated")
    if part > MANY_UNITS:
        return Advice(
            f"{part:.0%} of the units of a hidden layer are saturated: their slope is next to "
            "zero at most samples, so that they hardly learn.",
            "Begin with smaller weights (leave coef_init out), lower learning_rate_init, raise "
            "alpha, or set activation='relu'.",
        )


def silenced_units(f):
    part = f.share("silenced")
    if part > MOST_UNITS:
        return Advice(
            f"{part:.0%} of the units of a hidden layer are silenced: off at every sample, so that "
            "they do not learn.",
            "Lower learning_rate_init, or set activation='leaky_relu'.",
        )


def unfinished(f):
    most = f.settings.get("max_iter")
    on_batches = "learning_rate" in f.settings
    ends_at_zero = f.settings.get("learning_rate") == "flat_cosine"
    is_steep = f.gradient_norm > STEEP * f.first_gradient_norm
    if most and f.n_iter >= most and is_steep and not ends_at_zero and f.improvement > UNFINISHED:
        return Advice(
            f"The loss still fell when max_iter={most} was reached: the last tenth of the "
            f"iterations brought {f.improvement:.0%} of its decrease.",
            "Increase max_iter" + ", or set learning_rate='auto'" * on_batches + ".",
        )


def _is_far(f):
    return f.far_validation is not None and f.far_validation > SEVERAL


def overfit(f):
    if f.gap is None or f.gap < WIDE_GAP * f.loss_of_constant or _is_far(f):
        return None
    alpha = f.parameters["alpha"]
    ways = [f"set alpha='auto', or above {alpha:g}"] if not isinstance(alpha, str) else []
    if isinstance(alpha, str) and not f.settings["early_stopping"]:
        ways.append("pass X_val and y_val to fit")
    if f.parameters["n_estimators"] == 1:
        ways.append("set n_estimators=10")
    change = ", or ".join([", ".join(ways)] * bool(ways) + ["get more samples."])
    change = change[0].upper() + change[1:]
    return Advice(
        f"The loss is {f.loss:.3g} on the training data and {f.validation_loss:.3g} on the "
        f"validation set (a constant has {f.loss_of_constant:.3g}): the network has learnt the "
        "noise of the training data.",
        change,
    )


def too_small(f):
    if f.part < POOR or not f.units:
        return None
    effective = f.n_effective_params
    is_used_up = effective is not None and effective > DETERMINED * f.n_params
    if f.n_units <= FEW_UNITS or is_used_up:
        used = ""
        if is_used_up:
            used = f", and the data determine {effective:.3g} of {f.n_params} parameters"
        return Advice(
            f"The loss is {f.part:.0%} of that of a constant with "
            f"{counted(f.n_units, 'hidden unit')}{used}.",
            "Set hidden_layer_sizes to more units: 100 is the default.",
        )


def nothing_learnt(f):
    losses = [(f.loss, "")]
    if f.gap is not None and overfit(f) is None and not _is_far(f):
        losses.append((f.validation_loss, " on the validation set"))
    loss, where = max(losses)
    if loss <= HARDLY_BETTER * f.loss_of_constant:
        return None
    features = "check whether the features tell anything about y."
    given = [name for name in SEARCHED if not isinstance(f.parameters[name], str)]
    settings = " and ".join(f"{name}='auto'" for name in given)
    change = f"Set {settings}; if it does not help, {features}" if given else features.capitalize()
    return Advice(
        f"The network is no better than a constant{where}: {loss:.3g}, the constant "
        f"{f.loss_of_constant:.3g}.",
        change,
    )


def rare_class(f):
    if f.classes is None or f.recall is None:
        return None
    name, part = min(f.classes.items(), key=lambda item: item[1])
    is_rare = part < min(RARE, 0.5 / len(f.classes))
    if is_rare and f.recall < 0.5 and not f.parameters.get("class_weight"):
        return Advice(
            f"{part:.1%} of the samples have the label {name}, and {f.recall:.0%} of these are "
            "predicted to have it.",
            "Choose a threshold of predict_proba for the costs of both errors "
            "(TunedThresholdClassifierCV), or set class_weight='balanced'.",
        )


RULES = [
    far_samples,
    unscaled_inputs,
    gross_outliers,
    growing_errors,
    rate_too_large,
    saturated_units,
    silenced_units,
    unfinished,
    overfit,
    too_small,
    nothing_learnt,
    rare_class,
]
