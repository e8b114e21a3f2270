"""Conversion of the result of a solver to a fitted network."""

import numpy as np

from sklearn_shallow.estimators.training.ensemble import initial_theta
from sklearn_shallow.estimators.training.history import History
from sklearn_shallow.estimators.training.run import InitialPoint, train_one_epoch
from sklearn_shallow.evidence.posterior import laplace
from sklearn_shallow.utils.threads import blas_threads
from sklearn_shallow.utils.warnings import warn_user


def after_run(data, member, run):
    """Return the network at the end of a run.

    Parameters
    ----------
    data : TrainingData
    member : Member
    run : RunResult
    """
    settings, progress, result = data.settings, run.progress, run.result
    evidence = result.evidence  # None also after an interrupt in the search for the decay
    decay = progress.alpha if evidence is None else evidence.decay
    at_best = settings.early_stopping or result.reason in ("no descent", "interrupt")
    theta, n_rows = data.for_columns(result.theta), progress.n_iter * data.n_rows_per_iteration
    return trained(
        data,
        member,
        theta,
        progress.history,
        n_rows,
        decay=decay,
        evidence=evidence,
        posterior=make_posterior(data, result.theta, decay),
        resume=run.resume,
        n_iter=progress.n_iter,
        best_iteration=progress.best_iteration if at_best else progress.n_iter,
        loss=result.value,
        best_validation_score=-progress.best_criterion if settings.early_stopping else None,
        calibration=settings.calibration,
    )


def after_epoch(data, member):
    """Return the network after one epoch on the samples of a call of `partial_fit`.

    Parameters
    ----------
    data : TrainingData
    member : Member
    """
    last, streams = member.last, member.streams()
    if last is not None and data.settings.relative and data.settings.decay != last.decay:
        data = data.with_settings(decay=last.decay)
    if last is None or (last.inputs.moments.n_rows == 0 and data.settings.standardize):
        # With the first statistics, the parameters are converted to the same function of X.
        theta = initial_theta(data, streams["initial"], member)
    else:
        last.check_same_network(data.network, data.settings.given)
        theta = last.theta
    start = InitialPoint(theta, streams, last)
    theta, resume, new = train_one_epoch(data, start)
    history = {name: [entry] for name, entry in new.items()}
    n_iter = 1 if last is None else last.n_iter + 1
    others = {"resume": resume, "n_iter": n_iter, "best_iteration": n_iter, "loss": new["loss"]}
    return trained(data, member, theta, history, len(data.rows.Y), **others)


def trained(data, member, theta, history, n_rows, **others):
    """Return the network of a member with parameters for the columns, whose history and number of
    samples are added to those of the member; `others` are further fields."""
    last = member.last
    n_before, before = (0, History()) if last is None else (last.n_rows_seen, last.history)
    return data.untrained(
        theta=theta.astype(data.dtype),
        seed=member.seed,
        entropy=member.entropy,
        n_rows_seen=n_before + n_rows,
        history=before.continued(history),
        **others,
    )


def make_posterior(data, theta, decay):
    """Return the posterior around the fitted parameters, or None without one."""
    if data.settings.posterior is None:
        return None
    target, (data, theta) = data.target, data.in_columns(theta)
    objective = data.objective().with_alpha(decay).with_loss(target.loss)
    with blas_threads(objective.n_rows, objective):
        posterior = laplace(objective, theta, target.link, target.loss.noise)
    spread = posterior.noise * target.scaling.scale
    if not spread.all():
        warn_user(
            f"posterior={data.settings.posterior!r}: y has no spread in column "
            f"{int(np.argmin(spread))}, because it is constant or has one value, so that the "
            "standard deviations are zero. Do not rely on them, or fit to more samples."
        )
    return posterior
