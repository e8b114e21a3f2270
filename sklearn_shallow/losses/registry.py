"""The losses by name: one entry makes a loss selectable, validated, tested and documented."""

from sklearn_shallow.losses.checks import check_loss
from sklearn_shallow.losses.deviances import Gamma, Poisson, Tweedie
from sklearn_shallow.losses.labels import LogLoss
from sklearn_shallow.losses.residuals import AbsoluteError, Huber, Quantile, SquaredError
from sklearn_shallow.utils.names import must_be_one_of, unknown_name

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


OF_ESTIMATORS = {
    "ShallowNetClassifier": CLASSIFIER_LOSSES,
    "ShallowNetRegressor": REGRESSOR_LOSSES,
}


def make_loss(loss, losses, parameters):
    """Return the loss that an estimator's parameter `loss` stands for.

    Parameters
    ----------
    loss : str or Loss
    losses : dict of names and classes
    parameters : mapping with the estimator's parameters, of which a class takes those it names
    """
    if not isinstance(loss, str):
        return check_loss(loss)
    if loss not in losses:
        also = ", or a loss object, see sklearn_shallow.Loss"
        for estimator, others in OF_ESTIMATORS.items():
            if loss in others:
                also += f"; {loss!r} is for {estimator}"
                raise ValueError(must_be_one_of("loss", loss, losses, also))
        raise ValueError(unknown_name("loss", loss, losses, also))
    kind = losses[loss]
    return kind(**{name: parameters[name] for name in kind.parameters if name in parameters})
