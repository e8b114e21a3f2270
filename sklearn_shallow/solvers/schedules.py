"""The learning rate over a fit, as a factor of ``learning_rate_init``.

Convention
----------
epoch : float, how many epochs have been done, with the fraction of the present one.
``factor(epoch)`` is asked before every step; ``epoch_ended(improved)`` says after every epoch
whether the criterion (training loss, or what is validated on) improved by the tolerance.
"""

import math

ADAPTIVE_END = 1e-3  # of the initial rate
FLAT = 0.75  # of the fit, before the rate of "flat_cosine" falls; fastai's default


class Schedule:
    """A constant rate; the base of all schedules.

    Parameters
    ----------
    max_iter : int
        Epochs of the fit.
    power_t : float
        Exponent of "invscaling".
    patience : int
        Epochs without improvement after which training ends.
    validates : bool
        Whether the criterion is measured on a validation set.

    Attributes
    ----------
    exhausted : bool
        Whether the rate has become too small to continue.
    waits : bool
        Whether `patience` is left to the schedule: training ends when it is exhausted.
    ends : bool
        Whether `max_iter` is where the schedule is meant to end.
    """

    exhausted = False
    waits = False
    ends = False

    def __init__(self, max_iter, power_t=0.5, patience=10, validates=False):
        self.max_iter = max_iter
        self.power_t = power_t
        self.patience = patience
        self.validates = validates

    def factor(self, epoch):
        return 1.0

    def epoch_ended(self, improved):
        pass


class InverseScaling(Schedule):
    """``1 / t**power_t`` in epoch t = 1, 2, ..."""

    def factor(self, epoch):
        return (math.floor(epoch) + 1) ** -self.power_t


class Adaptive(Schedule):
    """Divided by 5 whenever two epochs in a row fail to improve; training ends when it is small.

    As documented, and not followed, in scikit-learn.
    """

    waits = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._factor, self._n_bad = 1.0, 0

    @property
    def exhausted(self):
        return self._factor < ADAPTIVE_END

    def factor(self, epoch):
        return self._factor

    def epoch_ended(self, improved):
        self._n_bad = 0 if improved else self._n_bad + 1
        if self._n_bad >= 2:
            self._factor, self._n_bad = self._factor / 5, 0


class FlatCosine(Schedule):
    """Constant for three quarters of the fit, then down to 0 along half a cosine.

    As ``fit_flat_cos`` of fastai (Howard & Gugger 2020, arXiv:2002.04688). While the rate is
    constant the training loss wanders, so that want of improvement says nothing. On validation rows
    it ends the constant part, and the fit a third as many epochs later.
    """

    waits = True
    ends = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._end = self.max_iter
        self._n_done = self._n_bad = 0

    @property
    def exhausted(self):
        return self._n_done >= self._end

    def factor(self, epoch):
        done = min(1.0, epoch / self._end)
        return 1.0 if done <= FLAT else 0.5 + 0.5 * math.cos(math.pi * (done - FLAT) / (1 - FLAT))

    def epoch_ended(self, improved):
        self._n_done += 1
        self._n_bad = 0 if improved else self._n_bad + 1
        if self.validates and self._n_bad >= self.patience and self._end == self.max_iter:
            self._end = min(self.max_iter, math.ceil(self._n_done / FLAT))


class Custom(Schedule):
    """A function of the user's of the fraction of the fit that is done, from 0 to 1."""

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


def make_schedule(learning_rate, *, max_iter, power_t=0.5, patience=10, validates=False):
    """Return the schedule of that name, or one that follows the given function."""
    if callable(learning_rate):
        return Custom(learning_rate, max_iter)
    return SCHEDULES[learning_rate](max_iter, power_t, patience, validates)
