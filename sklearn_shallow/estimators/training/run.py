"""One run of a solver on training data.

Convention
----------
data : TrainingData
at_theta : callable, maps theta to a fitted estimator, for scorers
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from sklearn_shallow.estimators.training.fitted_network import scaling_key
from sklearn_shallow.estimators.training.log import RunLog, visible
from sklearn_shallow.estimators.training.messages import divergence_message
from sklearn_shallow.estimators.training.validation import make_monitor
from sklearn_shallow.evidence.decay import Revision, find_decay, initial_alpha, n_revisions_of
from sklearn_shallow.solvers.base import Diverged, SolverResult, check_size
from sklearn_shallow.solvers.progress import Progress, entries
from sklearn_shallow.solvers.stochastic import EpochPlan, minimize_on_batches, run_epoch
from sklearn_shallow.utils.lazy import lazy
from sklearn_shallow.utils.threads import blas_threads, blas_threads_of_epoch

# Training loss of labels, as a fraction of that of a constant, at which a fit ends
NEGLIGIBLE = 0.01
NEGLIGIBLE_PER_TOL = 100  # this times `tol` if less, for a schedule that does not end at zero


class StreamEnded(ValueError):
    """There are no more batches, and training may end here."""


@dataclass(frozen=True, eq=False)
class ResumeState:
    """The state from which a later fit or `partial_fit` resumes.

    Attributes
    ----------
    solver : Solver, with the state of its steps
    key : tuple
        What that state depends on.
    streams : Streams, the random streams by purpose
    """

    solver: object
    key: tuple
    streams: dict


@dataclass(frozen=True, eq=False)
class InitialPoint:
    """The beginning of a run.

    Attributes
    ----------
    theta : ndarray of shape (n_params,)
    streams : Streams, the random streams by purpose
    last : FittedNetwork that training continues with, or None
    spectra : sequence of Spectrum
        Spectra of an earlier run, used in the search for the decay.
    """

    theta: np.ndarray
    streams: dict
    last: object = None
    spectra: Sequence = ()


@dataclass(frozen=True, eq=False)
class RunResult:
    """The result of a run.

    Attributes
    ----------
    data : TrainingData
    objective : Objective
    result : SolverResult
    progress : Progress, detached
    resume : ResumeState, or None without a warm start
    criterion : float
        The best of several runs has the least criterion.
    interrupt : KeyboardInterrupt or StreamEnded that ended the run, or None
    spectra : sequence of Spectrum
        Spectra estimated in the search for the decay.
    """

    data: Any
    objective: Any
    result: SolverResult
    progress: Progress
    resume: ResumeState | None
    criterion: float
    interrupt: KeyboardInterrupt | StreamEnded | None
    spectra: Sequence

    @lazy
    def losses(self):
        """The training loss without the penalty, and the lower loss of two constants.

        These are `constant_raw` of the target, the best constant for most losses, and the mean raw
        output of the network: a network that is no better has learned nothing. The latter loss is
        infinite for constant y, where no constant can be outdone.
        """
        Y, weight, objective = self.data.rows.Y, self.data.rows.weight, self.objective
        with blas_threads(self.data.batch_size, objective), np.errstate(all="ignore"):
            loss, mean = objective.loss_and_mean_raw(self.result.theta)
            if (Y[0] == Y).all():
                return loss, np.inf
            constants = self.data.target.constant_raw(Y, weight), mean
            return loss, min(map(objective.loss_of_constant, constants))


def train(data, start, at_theta, name="", max_time=None, *, listeners=()):
    """Run the solver once, and return the `RunResult`.

    Parameters
    ----------
    start : InitialPoint
    name : str
        The name of the run in the log.
    max_time : float or None
        Seconds after which to stop.
    listeners : functions
        Called after every iteration with the progress and theta.
    """
    settings = data.settings
    objective = data.objective(streams=start.streams)
    theta = start.theta.astype(objective.dtype)
    with blas_threads(data.batch_size, objective), visible(settings.verbose):
        coordinates = scaling_key(data) + data.space.fingerprint()
        solver, key = resumed_solver(data, theta, start.last, coordinates)
        log = RunLog(data, name) if settings.verbose else None
        called = listeners if log is None else [log.iteration, *listeners]
        monitor, negligible = make_monitor(data, at_theta), negligible_loss(data, objective)
        progress = make_progress(data, monitor, called, max_time, negligible)
        if start.last is not None:
            progress.begin(theta)
        interrupt = None
        minimize, revision = make_minimizer(data, objective, solver, progress, start)
        try:
            result = minimize(theta, progress)
        except Diverged as failure:
            raise ValueError(divergence_message(data, failure, objective)) from None
        except (KeyboardInterrupt, StreamEnded) as error:
            if progress.best_theta is None or not (settings.warm_start or data.stream is not None):
                raise
            progress.resume_validation(progress.best_theta)
            objective = objective.with_alpha(progress.alpha)
            interrupt, best = error, progress.best_theta
            result = SolverResult(best, objective.value(best), "interrupt")
        else:
            if revision is not None:
                result.evidence = revision.estimate(result.theta).evidence(result.value)
        if settings.calibration is not None:
            result.theta = settings.calibration.of_theta(objective, result.theta)
            result.value = objective.with_alpha(progress.alpha).value(result.theta)
        progress.detach()
        if log is not None:
            log.end(progress, result)
        resume = ResumeState(solver, key, start.streams) if settings.warm_start else None
        criterion = run_criterion(data, progress, result)
    found = () if revision is None else revision.spectra.found
    return RunResult(data, objective, result, progress, resume, criterion, interrupt, found)


def train_one_epoch(data, start):
    """Pass once over the samples of a call of `partial_fit`.

    Returns
    -------
    theta : ndarray of shape (n_params,)
    resume : ResumeState
    new : dict of the entries in the history
    """
    settings, n_done = data.settings, 0 if start.last is None else start.last.n_iter
    # All calls together have one penalty, not one per call.
    fraction = data.rows.total_weight / data.seen.counted
    objective = data.objective(fraction=fraction, streams=start.streams)
    theta = start.theta.astype(objective.dtype)
    # The state of the solver is kept although every call changes the running statistics.
    solver, key = resumed_solver(data, theta, start.last, b"running")
    plan = make_epoch_plan(data, settings.schedule(None), start)
    with blas_threads_of_epoch(data.batch_size, objective):
        solver.shrink_by(objective)
        value, penalty, norm = run_epoch(objective, theta, solver, plan, n_done)
    if not (np.isfinite(value) and np.isfinite(theta).all()):
        failure = Diverged(n_done + 1, plan.rate(n_done))
        raise ValueError(divergence_message(data, failure, objective))
    new = entries(value, penalty, settings.decay, plan.rate(n_done), norm, np.nan)
    return theta, ResumeState(solver, key, start.streams), new


def make_epoch_plan(data, schedule, start):
    """Return the `EpochPlan` of a run, from its first batch on."""
    shuffles = data.settings.shuffle and data.batch_size < data.n_rows_per_iteration
    rng = start.streams["shuffle"] if shuffles else None
    source = None if data.stream is None else data.stream.started(rng)
    return EpochPlan(schedule, data.learning_rate, data.batch_size, rng, source)


def resumed_solver(data, theta, last, coordinates):
    """Return the solver, with its last state if its key has not changed.

    Parameters
    ----------
    coordinates : bytes, a key of the coordinates of theta

    Returns
    -------
    solver : Solver, started if it takes batches
    key : tuple
        Everything that the state depends on.
    """
    solver = data.settings.solver
    key = (repr(solver), data.network.layout.units, theta.dtype.char, coordinates)
    if not solver.takes_batches:
        return solver, key
    resume = None if last is None else last.resume
    if resume is not None and resume.key == key:
        return deepcopy(resume.solver), key
    return solver.started(theta), key


def make_progress(data, monitor, called, max_time, negligible):
    """Return the `Progress` that the solver reports to.

    Parameters
    ----------
    monitor : callable or None
        Without early stopping, its criterion is recorded only.
    called : functions of the progress and theta, called after every iteration
    """

    def on_iteration(progress, theta):
        stops = [function(progress, theta) for function in called]  # calls all, unlike a generator
        return any(stops)

    settings = data.settings
    return Progress(
        max_iter=data.max_iter,
        tol=settings.tol,
        n_iter_no_change=settings.n_iter_no_change,
        max_time=max_time,
        measure=monitor,
        judges=settings.early_stopping,
        on_iteration=on_iteration,
        alpha=np.nan if settings.decay is None else settings.decay,
        negligible=negligible,
    )


def negligible_loss(data, objective):
    """Return the training loss at which a fit to labels ends; minus infinity if there is none."""
    settings = data.settings
    if not settings.ends_when_learnt:
        return -np.inf
    with np.errstate(all="ignore"):  # a class of weight zero has no finite constant
        constant = data.target.constant_raw(data.rows.Y, data.rows.weight)
        part = np.inf if settings.ends_at_zero else NEGLIGIBLE_PER_TOL * settings.tol
        return min(NEGLIGIBLE, part) * objective.loss_of_constant(constant)


def make_minimizer(data, objective, solver, progress, start):
    """Return the function of theta and progress that minimises the objective, and the `Revision` of
    a fit on batches that finds the decay, or None."""
    settings, revision = data.settings, None
    rng, last = start.streams["shuffle"], start.last
    alpha = None if last is None or last.evidence is None else last.decay
    if not solver.takes_batches:
        check_size(solver, objective)
        if settings.decay is not None:
            return partial(solver.minimize, objective), None
        return partial(find_decay, solver, objective, rng=rng, start=alpha), None
    solver.shrink_by(objective)
    schedule = settings.schedule(data.max_iter, data.n_sought)
    if settings.decay is None:
        adapts = solver.adapts_steps
        if alpha is None:
            is_encoded = data.inputs.encoding.kind is not None or settings.starts_strong
            kind = {"is_wide": data.is_wide, "adapts": adapts}
            alpha = initial_alpha(objective, start.theta, is_encoded=is_encoded, **kind)
        n_revisions = data.n_revisions or n_revisions_of(objective.loss, adapts=adapts)
        along = {"schedule": schedule, "n_revisions": n_revisions}
        # A network that continues may have to leave a plateau.
        may_end = data.may_end and last is None
        along |= {"is_wide": data.is_wide, "spectra": start.spectra, "may_end": may_end}
        if not adapts:  # with a larger decay, a step would change the sign of all weights
            along["most"] = objective.total_weight / data.learning_rate
        revision = Revision(objective, alpha, progress, solver, rng, **along)
        objective = revision.objective
    plan = make_epoch_plan(data, schedule, start)
    checkpoint = None if data.stream is None else data.stream.checkpoint
    if checkpoint is not None:
        checkpoint.begin_run(data, start.streams, plan.source)
    options = {"steps": solver, "plan": plan, "revise": revision, "checkpoint": checkpoint}
    return partial(minimize_on_batches, objective, **options), revision


def run_criterion(data, progress, result):
    """Return the criterion of a run; the best of several runs has the smallest.

    Raises
    ------
    ValueError
        If the score was nan or infinite in all iterations.
    """
    if not data.settings.early_stopping:
        return result.value if result.evidence is None else -result.evidence.log_evidence
    if progress.best_theta is None:
        raise ValueError(
            f"scoring={data.settings.given['scoring']!r} was not a finite number on the validation "
            f"set in any of {progress.n_iter} iterations; it has "
            f"n_samples={len(data.validation.rows.Y)}. Choose a larger validation_fraction, pass "
            "X_val and y_val to fit, or set scoring='loss'."
        )
    return progress.best_criterion
