"""The rules of a diagnosis: what a measurement says, and what to change.

Convention
----------
m : Measurements
A rule returns an Advice, or None if it does not apply. The order of `RULES` is that of changes to
make: data before settings, settings that spoil a fit before the size of the network.
"""

from typing import NamedTuple

import numpy as np

from sklearn_shallow.inspection.fitted import counted

# Bounds above which (below which, where noted) a measurement is reported
UNEVEN = 10  # scale of a column over 1 or over that of another column, or the inverse
SEVERAL = 0.05  # fraction of the samples far outside of the training range
WITHOUT_SLOPE = {"saturated": (0.25, "at most samples"), "silenced": (0.5, "at every sample")}
UNFINISHED = 0.02  # decrease of the loss in the last tenth of the iterations, over that in all
STEEP = 0.01  # norm of the gradient over that at first
DETERMINED = 0.7  # effective parameters over all parameters
FEW_UNITS = 3  # number of hidden units; below
RARE = 0.1  # fraction of the samples in a class; below
GROWING = 0.4  # rank correlation of the sizes of the errors with the predictions
MOST_OF_ERROR = 0.5  # share of outliers in the squared error; of ordinary targets 1/4 at most
# Losses, as multiples of that of the best constant
HIGH = 3  # highest loss during training
HARDLY_BETTER = 0.98  # loss of the fit
WIDE_GAP = 0.3  # validation loss minus training loss
POOR = 0.3  # loss on the training samples
SEARCHED = ("alpha", "learning_rate_init", "max_iter")  # parameters that "auto" chooses
NO_CATEGORIES = {  # (description, advice) by kind of text that is no category
    "dates": (
        "are dates as text",
        "Convert them to numbers, for example to the month and the days since the first.",
    ),
    "numbers": (
        "are numbers as text",
        "Convert them to numbers (pandas.to_numeric), unless they are codes.",
    ),
    "single": (
        "differ from sample to sample, as texts and identifiers do: new samples will have others",
        "Drop the column; for texts, make columns of words (TfidfVectorizer).",
    ),
}


class Advice(NamedTuple):
    """A finding and what to change.

    Attributes
    ----------
    finding : str
    change : str
    """

    finding: str
    change: str


def advice_of(m):
    """Return the advice of all rules, in order."""
    if m.is_constant:
        check = "Check y: there is nothing to learn from these samples."
        return [Advice("y has only one value.", check)]
    found = (rule(m) for rule in RULES)
    return [advice for advice in found if advice is not None]


def far_samples(m):
    for part, name in ((m.far, "X"), (m.far_validation, "X_val")):
        if part is not None and part > SEVERAL:
            return Advice(
                f"{part:.0%} of the samples of {name} are far outside the training range.",
                f"Check the units and the transforms of {name}: values that far away are limited. "
                "If they are right, train on samples of that range.",
            )


def no_categories(m):
    for kind, (what, change) in NO_CATEGORIES.items():
        names = m.odd_categories[kind]
        if names:
            return Advice(f"The categories of {', '.join(map(repr, names))} {what}.", change)


def unscaled_inputs(m):
    if m.parameters["standardize"] is not False or not len(m.scales):
        return None
    largest, smallest = m.scales.max(), m.scales.min()
    away = np.abs(m.offsets).max()
    if max(largest, 1 / smallest, largest / smallest, away) > UNEVEN:
        return Advice(
            f"The columns of X have standard deviations of {smallest:.3g} to {largest:.3g}"
            f"{f' and means of up to {away:.3g} deviations' if away > 1 else ''}, which "
            "standardize=False leaves unchanged.",
            "Set standardize='auto'.",
        )


def gross_outliers(m):
    if m.gross_part > MOST_OF_ERROR:
        return Advice(
            f"{m.gross:.1%} of the samples have {m.gross_part:.0%} of the squared error: they are "
            "much farther from the prediction than the others.",
            "Check y of these samples. If they are errors, set loss='huber'; if the spread of y "
            "grows with its size, fit its logarithm (TransformedTargetRegressor).",
        )


def growing_errors(m):
    if m.growth > GROWING and not m.gross_part > MOST_OF_ERROR:
        return Advice(
            "The errors grow with the predictions (rank correlation "
            f"{m.growth:.2f}), so that the large ones dominate the squared error.",
            "If relative errors matter, set loss='gamma' ('tweedie' if y has zeros, 'poisson' for "
            "counts), or fit the logarithm of y (TransformedTargetRegressor).",
        )


def rate_too_large(m):
    rate = m.parameters["learning_rate_init"]
    if isinstance(rate, str) or "learning_rate_init" not in m.settings:
        return None
    if m.highest_loss > HIGH * m.loss_of_constant > 0:
        return Advice(
            f"During training the loss rose to {m.highest_loss:.3g}; a constant has "
            f"{m.loss_of_constant:.3g}. The steps were too large.",
            f"Lower learning_rate_init={rate:g}, or set it to 'auto'.",
        )


def units_without_slope(m):
    for state, (most, where) in WITHOUT_SLOPE.items():
        if m.share(state) > most:
            return Advice(
                f"{m.share(state):.0%} of the units of a hidden layer are {state}: they have "
                f"almost no slope {where}, so that they hardly learn.",
                "Lower learning_rate_init, or start from smaller weights (leave coef_init out).",
            )


def unfinished(m):
    most = m.settings.get("max_iter")
    on_batches = "learning_rate" in m.settings
    ends_at_zero = m.settings.get("learning_rate") == "flat_cosine"
    is_steep = m.gradient_norm > STEEP * m.first_gradient_norm
    if most and m.n_iter >= most and is_steep and not ends_at_zero and m.improvement > UNFINISHED:
        return Advice(
            f"The loss was still falling when max_iter={most} was reached: the last tenth of the "
            f"iterations made {m.improvement:.0%} of its decrease.",
            "Increase max_iter" + ", or set learning_rate='auto'" * on_batches + ".",
        )


def _is_far(m):
    return m.far_validation is not None and m.far_validation > SEVERAL


def overfit(m):
    if m.gap is None or m.gap < WIDE_GAP * m.loss_of_constant or _is_far(m):
        return None
    alpha, ways = m.parameters["alpha"], []
    if not isinstance(alpha, str):
        ways = [f"set alpha='auto', or above {alpha:g}"]
    elif not m.settings["early_stopping"]:
        ways = ["pass X_val and y_val to fit"]
    ways += ["set n_estimators=10"] * (m.parameters["n_estimators"] == 1)
    change = ", ".join([*ways, "or get more samples."]) if ways else "get more samples."
    return Advice(
        f"The loss is {m.loss:.3g} on the training data and {m.validation_loss:.3g} on the "
        f"validation set (a constant has {m.loss_of_constant:.3g}): the network overfits.",
        change[0].upper() + change[1:],
    )


def too_small(m):
    if m.part < POOR or not m.units:
        return None
    effective = m.n_effective_params
    is_used_up = effective is not None and effective > DETERMINED * m.n_params
    if m.n_units <= FEW_UNITS or is_used_up:
        used = ""
        if is_used_up:
            used = f", and the data determine {effective:.3g} of {m.n_params} parameters"
        return Advice(
            f"The loss is {m.part:.0%} of that of a constant with "
            f"{counted(m.n_units, 'hidden unit')}{used}.",
            "Set hidden_layer_sizes to more units: 100 is the default.",
        )


def nothing_learnt(m):
    losses = [(m.loss, "")]
    if m.gap is not None and overfit(m) is None and not _is_far(m):
        losses.append((m.validation_loss, " on the validation set"))
    loss, where = max(losses)
    if loss <= HARDLY_BETTER * m.loss_of_constant:
        return None
    features = "check whether the features have information about y."
    given = [name for name in SEARCHED if not isinstance(m.parameters[name], str)]
    settings = " and ".join(f"{name}='auto'" for name in given)
    change = f"Set {settings}; if it does not help, {features}" if given else features.capitalize()
    return Advice(
        f"The network is no better than a constant{where}: {loss:.3g}, the constant "
        f"{m.loss_of_constant:.3g}.",
        change,
    )


def rare_class(m):
    if m.classes is None or m.recall is None:
        return None
    name, part = min(m.classes.items(), key=lambda item: item[1])
    is_rare = part < min(RARE, 0.5 / len(m.classes))
    if is_rare and m.recall < 0.5 and not m.parameters.get("class_weight"):
        return Advice(
            f"{part:.1%} of the samples have the label {name}, and {m.recall:.0%} of these are "
            "predicted to have it.",
            "Choose a threshold of predict_proba for the costs of both errors "
            "(TunedThresholdClassifierCV), or set class_weight='balanced'.",
        )


RULES = [
    no_categories,
    far_samples,
    unscaled_inputs,
    gross_outliers,
    growing_errors,
    rate_too_large,
    units_without_slope,
    unfinished,
    overfit,
    too_small,
    nothing_learnt,
    rare_class,
]
