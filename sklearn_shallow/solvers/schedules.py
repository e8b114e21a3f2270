"""The learning rate over a fit, as a factor of ``learning_rate_init``.

Convention
----------
epoch : float, the number of epochs done, including the fraction of the present one.
``factor(epoch)`` is called before every step, ``epoch_ended`` after every epoch. `improved` is
whether the criterion (training loss or validation score) has improved by the tolerance,
`has_learnt` whether the training loss is negligible, `losses` are the training losses so far.
"""

import math
from dataclasses import dataclass

MIN_ADAPTIVE_FACTOR = 1e-3  # "adaptive" ends the fit below this fraction of the initial rate
MIN_GAIN = 0.03  # relative decrease of the loss for which "flat_cosine" doubles the epochs
SETTLED = 0.1  # fraction of the initial rate below which the parameters hardly change
FLAT = 0.75  # fraction of the fit with a constant rate in "flat_cosine"; fastai's default


@dataclass(eq=False)
class Schedule:
    """A constant rate; base class of the schedules.

    Parameters
    ----------
    max_iter : int
        Maximum number of epochs.
    power_t : float
        Exponent of "invscaling".
    patience : int
        Epochs without improvement after which training ends.
    validates : bool
        Whether the criterion is measured on a validation set.
    n_sought : int or None
        Epochs in which the decay is searched; None is all.
    extends : bool
        Whether the fit may last longer than `n_sought` epochs while the loss decreases.

    Attributes
    ----------
    exhausted : bool
        Whether the rate has become too small to continue.
    waits : bool
        Whether the schedule ends the fit when it is exhausted, in place of `patience`.
    ends : bool
        Whether the rate is zero at the end of the fit.
    """

    exhausted = False
    waits = False
    ends = False

    max_iter: int
    power_t: float = 0.5
    patience: int = 10
    validates: bool = False
    n_sought: int | None = None
    extends: bool = False

    def __post_init__(self):
        self.n_sought = self.max_iter if self.n_sought is None else self.n_sought

    def factor(self, epoch):
        """Return the rate as a factor of the initial one."""
        return 1.0

    def settles(self, epoch):
        """Return whether a rate that ends at zero falls below `SETTLED` in the next epoch."""
        return self.ends and self.factor(epoch) > SETTLED >= self.factor(epoch + 1)

    def epoch_ended(self, improved, has_learnt=False, losses=()):
        """Take note of the results of an epoch."""


class InverseScaling(Schedule):
    """``1 / t**power_t`` in epoch t = 1, 2, ..."""

    def factor(self, epoch):
        return (math.floor(epoch) + 1) ** -self.power_t


class Adaptive(Schedule):
    """Divided by 5 after two epochs in a row without improvement; training ends when it is small.

    As scikit-learn documents it; MLPClassifier differs.
    """

    waits = True

    _factor, _n_bad = 1.0, 0

    @property
    def exhausted(self):
        return self._factor < MIN_ADAPTIVE_FACTOR

    def factor(self, epoch):
        return self._factor

    def epoch_ended(self, improved, has_learnt=False, losses=()):
        self._n_bad = 0 if improved else self._n_bad + 1
        if has_learnt:
            self._factor = 0.0
        elif self._n_bad >= 2:
            self._factor, self._n_bad = self._factor / 5, 0


class FlatCosine(Schedule):
    """Constant for three quarters of the fit, then down to 0 along half a cosine.

    As ``fit_flat_cos`` of fastai (Howard & Gugger 2020, arXiv:2002.04688).

    - `patience` epochs without an improvement on the validation set end the constant part, and a
      negligible training loss does so too; the fit ends a third as many epochs later. Without a
      validation set there is no patience, since the training loss fluctuates at a constant rate.
    - If `extends`, the number of epochs doubles as long as the loss decreases in the last third of
      the constant part.
    """

    waits = True
    ends = True

    _n_done, _n_bad, _is_flat = 0, 0, True

    def __post_init__(self):
        super().__post_init__()
        self._end = self.max_iter if self.validates else self.n_sought

    @property
    def exhausted(self):
        return self._n_done >= self._end

    def factor(self, epoch):
        done = min(1.0, epoch / self._end)
        return 1.0 if done <= FLAT else 0.5 + 0.5 * math.cos(math.pi * (done - FLAT) / (1 - FLAT))

    def epoch_ended(self, improved, has_learnt=False, losses=()):
        self._n_done += 1
        self._n_bad = 0 if improved else self._n_bad + 1
        if not self._is_flat:
            return
        if has_learnt or (self.validates and self._n_bad >= self.patience):
            self.end_flat()
        elif self._n_done >= int(FLAT * self._end):
            self._is_flat = self.extends and self._end < self.max_iter and has_fallen(losses)
            if self._is_flat:
                self._end = self.n_sought = min(self.max_iter, 2 * self._end)

    def end_flat(self):
        """End the constant part of the schedule."""
        self._end, self._is_flat = min(self._end, math.ceil(self._n_done / FLAT)), False
        self.n_sought = min(self.n_sought, self._end)


def has_fallen(losses):
    """Return whether the loss has decreased in the last third of the epochs."""
    last = losses[2 * len(losses) // 3 :]
    n = max(1, len(last) // 3)
    before, after = math.fsum(last[:n]) / n, math.fsum(last[-n:]) / n
    return before - after > MIN_GAIN * abs(before)


class Custom(Schedule):
    """A user's function of the finished fraction of the fit, from 0 to 1."""

    def __init__(self, function, max_iter):
        super().__init__(max_iter)
        self.function = function

    def factor(self, epoch):
        return float(self.function(min(1.0, epoch / self.max_iter)))


SCHEDULES = {
    "constant": Schedule,
    "invscaling": InverseScaling,
    "adaptive": Adaptive,
    "flat_cosine": FlatCosine,
}


def make_schedule(learning_rate, *, max_iter, **options):
    """Return the schedule of a name, or that of a function."""
    if callable(learning_rate):
        return Custom(learning_rate, max_iter)
    return SCHEDULES[learning_rate](max_iter, **options)
