"""Warnings about options that are set but have no effect."""

from numbers import Real
from types import NoneType

from sklearn_shallow.estimators.parameters.settings import is_auto
from sklearn_shallow.solvers.registry import SOLVERS, options_of
from sklearn_shallow.solvers.schedules import SCHEDULES
from sklearn_shallow.utils.warnings import warn_user

BATCH_OPTIONS = {
    "batch_size",
    "learning_rate",
    "learning_rate_init",
    "power_t",
    "shuffle",
    "dropout",
}


def warn_of_unused_options(settings, estimator):
    """Warn once of all options that are set and have no effect, and of the cause."""
    by_cause = {}
    for name, cause in sorted(idle_options(settings, estimator._losses).items()):
        if name not in settings.given:
            continue
        value, default = settings.given[name], getattr(type(estimator), name)
        if not (isinstance(value, (Real, str, NoneType)) and value == default):
            by_cause.setdefault(cause, []).append(f"{name}={value!r}")
    if by_cause:
        causes = "; ".join(
            f"{', '.join(names)} with {_text(settings, cause)}" for cause, names in by_cause.items()
        )
        warn_user(
            f"No effect: {causes}. Remove these settings, or change the ones named after 'with'."
        )


def idle_options(settings, losses):
    """Return the parameter that is the cause, by the name of an option without effect.

    Parameters
    ----------
    losses : dict of the losses of the estimator, by name
    """
    idle = {}
    if not settings.early_stopping:
        if settings.validation_fraction:
            idle["validation_fraction"] = "early_stopping"
        if not settings.validates:
            idle["scoring"] = "early_stopping"
    if settings.solver.takes_batches:
        idle |= dict.fromkeys(_idle_by_schedule(settings), "learning_rate")
    of_losses = {name for loss in losses.values() for name in loss.parameters}
    if isinstance(settings.given["loss"], str):
        of_losses -= set(settings.loss.parameters)
    idle |= dict.fromkeys(of_losses, "loss")
    if settings.decay is not None and settings.decay == 0:
        idle["l1_ratio"] = "alpha"
    of_solvers = BATCH_OPTIONS.union(*map(options_of, SOLVERS.values()))
    if settings.solver.takes_batches:
        of_solvers -= BATCH_OPTIONS
    if isinstance(settings.given["solver"], str):
        of_solvers -= set(options_of(type(settings.solver)))
    return idle | dict.fromkeys(of_solvers, "solver")


def _idle_by_schedule(settings):
    """Return the names of the options that the schedule of the learning rate does not use."""
    idle = set() if settings.learning_rate == "invscaling" else {"power_t"}
    if isinstance(settings.learning_rate, str):
        schedule = SCHEDULES[settings.learning_rate]
        patient = schedule.ends and settings.early_stopping
        if schedule.waits and not patient:
            idle |= {"n_iter_no_change", "tol"} if schedule.ends else {"n_iter_no_change"}
    return idle


def _text(settings, cause):
    """Return the text of a setting; for "auto", of the chosen value."""
    given = settings.given[cause]
    if not is_auto(given):
        return f"{cause}={given!r}"
    chosen = settings.chosen_solver if cause == "solver" else getattr(settings, cause)
    return f"{cause}={chosen!r}, chosen by {cause}='auto'"
