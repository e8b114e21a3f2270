"""Messages about a fit: why it failed, and warnings about its result.

Convention
----------
data : TrainingData
runs : list of RunResult, the best one of every network
"""

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from sklearn_shallow.evidence.fixed_point import expected_loss, known_targets
from sklearn_shallow.inputs.level_rows import LevelRows
from sklearn_shallow.utils.warnings import warn_user

SAMPLE_ROWS = 10_000  # looked at for the column of the largest scale
HAIR = 1e-4  # of the loss of a constant, by which a network is to be better
CLEARLY_BELOW = 0.9  # of the loss of a constant
SMALL_RATE = 0.05  # of the largest one, to which a user's schedule leads
LEVEL = 1.1  # times the least rate of a fit, within which a schedule does nothing
HIGH = 10  # times the loss of a constant, which steps that are not far too large do not reach


def divergence_message(data, failure, objective):
    """Return why training failed, and what to change."""
    X = objective.X[:SAMPLE_ROWS]
    X = X.toarray() if isinstance(X, LevelRows) else X
    largest = abs(data.space.columns(X)).max(axis=0)
    largest = largest.toarray().ravel() if sparse.issparse(largest) else largest
    column = int(largest[:-1].argmax())
    names = data.feature_names
    names = data.inputs.names(range(data.shape[1]) if names is None else names)
    largest_target = np.nanmax(np.abs(objective.Y))
    target = ""
    if largest_target > largest[column]:
        target = f"; the targets are up to {largest_target:.3g} as the loss sees them"
    rate, remedy = "", "."
    if data.settings.solver.takes_batches:
        rate = (
            f" at a learning rate of {failure.learning_rate:g}, halved from "
            f"learning_rate_init={data.learning_rate}"
        )
        kind = type(data.settings.solver).__name__
        remedy = f", lower learning_rate_init, or clip gradients, solver={kind}(clip_norm=1.0)."
    return (
        "Training failed numerically: the loss was infinite, not a number or a thousand times its "
        f"first value in epoch {failure.epoch}{rate} (solver={data.settings.given['solver']!r}). "
        f"The column of X with the largest scale as the network sees it is {names[column]!r}, up "
        f"to {largest[column]:.3g}{target}. Set standardize=True{remedy}"
    )


def warn_of_result(data, runs, *, is_warm_start):
    """Warn, once each, of a fit that ended too early and of faults of its result.

    Where a callback or the user ended it, both are as asked.
    """
    unfinished = [run for run in runs if _is_unfinished(data, run)]
    warn_not_converged(data, runs, unfinished)
    runs = [run for run in runs if run.result.reason not in ("callback", "interrupt")]
    settings = data.settings
    if runs and settings.solver.takes_batches and callable(settings.learning_rate):
        warn_of_level_schedule(settings.learning_rate)
    if settings.decay is None and settings.solver.takes_batches and not is_warm_start:
        warn_not_revised(data, runs)
    warn_no_better(data, runs)
    if settings.early_stopping:
        learnt = [run for run in runs if np.isfinite(run.losses[1]) and not _is_no_better(run)]
        warn_no_better_on_validation(data, learnt)
    elif data.stream is None:  # parameters that have not arrived are not yet determined
        warn_overfitted(
            data, [run for run in runs if not (run in unfinished or _is_no_better(run))]
        )
    if settings.solver.takes_batches and settings.given["learning_rate_init"] != "auto":
        warn_too_fast(data, [run for run in runs if not _is_no_better(run)])


def _is_unfinished(data, run):
    """Return whether a run ended before its time: not if that was the end of its schedule."""
    ends = data.settings.ends_at_zero
    if callable(data.settings.learning_rate):
        rates = run.progress.history["learning_rate"]
        ends = rates[-1] < SMALL_RATE * max(rates)
    return not (run.result.converged or (ends and run.result.reason == "max_iter"))


def warn_of_level_schedule(function):
    """Warn of a schedule that was meant for the numbers of epochs, as in other libraries."""
    factors = [float(function(done)) for done in (0.0, 0.5, 0.99)]
    if max(factors) <= LEVEL * min(factors):
        warn_user(
            f"No effect: learning_rate={function!r} is {factors[0]:g} at the beginning and "
            f"{factors[-1]:g} at the end of the fit. Its argument is the part of the fit that is "
            "done, from 0 to 1, and not the number of the epoch, which is max_iter times as large."
        )


def warn_not_converged(data, runs, ended):
    """Say why some of the runs ended before their time, and which parameter to change."""
    settings = data.settings
    if not ended:
        return
    reason, n_iter = ended[0].result.reason, ended[0].progress.n_iter
    search = ""
    if settings.seeks_first and reason == "max_iter":
        search = f", {n_iter - data.max_iter} of them in search of the decay"
    done = f"had not converged to tol={settings.tol} after {n_iter} iterations{search}"
    if settings.ends_at_zero and reason == "max_time":
        done = f"ended after {n_iter} of {data.max_iter} epochs"
    _warn(data, f"{done}{_count(ended, runs)}: it {_advice(data, reason)}.")


def _advice(data, reason):
    """Return why a run has ended, and what to change."""
    settings, solver = data.settings, data.settings.solver
    rate = f"learning_rate_init={data.learning_rate:g}" if solver.takes_batches else ""
    or_rate = f", or change {rate}" if rate else ""
    or_less = ", or lower max_iter so that the learning rate reaches its end"
    return {
        "max_iter": f"used up max_iter={data.max_iter}. Increase max_iter{or_rate}",
        "max_fun": f"used up max_fun={getattr(solver, 'max_fun', None)} evaluations. Increase "
        "max_fun",
        "max_time": f"used up max_time={solver.max_time} seconds. Increase max_time of the solver"
        f"{or_less if settings.ends_at_zero else ''}",
        "no descent": "ended far above its initial loss; the best parameters on the way are kept. "
        f"Lower {rate}",
        "line search": "found no lower point although the gradient is not small. Check the "
        "derivative of a custom Activation, or set standardize=True",
    }[reason]


def warn_not_revised(data, runs):
    """Say that the decay is the one to begin with, because training ended before its revision."""
    early = [run for run in runs if len(set(run.progress.history["alpha"])) == 1]
    if early:
        alpha, n_iter = early[0].result.evidence.decay, early[0].progress.n_iter
        or_time = "" if data.settings.solver.max_time is None else " or max_time of the solver"
        _warn(
            data,
            f"ended after {n_iter} epochs{_count(early, runs)}, before alpha was looked for: "
            f"alpha_={alpha:g} is where the search begins. Increase max_iter={data.max_iter}"
            f"{or_time}, or give alpha as a number.",
        )


def warn_no_better(data, runs):
    """Say that networks are no better than a constant, and what to change."""
    no_better = [run for run in runs if _is_no_better(run)]
    if not no_better:
        return
    loss, constant = no_better[0].losses
    ways = _ways_to_learn(data, no_better[0].result.evidence)
    _warn(
        data,
        f"is no better than a constant{_count(no_better, runs)}: its loss on the training data "
        f"is {loss:.6g} without the penalty, that of a constant {constant:.6g}. Try "
        f"{', or '.join(ways)}. If nothing helps, sample_weight may be wrong, if you pass it, or "
        "the columns of X may tell nothing about y.",
    )


def _ways_to_learn(data, evidence):
    """Return what of the settings may keep a network from learning, each with another value."""
    settings, given, ways = data.settings, data.settings.given, []
    if evidence is not None:
        found = evidence.decay
        ways.append(
            f"a number for alpha, far below the {found:.3g} found on the data: {found / 1000:.1g}"
        )
    elif settings.decay.alpha > 0:
        ways.append(f"an alpha below {settings.decay.alpha:.3g}")
    if settings.solver.takes_batches and given["learning_rate_init"] != "auto":
        ways.append(f"a learning_rate_init below {data.learning_rate:g}")
    if given["max_iter"] != "auto":
        ways.append(f"a max_iter above {data.max_iter}")
    if len(settings.hidden) > 1:
        ways.append("fewer hidden layers")
    return ways or ["solver='lbfgs', or more hidden units"]


def warn_no_better_on_validation(data, runs):
    """Say that networks are no better than a constant on the samples that they were stopped on."""
    losses = [losses_of_validation(data, run.result.theta) for run in runs]
    no_better = [(loss, constant) for loss, constant in losses if loss >= constant]
    if not no_better:
        return
    loss, constant = no_better[0]
    samples = "More samples"
    if not data.settings.validates:
        samples = "early_stopping=False, which trains on all samples, more samples"
    _warn(
        data,
        f"is no better than a constant{_count(no_better, runs)} on the "
        f"{len(data.validation.rows.Y)} samples of the validation set: its loss is {loss:.6g} "
        f"there, that of the best constant of the training data {constant:.6g}. {samples}, fewer "
        "hidden layers or a higher alpha may help. If nothing does, the columns of X may tell "
        "nothing about y.",
    )


def warn_overfitted(data, runs):
    """Say that networks are to be expected to be no better than a constant on new samples.

    That can be told where the decay was found, from the number of parameters determined.
    """
    runs = [run for run in runs if run.result.evidence is not None]
    overfitted = [run for run in runs if _is_overfitted(run)]
    if not overfitted:
        return
    first = overfitted[0]
    evidence, (loss, constant) = first.result.evidence, first.losses
    _warn(
        data,
        f"is no better than a constant{_count(overfitted, runs)} for new samples, as far as can be "
        f"told from those of the training data: its loss on these is {loss:.6g} without the "
        f"penalty, that of a constant {constant:.6g}, but n_samples={data.shape[0]} determine "
        f"{evidence.n_effective_params:.3g} parameters. Cross-validation measures it. More "
        f"samples, fewer hidden units or a higher alpha={evidence.decay:.3g} may help. If nothing "
        "does, the columns of X may tell nothing about y.",
    )


def _is_overfitted(run):
    objective, (loss, constant) = run.objective, run.losses
    if not (objective.loss.has_curvature and 0 <= loss < CLEARLY_BELOW * constant < np.inf):
        return False  # where all predictions are about that constant, they do no harm
    of_constant = known_targets(objective) / objective.total_weight  # a parameter per output
    expected = expected_loss(objective, loss, run.result.evidence.n_effective_params)
    return expected >= expected_loss(objective, constant, of_constant)


def losses_of_validation(data, theta):
    """Return the loss on the validation set, and that of the best constant of the training data."""
    objective = data.objective(data.validation.rows, fraction=0.0)
    constant = data.target.constant_raw(data.rows.Y, data.rows.weight)
    with np.errstate(all="ignore"):
        return objective.value(theta), objective.loss_of_constant(constant)


def warn_too_fast(data, runs):
    """Say that the first steps were so large that hidden units may be lost."""
    too_fast = [run for run in runs if _highest(run) > HIGH * run.losses[1] > 0]
    if not too_fast:
        return
    first = too_fast[0]
    _warn(
        data,
        f"made steps that were too large{_count(too_fast, runs)}: along the way its loss on the "
        f"training data was {_highest(first):.3g}, that of a constant is "
        f"{first.losses[1]:.3g}, and hidden units may be lost for good. Lower "
        f"learning_rate_init={data.learning_rate:g}, or set it to 'auto'.",
    )


def _highest(run):
    return np.max(run.progress.history["data_loss"])


def _is_no_better(run):
    loss, constant = run.losses
    return np.isfinite(constant) and loss >= constant - HAIR * abs(constant)


def _count(some, runs):
    return f" ({len(some)} of {len(runs)} networks; this is the first)" if len(runs) > 1 else ""


def _warn(data, message):
    settings = data.settings
    name = f"{settings.name}(solver={settings.given['solver']!r})"
    warn_user(f"{name} {message}", ConvergenceWarning)
