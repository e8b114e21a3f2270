"""Which options a solver uses; one that it does not use is worth a warning when it is set."""

import inspect
from numbers import Real
from types import NoneType

from sklearn_shallow.solvers.schedules import SCHEDULES
from sklearn_shallow.utils.warnings import warn_user

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
    """Warn once, naming every option that is set and has no effect, and what makes it idle.

    Parameters
    ----------
    estimator : the estimator, for which what is "auto" has been chosen
    losses : registry of the losses that it can have
    watches : bool
        Whether there are validation rows without early stopping.
    """
    parameters = inspect.signature(type(estimator).__init__).parameters
    idle = idle_options(estimator, losses, watches=watches)
    by_cause = {}
    for name in sorted(name for name in idle if _is_set(estimator, parameters[name])):
        setting = f"{name}={getattr(estimator, name)!r}"
        by_cause.setdefault(idle[name], []).append(setting)
    if by_cause:
        settings = "; ".join(
            f"{', '.join(names)} with {_said(estimator, cause)}"
            for cause, names in by_cause.items()
        )
        warn_user(
            f"No effect: {settings}. Leave such settings at their defaults, or change what makes "
            "them idle.",
        )


def idle_options(estimator, losses, *, watches):
    """Return the names of the options without effect, each with the parameter that is the cause."""
    idle = {}
    if not estimator.early_stopping_:
        unused = ("validation_fraction",) if watches else ("validation_fraction", "scoring")
        idle |= dict.fromkeys(unused, "early_stopping")
    if estimator.learning_rate_ != "invscaling":
        idle["power_t"] = "learning_rate"
    if isinstance(estimator.learning_rate_, str):
        schedule = SCHEDULES[estimator.learning_rate_]
        patient = schedule.ends and estimator.early_stopping_
        if schedule.waits and not patient:
            idle["n_iter_no_change"] = "learning_rate"
        if schedule.waits and schedule.ends and not patient:
            idle["tol"] = "learning_rate"
    unused = {name for loss in losses.values() for name in loss.parameters}
    if isinstance(estimator.loss, str):
        unused -= set(losses[estimator.loss].parameters)
    idle |= dict.fromkeys(unused, "loss")
    if isinstance(estimator.alpha, Real) and estimator.alpha == 0:
        idle["l1_ratio"] = "alpha"
    if "learning_rate" not in SOLVER_OPTIONS[estimator.solver_]:
        idle = {name: cause for name, cause in idle.items() if cause != "learning_rate"}
    unused = set().union(*SOLVER_OPTIONS.values()) - SOLVER_OPTIONS[estimator.solver_]
    return idle | dict.fromkeys(unused, "solver")


def _said(estimator, cause):
    """Return a setting in words, and whether it is "auto" that stands for it."""
    given = getattr(estimator, cause)
    if isinstance(given, str) and given == "auto":
        return f"{cause}={getattr(estimator, cause + '_')!r}, chosen by {cause}='auto'"
    return f"{cause}={given!r}"


def _is_set(estimator, parameter):
    value = getattr(estimator, parameter.name)
    return not (isinstance(value, (Real, str, NoneType)) and value == parameter.default)
