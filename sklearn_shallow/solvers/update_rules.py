"""Update rules of the stochastic solvers.

Convention
----------
theta, gradient, and every state array : ndarray of shape (n_params,)
"""

from copy import deepcopy
from dataclasses import dataclass, field
from math import sqrt
from typing import Any, ClassVar, Literal

import numpy as np

from sklearn_shallow.solvers.base import FRACTION, POSITIVE, Solver
from sklearn_shallow.utils.blas import AXPY, SCAL

STEPS_PER_CLEARING = 16  # negligible numbers are set to zero every 16 steps
# Absolute values of negligible parameters, per dtype; their squares must not be subnormal.
NEGLIGIBLE = {"f": 1e-12, "d": 1e-100}
NEGLIGIBLE_RATIO = 1e-8  # step over parameter below which single precision does not change
PRECISIONS = (None, "float32", "float64")


@dataclass(kw_only=True, repr=False)
class UpdateRule(Solver):
    """Base class of the solvers on batches of samples; a custom one defines the method `step`.

    Parameters
    ----------
    clip_norm : float > 0 or None, default=None
        Longer gradients are scaled down to this norm.
    dtype : {"float32", "float64"} or None, default=None
        Precision of the steps. None is single precision, unless X or y has numbers that are too
        large for it.
    max_time : float > 0 or None, default=None
        Seconds after which a fit ends, even if it has not converged.

    Notes
    -----
    Every 16 steps, negligible numbers become zero: weights that decay and that no sample needs, and
    moments of gradients that are zero. Otherwise they would shrink until they are subnormal, and
    many processors take 10 to 100 times as long for products with such numbers. A parameter that
    is zero is updated like any other.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_shallow import ShallowNetClassifier, UpdateRule
    >>> @dataclass
    ... class HeavyBall(UpdateRule):
    ...     momentum: float = 0.9
    ...
    ...     def start(self, theta):
    ...         super().start(theta)
    ...         self.velocity = np.zeros_like(theta)
    ...
    ...     def step(self, theta, gradient, learning_rate):
    ...         self.velocity *= self.momentum
    ...         self.velocity -= learning_rate * gradient
    ...         theta += self.velocity
    >>> X, y = load_iris(return_X_y=True)
    >>> net = ShallowNetClassifier(
    ...     5, solver=HeavyBall(clip_norm=1.0), learning_rate_init=0.05, random_state=0
    ... )
    >>> round(net.fit(X, y).score(X, y), 1)
    1.0
    """

    takes_batches: ClassVar[bool] = True
    makes_zeros: ClassVar[bool] = True

    clip_norm: float | None = field(default=None, metadata=POSITIVE)
    dtype: Literal["float32", "float64"] | None = None

    _l1 = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dtype not in PRECISIONS:
            raise ValueError(f"dtype={self.dtype!r} must be one of {PRECISIONS}.")

    def started(self, theta: np.ndarray) -> "UpdateRule":
        """Return a copy of this rule with the initial state; the rule itself is unchanged."""
        rule = deepcopy(self)
        rule.start(theta)
        return rule

    def start(self, theta: np.ndarray) -> None:
        """Set the initial state; a subclass with a state of its own extends this method."""
        self.n_steps = 0

    def shrink_by(self, objective):
        """Also minimise the l1 penalty of an objective.

        A proximal step follows every step: it moves the penalised parameters towards zero, and sets
        those that would change sign to zero; in the metric of the update rule (Yun, Lozano & Yang
        2021, NeurIPS, algorithm 1).
        """
        self._l1 = objective.l1

    def update(self, theta, gradient, learning_rate):
        """Take a step; every 16 steps, set negligible numbers to zero."""
        self.n_steps += 1
        self.step(theta, gradient, learning_rate)
        if self.n_steps % STEPS_PER_CLEARING == 0:
            least = NEGLIGIBLE[theta.dtype.char]
            for array, bound in [(theta, least), *self.state(least)]:
                np.abs(array, out=gradient)
                array[gradient < bound] = 0
        if self._l1 is not None:
            threshold = self._l1 * self.reach(learning_rate)
            theta -= np.clip(theta, -threshold, threshold)

    def step(self, theta: np.ndarray, gradient: np.ndarray, learning_rate: float) -> None:
        """Change theta in place; the gradient may be used as scratch space."""
        raise NotImplementedError(f"{type(self).__name__} has no method 'step'.")

    def state(self, least: float) -> list[tuple[np.ndarray, float]]:
        """Return the arrays of the state in which negligible numbers are set to zero, each with the
        bound below which they are, if those below `least` are negligible in theta."""
        return []

    def reach(self, learning_rate: float) -> Any:
        """Return the step length of the parameters per unit of a constant gradient."""
        return learning_rate


@dataclass(kw_only=True, repr=False)
class SGD(UpdateRule):
    """Gradient descent with momentum, classical or Nesterov's.

    With ``momentum=0`` and one batch per epoch it is plain gradient descent. Nesterov's form is
    that of Sutskever et al. 2013 (ICML), eq. 3 and 4, for parameters that include the next step
    of the momentum.

    The learning rate and its schedule are parameters of the estimator: `learning_rate_init` and
    `learning_rate`.

    Parameters
    ----------
    momentum : float in [0, 1), default=0.9
        Fraction of the last step that is repeated.
    nesterovs_momentum : bool, default=True
        Whether the gradient is taken at the point to which the momentum leads.
    clip_norm : float > 0 or None, default=None
        Longer gradients are scaled down to this norm.
    dtype : {"float32", "float64"} or None, default=None
        Precision of the steps. None is single precision, unless X or y has numbers that are too
        large for it.
    max_time : float > 0 or None, default=None
        Seconds after which a fit ends, even if it has not converged.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_shallow import SGD, ShallowNetClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> net = ShallowNetClassifier(
    ...     5, solver=SGD(momentum=0.5, clip_norm=1.0), learning_rate_init=0.1, random_state=0
    ... )
    >>> round(net.fit(X, y).score(X, y), 1)
    1.0
    """

    finds_decay: ClassVar[bool] = True

    momentum: float = field(default=0.9, metadata=FRACTION)
    nesterovs_momentum: bool = True

    def start(self, theta):
        super().start(theta)
        self.velocity = np.zeros_like(theta)
        self._reach = 0.0  # step length of the velocity, which depends on earlier learning rates

    def step(self, theta, gradient, learning_rate):
        axpy = AXPY[theta.dtype.char]
        self._reach = self.momentum * self._reach + learning_rate
        SCAL[theta.dtype.char](self.momentum, self.velocity)
        axpy(gradient, self.velocity, a=-learning_rate)
        if self.nesterovs_momentum:
            axpy(self.velocity, theta, a=self.momentum)
            axpy(gradient, theta, a=-learning_rate)
        else:
            theta += self.velocity

    def state(self, least):
        return [(self.velocity, NEGLIGIBLE_RATIO * least)]

    def reach(self, learning_rate):
        if not self.nesterovs_momentum:
            return self._reach
        return self.momentum * self._reach + learning_rate


@dataclass(kw_only=True, repr=False)
class Adam(UpdateRule):
    """Adam (Kingma & Ba 2015, arXiv:1412.6980), algorithm 1, with the moments M and S.

    The learning rate and its schedule are parameters of the estimator: `learning_rate_init` and
    `learning_rate`.

    Parameters
    ----------
    beta_1, beta_2 : float in [0, 1), default=0.9 and 0.95
        Decay rates of the means of the gradients and of their squares.
    epsilon : float > 0, default=1e-8
        Prevents a division by zero. The least value is the square root of the smallest normal
        number, since the squares of smaller gradients are zero.
    clip_norm : float > 0 or None, default=None
        Longer gradients are scaled down to this norm.
    dtype : {"float32", "float64"} or None, default=None
        Precision of the steps. None is single precision, unless X or y has numbers that are too
        large for it.
    max_time : float > 0 or None, default=None
        Seconds after which a fit ends, even if it has not converged.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_shallow import Adam, ShallowNetClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> net = ShallowNetClassifier(5, solver=Adam(clip_norm=1.0), random_state=0).fit(X, y)
    >>> round(net.score(X, y), 1)
    1.0
    """

    finds_decay: ClassVar[bool] = True
    adapts_steps: ClassVar[bool] = True

    beta_1: float = field(default=0.9, metadata=FRACTION)
    beta_2: float = field(default=0.95, metadata=FRACTION)
    epsilon: float = field(default=1e-8, metadata=POSITIVE)

    def start(self, theta):
        super().start(theta)
        self.M = np.zeros_like(theta)
        self.S = np.zeros_like(theta)
        self._shift = np.zeros((), theta.dtype)  # NumPy adds a 0-d array faster than a float
        self._epsilon = max(self.epsilon, sqrt(np.finfo(theta.dtype).tiny))

    def step(self, theta, gradient, learning_rate):
        axpy, scal = AXPY[theta.dtype.char], SCAL[theta.dtype.char]
        scal(self.beta_1, self.M)
        axpy(gradient, self.M, a=1 - self.beta_1)
        np.multiply(gradient, gradient, out=gradient)
        scal(self.beta_2, self.S)
        axpy(gradient, self.S, a=1 - self.beta_2)
        # M / c_1 / (sqrt(S / c_2) + epsilon), with the bias corrections c_1, c_2 factored out
        c_1, c_2 = self._corrections()
        root = sqrt(c_2)
        self._shift[...] = self._epsilon * root
        np.sqrt(self.S, out=gradient)
        np.add(gradient, self._shift, out=gradient)
        np.divide(self.M, gradient, out=gradient)
        axpy(gradient, theta, a=-learning_rate * root / c_1)

    def state(self, least):
        c_1, c_2 = self._corrections()
        bound = NEGLIGIBLE_RATIO * self._epsilon
        return [(self.M, NEGLIGIBLE_RATIO * bound * c_1), (self.S, bound**2 * c_2)]

    def reach(self, learning_rate):
        _, c_2 = self._corrections()
        return learning_rate / (np.sqrt(self.S / c_2) + self._epsilon)

    def _corrections(self):
        """Return the bias corrections of M and S: the sums of the weights of their gradients."""
        return 1 - self.beta_1**self.n_steps, 1 - self.beta_2**self.n_steps
