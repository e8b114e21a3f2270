"""Messages about a fit: the error of a failed fit, and warnings about its result.

Convention
----------
data : TrainingData
run : RunResult, the best one of a network

A function that checks for a fault returns a Fault, or None.
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from sklearn_shallow.estimators.training.auto import epochs_to_zero
from sklearn_shallow.inputs.one_hot_rows import OneHotRows
from sklearn_shallow.solvers.schedules import FLAT, has_fallen
from sklearn_shallow.utils.warnings import warn_user

SAMPLE_ROWS = 10_000  # rows in which the column with the largest values is searched
MIN_GAIN = 1e-4  # gain over a constant, as a fraction of its loss, that counts as better
SMALL_RATE = 0.05  # last rate of a user's schedule over the largest, below which it has ended
NO_WARNING = "callback", "interrupt"  # reasons to end that need no warning
# Epochs times learning rate, over those of "auto", below which steps may be, or are, too small
SHORT, TINY = 0.1, 0.01
HIGH = 10  # loss over that of a constant, above which steps have been far too large
FAST = 5  # learning rate over that of "auto", from which on labels may be memorised
MEMORISED = 1e-3  # training loss over that of a constant, below which they are


def divergence_message(data, failure, objective):
    """Return the error message of training that failed numerically."""
    X = objective.X[:SAMPLE_ROWS]
    X = X.toarray() if isinstance(X, OneHotRows) else X
    largest = abs(data.space.columns(X)).max(axis=0)
    largest = largest.toarray().ravel() if sparse.issparse(largest) else largest
    names = data.feature_names
    names = data.inputs.names(range(data.shape[1]) if names is None else names)
    column = int(largest[: len(names)].argmax())
    largest_target = np.nanmax(np.abs(objective.Y))
    target = ""
    if largest_target > largest[column]:
        target = f"; the scaled targets are up to {largest_target:.3g}"
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
        f"The input column with the largest values is {names[column]!r}, up to "
        f"{largest[column]:.3g}{target}. Set standardize=True{remedy}"
    )


class Fault(NamedTuple):
    """The fault of a network for a warning: what happened, and the reason with advice."""

    what: str
    why: str


def warn_of_result(data, runs, *, is_warm_start):
    """Warn, once per kind, of faults of a fit, unless a callback or the user ended it."""
    runs = [run for run in runs if run.result.reason not in NO_WARNING]
    name = f"{data.settings.name}(solver={data.settings.given['solver']!r})"
    for fault in FAULTS_OF_WARM_START if is_warm_start else FAULTS:
        found = list(filter(None, (fault(data, run) for run in runs)))
        if found:
            what = f"{name} {found[0].what}{_count(found, runs)}"
            warn_user(f"{what}: {found[0].why}", ConvergenceWarning)


def _count(some, runs):
    return f" ({len(some)} of {len(runs)} networks; this is the first)" if len(runs) > 1 else ""


def not_converged(data, run):
    """Report a run that ended before convergence or the end of its schedule."""
    settings, solver = data.settings, data.settings.solver
    rates, ends = run.progress.history["learning_rate"], settings.ends_at_zero
    if callable(settings.learning_rate):
        ends = rates[-1] < SMALL_RATE * max(rates)
    if run.result.converged or (ends and run.result.reason == "max_iter"):
        return None
    reason, n_iter, search, what = run.result.reason, run.progress.n_iter, "", ""
    if settings.seeks_first and reason == "max_iter":
        search = f", {n_iter - data.max_iter} of them to find alpha"
    if settings.ends_at_zero and reason == "max_time":
        what = f"ended after {n_iter} of {data.max_iter} epochs"
    rate = f"learning_rate_init={data.learning_rate:g}"
    or_rate = f", or change {rate}" * solver.takes_batches
    or_less = ", or lower max_iter so that the schedule reaches its end"
    why = {
        "max_iter": f"reached max_iter={data.max_iter}. Increase max_iter{or_rate}",
        "max_fun": f"reached max_fun={getattr(solver, 'max_fun', None)} evaluations. Increase "
        "max_fun",
        "max_time": f"reached max_time={solver.max_time} seconds. Increase max_time of the solver"
        f"{or_less * settings.ends_at_zero}",
        "no descent": "ended far above its initial loss; the best parameters so far are kept. "
        f"Lower {rate}",
        "line search": "found no lower point although the gradient is not small. Check the "
        "derivative of a custom Activation, or set standardize=True",
    }[reason]
    what = what or f"had not converged to tol={settings.tol} after {n_iter} iterations{search}"
    return Fault(what, f"it {why}.")


def not_revised(data, run):
    """Report that the decay is its initial value, because training ended before its revision."""
    settings, alphas = data.settings, run.progress.history["alpha"]
    if not (settings.decay is None and settings.solver.takes_batches) or len(set(alphas)) > 1:
        return None
    or_time = "" if settings.solver.max_time is None else " or max_time of the solver"
    return Fault(
        f"ended after {run.progress.n_iter} epochs, before the search for alpha",
        f"alpha_={run.result.evidence.decay:g} is its initial value. Increase "
        f"max_iter={data.max_iter}{or_time}, or set alpha to a number.",
    )


def _is_no_better(run):
    loss, constant = run.losses
    return np.isfinite(constant) and loss >= constant - MIN_GAIN * abs(constant)


def no_better(data, run):
    """Report that a network is no better than a constant."""
    if not _is_no_better(run):
        return None
    loss, constant = run.losses
    return Fault(
        "is no better than a constant",
        f"its training loss without the penalty is {loss:.6g}, a constant has {constant:.6g}. "
        f"Try {', or '.join(_ways_to_learn(data, run.result.evidence))}. If "
        "nothing helps, X may have no information about y, or sample_weight may be wrong.",
    )


def _ways_to_learn(data, evidence):
    """Return advice on the settings that may keep a network from learning."""
    settings, given, ways = data.settings, data.settings.given, []
    if evidence is not None:
        found = evidence.decay
        ways.append(f"alpha={found / 1000:.1g}, far below the {found:.3g} found from the data")
    elif settings.decay > 0:
        ways.append(f"an alpha below {settings.decay:.3g}")
    if settings.solver.takes_batches and given["learning_rate_init"] != "auto":
        where = "above" if data.slowness > 1 / SHORT else "below"
        ways.append(f"a learning_rate_init {where} {data.learning_rate:g}")
    if given["max_iter"] != "auto":
        ways.append(f"a max_iter above {data.max_iter}")
    if len(settings.hidden_layer_sizes) > 1:
        ways.append("fewer hidden layers")
    return ways or ["solver='lbfgs', or more hidden units"]


def no_better_on_validation(data, run):
    """Report that a network is no better than a constant on its validation set."""
    if not data.settings.early_stopping or _is_no_better(run):
        return None
    loss, constant = losses_of_validation(data, run.result.theta)
    if not (np.isfinite(run.losses[1]) and loss >= constant):
        return None
    samples = "More samples"
    if not data.settings.validates:
        samples = "early_stopping=False, which trains on all samples, more samples"
    return Fault(
        f"is no better than a constant on the {len(data.validation.rows.Y)} samples of the "
        "validation set",
        f"its loss is {loss:.6g} there, the best constant of the training data has "
        f"{constant:.6g}. {samples}, fewer hidden layers or a higher alpha may help. If nothing "
        "does, X may have no information about y.",
    )


def losses_of_validation(data, theta):
    """Return the loss on the validation set, and that of the best constant of the training data."""
    objective = data.objective(data.validation.rows, fraction=0.0)
    constant = data.target.constant_raw(data.rows.Y, data.rows.weight)
    with np.errstate(all="ignore"):
        return objective.value(theta), objective.loss_of_constant(constant)


def too_fast(data, run):
    """Report that the first steps were so large that hidden units may be zero forever."""
    settings = data.settings
    if not settings.solver.takes_batches or settings.given["learning_rate_init"] == "auto":
        return None
    highest, constant = np.max(run.progress.history["data_loss"]), run.losses[1]
    if _is_no_better(run) or not highest > HIGH * constant > 0:
        return None
    return Fault(
        "made steps that were too large",
        f"its training loss rose to {highest:.3g}, a constant has {constant:.3g}. Hidden units "
        "may now be zero for all samples, and remain so. Lower "
        f"learning_rate_init={data.learning_rate:g}, or set it to 'auto'.",
    )


def too_fast_for_alpha(data, run):
    """Report that labels were memorised with large weights, for which the alpha that is found is
    too low."""
    settings, (loss, constant) = data.settings, run.losses
    is_fast = settings.solver.takes_batches and data.slowness * FAST <= 1
    if not (is_fast and settings.is_of_labels and settings.decay is None):
        return None
    if settings.early_stopping or not loss < MEMORISED * constant < np.inf:
        return None
    if too_fast(data, run) is not None:  # which has the same cure
        return None
    return Fault(
        "made steps that were too large",
        f"with learning_rate_init={data.learning_rate:g} the labels were memorised (a training "
        f"loss of {loss:.2g}, a constant has {constant:.3g}), and the probabilities of new samples "
        f"may be too certain. {data.suitable_rate:.2g} suits the data: lower it, or set it to "
        "'auto'.",
    )


def too_slow(data, run):
    """Report that the steps were too small: the loss was still falling, or the product of epochs
    and rate was tiny.
    """
    settings, n_iter = data.settings, run.progress.n_iter
    if not settings.ends_at_zero or data.stream is not None or _is_no_better(run):
        return None
    usual = epochs_to_zero(settings, data.shape, data.batch_size)
    way = n_iter / usual / data.slowness
    losses = run.progress.history["data_loss"][: int(FLAT * n_iter)]
    if n_iter < usual or way > SHORT or (way > TINY and not has_fallen(losses)):
        return None
    return Fault(
        "made steps that were too small",
        f"{n_iter} epochs with learning_rate_init={data.learning_rate:g} learn less than {usual} "
        f"with {data.suitable_rate:.2g}, which suits the data. Increase it, or set it to 'auto'.",
    )


FAULTS = (
    not_converged,
    not_revised,
    no_better,
    no_better_on_validation,
    too_fast,
    too_fast_for_alpha,
    too_slow,
)
FAULTS_OF_WARM_START = [fault for fault in FAULTS if fault is not not_revised]
