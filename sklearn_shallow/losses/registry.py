"""The losses by name."""

from sklearn_shallow.losses.base import Adapted
from sklearn_shallow.losses.deviances import Gamma, Poisson, tweedie
from sklearn_shallow.losses.labels import Binomial, Multinomial
from sklearn_shallow.losses.links import LINKS
from sklearn_shallow.losses.residuals import AbsoluteError, Huber, LogCosh, Pinball, SquaredError

__all__ = ["CLASSIFIER_LOSSES", "LOSS_OPTIONS", "REGRESSOR_LOSSES", "make_loss"]

CLASSIFIER_LOSSES = {
    "log_loss": {"logistic": Binomial, "softmax": Multinomial},
    "squared_error": {
        "logistic": lambda: SquaredError(LINKS["logistic"]),
        "softmax": lambda: SquaredError(LINKS["softmax"]),
    },
    "absolute_error": {
        "logistic": lambda: AbsoluteError(LINKS["logistic"]),
        "softmax": lambda: AbsoluteError(LINKS["softmax"]),
    },
}
REGRESSOR_LOSSES = {
    "squared_error": SquaredError,
    "absolute_error": AbsoluteError,
    "huber": Huber,
    "quantile": Pinball,
    "log_cosh": LogCosh,
    "poisson": Poisson,
    "gamma": Gamma,
    "tweedie": tweedie,
}
LOSS_OPTIONS = {"huber": "delta", "quantile": "quantile", "tweedie": "power"}
"""The one argument of the losses that have one; the estimators' parameter has the same name."""


def make_loss(losses, name, options):
    """Return the loss of that name.

    Parameters
    ----------
    losses : dict of names and what makes a loss
    name : str, or a loss of the user
    options : object with the attributes that `LOSS_OPTIONS` names
    """
    if not isinstance(name, str):
        return Adapted(name)
    option = LOSS_OPTIONS.get(name)
    return losses[name](**({option: getattr(options, option)} if option else {}))
