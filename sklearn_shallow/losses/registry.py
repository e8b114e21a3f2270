"""The losses by name: one entry makes a loss selectable, validated, tested and documented."""

from sklearn_shallow.losses.base import Loss
from sklearn_shallow.losses.checks import check_loss
from sklearn_shallow.losses.deviances import Gamma, Poisson, Tweedie
from sklearn_shallow.losses.labels import LogLoss
from sklearn_shallow.losses.residuals import AbsoluteError, Huber, Quantile, SquaredError
from sklearn_shallow.utils.names import by_name

CLASSIFIER_LOSSES = {
    "log_loss": LogLoss,
    "squared_error": SquaredError,
    "absolute_error": AbsoluteError,
}
REGRESSOR_LOSSES = {
    "squared_error": SquaredError,
    "absolute_error": AbsoluteError,
    "huber": Huber,
    "quantile": Quantile,
    "poisson": Poisson,
    "gamma": Gamma,
    "tweedie": Tweedie,
}


OF_ESTIMATORS = {"ShallowNetClassifier": CLASSIFIER_LOSSES, "ShallowNetRegressor": REGRESSOR_LOSSES}


def make_loss(loss, losses, parameters):
    """Return the loss for the parameter `loss` of an estimator.

    Parameters
    ----------
    loss : str or Loss
    losses : dict of names and classes
    parameters : mapping, the parameters of the estimator; see `Loss.parameters`
    """
    also = ", or a loss object, see sklearn_shallow.Loss"
    for estimator, others in OF_ESTIMATORS.items():
        if isinstance(loss, str) and loss in others and loss not in losses:
            also += f"; {loss!r} is for {estimator}"
    found = by_name("loss", loss, losses, Loss, also)
    if found is loss:
        return check_loss(loss)
    return found(**{name: parameters[name] for name in found.parameters if name in parameters})
