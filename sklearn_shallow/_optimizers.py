"""Update rules of the stochastic solvers.

Convention
----------
theta, gradient, and every state array : ndarray of shape (n_params,).
``start(theta)`` makes the state. ``update(theta, gradient, learning_rate)`` changes theta in place
and may use the gradient as scratch space. ``reach(part, learning_rate)`` is how far, per unit of a
constant gradient, the parameters in that slice would move in every step. ``axpy(x, y, a=c)`` of
BLAS is ``y += c x`` in one pass over memory, half of what NumPy needs for it.
"""

from math import sqrt

import numpy as np
from scipy.linalg.blas import daxpy, saxpy

__all__ = ["AXPY", "OPTIMIZERS", "SGD", "Adam", "AdamW", "Proximal"]

AXPY = {"f": saxpy, "d": daxpy}  # by dtype.char
RESCALE_STEPS = 64  # 0.9**-64 is 850: far from the limits of float32


class SGD:
    """Gradient descent with momentum, classical or Nesterov's.

    With ``momentum=0`` and one batch per epoch it is the gradient descent of the seed. Nesterov's
    form is that of Sutskever et al. 2013 (ICML), eq. 3 and 4, written for the point ahead.
    """

    def __init__(self, *, momentum=0.9, nesterov=True):
        self.momentum = momentum
        self.nesterov = nesterov

    def start(self, theta):
        self.velocity = np.zeros_like(theta)
        self._reach = 0.0  # of the velocity: it remembers earlier learning rates

    def update(self, theta, gradient, learning_rate):
        axpy = AXPY[theta.dtype.char]
        self._reach = self.momentum * self._reach + learning_rate
        self.velocity *= self.momentum
        axpy(gradient, self.velocity, a=-learning_rate)
        if self.nesterov:
            axpy(self.velocity, theta, a=self.momentum)
            axpy(gradient, theta, a=-learning_rate)
        else:
            theta += self.velocity

    def reach(self, part, learning_rate):
        return self.momentum * self._reach + learning_rate if self.nesterov else self._reach


class Adam:
    """Adam, Kingma & Ba 2015 (arXiv:1412.6980), algorithm 1.

    The moments are kept without their factors, ``mean = (1 - beta_1) beta_1**k M`` after k steps
    since the last rescaling and ``square`` likewise with S, so that each takes one pass to update.
    """

    def __init__(self, *, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def start(self, theta):
        self.n_steps = 0
        self._n_since = 0
        self.M = np.zeros_like(theta)
        self.S = np.zeros_like(theta)
        self._shift = np.zeros((), theta.dtype)  # NumPy adds an array of no dimension faster

    def update(self, theta, gradient, learning_rate):
        axpy = AXPY[theta.dtype.char]
        self.n_steps += 1
        self._n_since += 1
        decay_1, decay_2 = self.beta_1**self._n_since, self.beta_2**self._n_since
        axpy(gradient, self.M, a=1 / decay_1)
        np.multiply(gradient, gradient, out=gradient)
        axpy(gradient, self.S, a=1 / decay_2)
        # mean / c_1 / (sqrt(square / c_2) + epsilon), with the factors of mean and square drawn out
        factor_1 = decay_1 * (1 - self.beta_1) / (1 - self.beta_1**self.n_steps)
        factor_2 = sqrt(decay_2 * (1 - self.beta_2) / (1 - self.beta_2**self.n_steps))
        self._shift[...] = self.epsilon / factor_2
        np.sqrt(self.S, out=gradient)
        np.add(gradient, self._shift, out=gradient)
        np.divide(self.M, gradient, out=gradient)
        axpy(gradient, theta, a=-learning_rate * factor_1 / factor_2)
        if self._n_since >= RESCALE_STEPS:
            self._rescale(decay_1, decay_2)

    def reach(self, part, learning_rate):
        correction = 1 - self.beta_2**self.n_steps
        square = self.beta_2**self._n_since * (1 - self.beta_2) / correction * self.S[part]
        return learning_rate / (np.sqrt(square) + self.epsilon)

    def _rescale(self, decay_1, decay_2):
        self.M *= decay_1
        self.S *= decay_2
        self._n_since = 0


class AdamW(Adam):
    """Adam with decoupled weight decay, Loshchilov & Hutter 2019 (arXiv:1711.05101), algorithm 2.

    The decay shrinks the weights by the learning rate times itself in every step, whatever the
    gradients were.
    """

    parts, rates = (), ()

    def decay(self, parts, rates):
        """Say which parts of theta decay, and how fast each of them; none does before."""
        self.parts, self.rates = parts, rates

    def update(self, theta, gradient, learning_rate):
        for part, rate in zip(self.parts, self.rates, strict=True):
            theta[part] *= 1 - learning_rate * rate
        super().update(theta, gradient, learning_rate)


class Proximal:
    """An update rule for an objective to which ``sum(l1 * abs(theta))`` is to be added.

    After every update, parameters are moved towards zero, and made zero if they pass it: the
    proximal step in the metric of the update rule (Yun, Lozano & Yang 2021, NeurIPS, algorithm 1).

    Parameters
    ----------
    optimizer : an update rule
    l1 : ndarray of shape (n_params,)
    parts : list of slice, where `l1` may be positive
    """

    def __init__(self, optimizer, l1, parts):
        self.optimizer = optimizer
        self.l1 = l1
        self.parts = parts

    def start(self, theta):
        self.optimizer.start(theta)

    def update(self, theta, gradient, learning_rate):
        self.optimizer.update(theta, gradient, learning_rate)
        for part in self.parts:
            threshold = self.l1[part] * self.optimizer.reach(part, learning_rate)
            theta[part] -= np.clip(theta[part], -threshold, threshold)


OPTIMIZERS = {"sgd": SGD, "adam": Adam, "adamw": AdamW}
