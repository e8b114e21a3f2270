"""Update rules of the stochastic solvers.

Convention
----------
theta, gradient, and every state array : ndarray of shape (n_params,).
``update(theta, gradient, learning_rate)`` changes theta in place and may use the gradient as
scratch space. ``start(theta)`` makes the state; an optimiser without state can be started anew.
"""

import numpy as np

__all__ = ["OPTIMIZERS", "SGD", "Adam"]


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

    def update(self, theta, gradient, learning_rate):
        gradient *= -learning_rate
        self.velocity *= self.momentum
        self.velocity += gradient
        if self.nesterov:
            theta += gradient
            np.multiply(self.velocity, self.momentum, out=gradient)
            theta += gradient
        else:
            theta += self.velocity


class Adam:
    """Adam, Kingma & Ba 2015 (arXiv:1412.6980), algorithm 1."""

    def __init__(self, *, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def start(self, theta):
        self.n_steps = 0
        self.mean = np.zeros_like(theta)
        self.square = np.zeros_like(theta)
        self._scratch = np.empty_like(theta)

    def update(self, theta, gradient, learning_rate):
        self.n_steps += 1
        scratch = self._scratch
        self.mean *= self.beta_1
        np.multiply(gradient, 1 - self.beta_1, out=scratch)
        self.mean += scratch
        gradient *= gradient
        gradient *= 1 - self.beta_2
        self.square *= self.beta_2
        self.square += gradient
        # theta -= rate * (mean / c1) / (sqrt(square / c2) + epsilon)
        correction_1 = 1 - self.beta_1**self.n_steps
        correction_2 = np.sqrt(1 - self.beta_2**self.n_steps)
        np.sqrt(self.square, out=scratch)
        scratch += self.epsilon * correction_2
        np.divide(self.mean, scratch, out=scratch)
        scratch *= learning_rate * correction_2 / correction_1
        theta -= scratch


OPTIMIZERS = {"sgd": SGD, "adam": Adam}
