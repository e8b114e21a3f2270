"""Update rules of the stochastic solvers.

Convention
----------
theta, gradient, and every state array : ndarray of shape (n_params,).
``start(theta)`` makes the state. ``update(theta, gradient, learning_rate)`` changes theta in place
and may use the gradient as scratch space. ``reach(part, learning_rate)`` is how far, per unit of a
constant gradient, the parameters in that slice would move in every step.
"""

from math import sqrt

import numpy as np

from sklearn_shallow.utils.blas import AXPY, SCAL

__all__ = ["OPTIMIZERS", "SGD", "Adam", "AdamW", "Proximal", "UpdateRule"]

CLEARED_EVERY = 16  # steps
NEGLIGIBLE = {"f": 1e-12, "d": 1e-100}  # parameters; the squares of what they cause are normal
MUCH_LESS = 1e-8  # times as much: what changes nothing but the last digits of single precision


class UpdateRule:
    """What the update rules have in common; a subclass says what a `step` is, and its `state`.

    Now and then what is negligible becomes zero: weights that decay and that no sample needs, and
    moments of gradients that are zero. They would shrink until they are subnormal, and stay so,
    since the least of these numbers, multiplied by 0.9, are rounded to themselves; many processors
    take 10 to 100 times as long for a product with one. A parameter at zero moves as any other.
    """

    def start(self, theta):
        self.n_steps = 0

    def update(self, theta, gradient, learning_rate):
        self.n_steps += 1
        self.step(theta, gradient, learning_rate)
        if self.n_steps % CLEARED_EVERY == 0:
            least = NEGLIGIBLE[theta.dtype.char]
            for array, bound in [(theta, least), *self.state(least)]:
                np.abs(array, out=gradient)
                array[gradient < bound] = 0


class SGD(UpdateRule):
    """Gradient descent with momentum, classical or Nesterov's.

    With ``momentum=0`` and one batch per epoch it is the gradient descent of the seed. Nesterov's
    form is that of Sutskever et al. 2013 (ICML), eq. 3 and 4, written for the point ahead.
    """

    def __init__(self, *, momentum=0.9, nesterov=True):
        self.momentum = momentum
        self.nesterov = nesterov

    def start(self, theta):
        super().start(theta)
        self.velocity = np.zeros_like(theta)
        self._reach = 0.0  # of the velocity: it remembers earlier learning rates

    def step(self, theta, gradient, learning_rate):
        axpy = AXPY[theta.dtype.char]
        self._reach = self.momentum * self._reach + learning_rate
        SCAL[theta.dtype.char](self.momentum, self.velocity)
        axpy(gradient, self.velocity, a=-learning_rate)
        if self.nesterov:
            axpy(self.velocity, theta, a=self.momentum)
            axpy(gradient, theta, a=-learning_rate)
        else:
            theta += self.velocity

    def state(self, least):
        """Return the arrays of the state, each with what is negligible in it."""
        return [(self.velocity, MUCH_LESS * least)]

    def reach(self, part, learning_rate):
        return self.momentum * self._reach + learning_rate if self.nesterov else self._reach


class Adam(UpdateRule):
    """Adam, Kingma & Ba 2015 (arXiv:1412.6980), algorithm 1, with the moments M and S.

    `epsilon` counts as the root of the smallest normal number if it is less: smaller gradients have
    no squares to divide by.
    """

    def __init__(self, *, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def start(self, theta):
        super().start(theta)
        self.M = np.zeros_like(theta)
        self.S = np.zeros_like(theta)
        self._shift = np.zeros((), theta.dtype)  # NumPy adds an array of no dimension faster
        self._epsilon = max(self.epsilon, sqrt(np.finfo(theta.dtype).tiny))

    def step(self, theta, gradient, learning_rate):
        axpy, scal = AXPY[theta.dtype.char], SCAL[theta.dtype.char]
        scal(self.beta_1, self.M)
        axpy(gradient, self.M, a=1 - self.beta_1)
        np.multiply(gradient, gradient, out=gradient)
        scal(self.beta_2, self.S)
        axpy(gradient, self.S, a=1 - self.beta_2)
        # M / c_1 / (sqrt(S / c_2) + epsilon), with the corrections drawn out
        c_1, c_2 = self._corrections()
        self._shift[...] = self._epsilon * sqrt(c_2)
        np.sqrt(self.S, out=gradient)
        np.add(gradient, self._shift, out=gradient)
        np.divide(self.M, gradient, out=gradient)
        axpy(gradient, theta, a=-learning_rate * sqrt(c_2) / c_1)

    def state(self, least):
        """Return the arrays of the state, each with what is negligible in it."""
        c_1, c_2 = self._corrections()
        bound = MUCH_LESS * self._epsilon
        return [(self.M, MUCH_LESS * bound * c_1), (self.S, bound**2 * c_2)]

    def reach(self, part, learning_rate):
        _, c_2 = self._corrections()
        return learning_rate / (np.sqrt(self.S[part] / c_2) + self._epsilon)

    def _corrections(self):
        """Return the sums of the factors of all gradients in M and in S."""
        return 1 - self.beta_1**self.n_steps, 1 - self.beta_2**self.n_steps


class AdamW(Adam):
    """Adam with decoupled weight decay, Loshchilov & Hutter 2019 (arXiv:1711.05101), algorithm 2.

    The decay shrinks the weights by the learning rate times itself in every step, whatever the
    gradients were.
    """

    parts, rates = (), ()

    def decay(self, parts, rates):
        """Say which parts of theta decay, and how fast each of them; none does before."""
        self.parts, self.rates = parts, rates

    def step(self, theta, gradient, learning_rate):
        for part, rate in zip(self.parts, self.rates, strict=True):
            theta[part] *= 1 - learning_rate * rate
        super().step(theta, gradient, learning_rate)


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
