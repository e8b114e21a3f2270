"""Which options a solver uses; one that it does not use is worth a warning when it is set."""

import inspect
from numbers import Real
from types import NoneType

from sklearn_shallow._losses import LOSS_OPTIONS
from sklearn_shallow._warnings import warn_user

__all__ = ["OPTIMIZER_ARGUMENTS", "SOLVER_OPTIONS", "warn_of_unused_options"]

MOMENTS = {"beta_1": "beta_1", "beta_2": "beta_2", "epsilon": "epsilon"}
OPTIMIZER_ARGUMENTS = {
    "sgd": {"momentum": "momentum", "nesterov": "nesterovs_momentum"},
    "adam": MOMENTS,
    "adamw": MOMENTS,
}
"""Arguments of the update rules, and the estimator's parameters that they come from."""

STOCHASTIC = {
    "batch_size",
    "learning_rate",
    "learning_rate_init",
    "power_t",
    "shuffle",
    "max_grad_norm",
    "dropout",
}
SOLVER_OPTIONS = {
    name: STOCHASTIC | set(arguments.values()) for name, arguments in OPTIMIZER_ARGUMENTS.items()
} | {"lbfgs": {"max_fun"}, "lm": set()}


def warn_of_unused_options(estimator, losses, *, watches):
    """Warn once, naming every option that is set and has no effect.

    Parameters
    ----------
    estimator : the estimator, for which what is "auto" has been chosen
    losses : names of the losses that it can have
    watches : bool
        Whether there are validation rows without early stopping.
    """
    unused = set().union(*SOLVER_OPTIONS.values()) - SOLVER_OPTIONS[estimator.solver_]
    if not estimator.early_stopping_:
        unused |= {"validation_fraction"} if watches else {"validation_fraction", "scoring"}
    if estimator.learning_rate_ != "invscaling":
        unused |= {"power_t"}
    unused |= {LOSS_OPTIONS[loss] for loss in losses if loss in LOSS_OPTIONS}
    if isinstance(estimator.alpha, Real) and estimator.alpha == 0:
        unused |= {"l1_ratio"}
    if isinstance(estimator.loss, str) and estimator.loss in LOSS_OPTIONS:
        unused -= {LOSS_OPTIONS[estimator.loss]}
    parameters = inspect.signature(type(estimator).__init__).parameters
    changed = [name for name in sorted(unused) if _is_set(estimator, parameters[name])]
    if changed:
        settings = ", ".join(f"{name}={getattr(estimator, name)!r}" for name in changed)
        warn_user(
            f"No effect: {settings}, with solver={estimator.solver_!r}, loss={estimator.loss!r}, "
            f"learning_rate={estimator.learning_rate_!r}, "
            f"early_stopping={estimator.early_stopping_!r}. Leave them at their defaults, or "
            "change what makes them idle.",
        )


def _is_set(estimator, parameter):
    value = getattr(estimator, parameter.name)
    return not (isinstance(value, (Real, str, NoneType)) and value == parameter.default)
