"""What the parameters that are "auto" stand for.

One rule for all data: Adam on batches, at a constant rate and then down to zero, while the evidence
finds the weight decay. What hangs on the data:

- a batch has an eighth of the rows, within bounds;
- the epochs are 64, and more where rows are so few that they would make too few updates, of which
  half are enough where the columns are more than the rows;
- the rate falls with the length of the rows: of standardised columns, with the root of their
  number, as the initial weights do. With a higher one the weights of many columns wander, and their
  squares no longer tell what decay there should be;
- the noise sets the decay.

`benchmarks/defaults.py` compares the rule with other settings and other models.

Convention
----------
net : the estimator; `choose` sets its attributes ``solver_``, ``learning_rate_``,
``learning_rate_init_``, ``early_stopping_`` and ``_decay``, what is read in place of `alpha`
"""

import numpy as np
from scipy import sparse

from sklearn_shallow.estimators.checks import FINDING, FULL_BATCH, finds_decay
from sklearn_shallow.inputs.sample_weights import scaled
from sklearn_shallow.solvers.schedules import SCHEDULES, make_schedule

__all__ = [
    "CHOSEN",
    "batch_rows",
    "choose",
    "choose_for_a_pass",
    "iterations",
    "schedule",
    "search_epochs",
]

CHOSEN = ("solver_", "learning_rate_", "learning_rate_init_", "early_stopping_", "_decay")

ALPHA = 1.0  # where it is not found on the data
HIGHEST_RATE = 0.02  # of adam and adamw, where it ends at zero
HIGHEST_RATE_OF_SPARSE = 0.04  # most weights act on few rows of a batch
RATE_OF_WEIGHTS = 0.08  # over the length of the rows; of He's initial weights it is 1.4
RATE = 0.003  # where it may not end at zero
PART, FEWEST, MOST = 8, 32, 256  # rows of a batch: a part of all, and its bounds
EPOCHS = 64
SEARCH_PART = 0.5  # of them, along which the decay is sought with early stopping
FEWEST_UPDATES, MOST_UPDATES = 768, 50_000
FEWEST_OF_WIDE = 384  # where the columns are more than the rows, which are soon learnt by heart
PATIENT_EPOCHS = 200  # where it is patience that ends a fit
FULL_BATCH_ITERATIONS = 200
TINY = 1e-100  # in place of the length of rows of zeros


def choose(net, rate, *, validates):
    """Set what the parameters of the estimator stand for in a fit.

    Parameters
    ----------
    rate : float
        The learning rate that suits X where it ends at zero, see `rate_of`.
    validates : bool
        Whether rows to validate on were passed.
    """
    net.early_stopping_ = _given(net.early_stopping, validates)
    net.solver_ = _given(net.solver, "lbfgs" if _is(net.alpha, "ard") else "adam")
    finds = net.solver_ in FINDING["evidence"]
    net._decay = _given(net.alpha, "evidence" if finds else ALPHA)
    net.learning_rate_ = _given(net.learning_rate, "flat_cosine")
    if net.solver_ == "sgd" or not _ends_at_zero(net.learning_rate_):
        rate = RATE
    net.learning_rate_init_ = _given(net.learning_rate_init, rate)


def rate_of(net, X, weight):
    """Return the learning rate that suits the length of the rows as the network will see them.

    Standardised rows have a mean squared length as large as their number of columns. Sparse rows
    may be far shorter than that.

    Parameters
    ----------
    weight : ndarray of shape (n_rows,), or None
    """
    standardize = net.standardize
    if not sparse.issparse(X) or (standardize and not _is(standardize, "auto")):
        return min(HIGHEST_RATE, RATE_OF_WEIGHTS / X.shape[1] ** 0.5)
    length = 1.0  # see `CommonScale`
    if not standardize:
        squares = np.ravel(X.multiply(X).sum(axis=1, dtype=np.float64))
        length = max(np.average(squares, weights=scaled(weight)), TINY) ** 0.5
    return min(HIGHEST_RATE_OF_SPARSE, RATE_OF_WEIGHTS / length)


def choose_for_a_pass(net):
    """Set what the parameters stand for in `partial_fit`, which sees a part of the rows.

    The decay that a fit has found goes on to count.
    """
    last = getattr(net._nets[0], "alpha_", None)
    net.early_stopping_ = False
    net.solver_ = _given(net.solver, "adam")
    net._decay = net.alpha
    if finds_decay(net.alpha) or _is(net.alpha, "auto"):
        net._decay = ALPHA if last is None else last
    net.learning_rate_ = _given(net.learning_rate, "constant")
    net.learning_rate_init_ = _given(net.learning_rate_init, RATE)


def batch_rows(net, n_rows):
    """Return the rows per batch: all, for a full-batch solver."""
    if net.batch_size == "full" or net.solver_ in FULL_BATCH:
        return n_rows
    return min(n_rows, int(_given(net.batch_size, min(MOST, max(FEWEST, n_rows // PART)))))


def iterations(net, n_rows, batch_size):
    """Return the most epochs, or iterations of a full-batch solver."""
    if net.solver_ in FULL_BATCH:
        return _given(net.max_iter, FULL_BATCH_ITERATIONS)
    if not _ends_at_zero(net.learning_rate_):
        return _given(net.max_iter, PATIENT_EPOCHS)
    return _given(net.max_iter, _epochs(net, n_rows, batch_size))


def search_epochs(net, max_iter, n_rows, batch_size):
    """Return along how many epochs the decay is sought: fewer where patience may end the fit."""
    if not net.early_stopping_:
        return max_iter
    return min(max_iter, max(1, int(SEARCH_PART * _epochs(net, n_rows, batch_size))))


def _epochs(net, n_rows, batch_size):
    """Return the epochs of a fit whose rate ends at zero."""
    updates_per_epoch = -(-n_rows // batch_size)
    fewest = FEWEST_OF_WIDE if net.n_features_in_ > n_rows else FEWEST_UPDATES
    fewest, most = (-(-n // updates_per_epoch) for n in (fewest, MOST_UPDATES))
    return min(most, max(fewest, EPOCHS))


def schedule(net, max_iter):
    """Return the schedule of the learning rate."""
    return make_schedule(
        net.learning_rate_,
        max_iter=max_iter,
        power_t=net.power_t,
        patience=net.n_iter_no_change,
        validates=net.early_stopping_,
    )


def _ends_at_zero(learning_rate):
    return isinstance(learning_rate, str) and SCHEDULES[learning_rate].ends


def _given(value, otherwise):
    return otherwise if _is(value, "auto") else value


def _is(value, name):
    return isinstance(value, str) and value == name
