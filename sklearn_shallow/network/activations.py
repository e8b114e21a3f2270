"""Activations of the hidden layers: an elementwise function and its derivative.

Convention
----------
Z, A, dA : ndarray of shape (n_rows, n_units), all of one floating dtype and one memory order.
Z is the input of the activation, A its output, dA the gradient of the loss with respect to A.

A network calls two methods, which allocate nothing: ``forward(Z, out)`` writes A into ``out``,
``backward(dA, Z, A)`` turns dA into dZ. Both may use Z as scratch space, ``backward`` also A. With
``in_place``, Z and A share memory, so that the derivative must be a function of A.
"""

from functools import lru_cache

import numpy as np
from scipy.special import ndtr

from sklearn_shallow.utils.names import by_name
from sklearn_shallow.utils.numbers import check_number


class Activation:
    """An elementwise activation function together with its derivative.

    Pass an object of this class as ``activation``, or in a list with one entry per hidden layer,
    to train with a custom function.

    Parameters
    ----------
    function : callable
        Maps an array Z to an array of the same shape. A function defined at the top level of a
        module, or a NumPy ufunc, can be pickled; a lambda cannot.
    derivative : callable
        The derivative of `function`, evaluated at Z.
    init : {"he", "glorot", "lecun"}, default="glorot"
        The scale of the initial weights behind this activation.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_shallow import Activation, ShallowNetClassifier
    >>> sine = Activation(np.sin, np.cos)
    >>> ShallowNetClassifier(20, activation=sine, solver="lbfgs")
    ShallowNetClassifier(activation=Activation(sin, cos), hidden_layer_sizes=20,
                         solver='lbfgs')
    """

    in_place = False
    is_smooth = True  # whether the derivative is continuous
    ends_at_zero = False  # whether the activation is zero for z <= 0
    init = "glorot"
    gain = 1.0  # factor of the initial weights of `init` and of the default learning rate

    def __init__(self, function, derivative, *, init="glorot"):
        if init not in ("he", "glorot", "lecun"):
            raise ValueError(f"init={init!r} must be 'he', 'glorot' or 'lecun'.")
        self.function = function
        self.derivative = derivative
        self.init = init

    def __repr__(self):
        names = (getattr(f, "__name__", repr(f)) for f in (self.function, self.derivative))
        return f"Activation({', '.join(names)})"

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self):
        return hash((type(self), *vars(self).values()))

    def forward(self, Z, out):
        out[...] = self.function(Z)

    def backward(self, dA, Z, A):
        dA *= self.derivative(Z)


class _BuiltIn(Activation):
    """An activation given by `forward` and `backward`; its attributes are its parameters."""

    def __init__(self):
        pass

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(map(repr, vars(self).values()))})"

    def function(self, Z):
        """Return the activation of the floating-point array Z."""
        A = np.empty_like(Z)
        self.forward(Z.copy(), A)
        return A

    def derivative(self, Z):
        """Return the derivative of the activation at the floating-point array Z."""
        A, dA = self.function(Z), np.ones_like(Z)
        self.backward(dA, Z.copy(), A)
        return dA


ZERO = {char: np.zeros((), char) for char in "fd"}  # NumPy compares with a 0-d array faster
MAX_CACHED = 2**16  # entries up to which an array of zeros is cached: enough for a batch


@lru_cache(maxsize=8)
def _zeros(shape, dtype):
    return np.zeros(shape, dtype, order="F")


class Identity(_BuiltIn):
    """``z``; derivative ``1``."""

    in_place = True

    def forward(self, Z, out):
        np.copyto(out, Z)

    def backward(self, dA, Z, A):
        pass


class Logistic(_BuiltIn):
    """``1 / (1 + exp(-z))``; derivative ``A (1 - A)``."""

    in_place = True
    gain = 4.0  # one over the slope at zero; Bengio 2012, arXiv:1206.5533

    def forward(self, Z, out):
        # (1 + tanh(z / 2)) / 2: NumPy vectorises tanh, which cannot overflow.
        np.multiply(Z, 0.5, out=out)
        np.tanh(out, out=out)
        out *= 0.5
        out += 0.5

    def backward(self, dA, Z, A):
        dA *= A
        np.subtract(1, A, out=A)
        dA *= A


class Tanh(_BuiltIn):
    """``tanh(z)``; derivative ``1 - A**2``."""

    in_place = True

    def forward(self, Z, out):
        np.tanh(Z, out=out)

    def backward(self, dA, Z, A):
        A *= A
        np.subtract(1, A, out=A)
        dA *= A


class ReLU(_BuiltIn):
    """``max(0, z)``; derivative ``1`` if ``A > 0``, else ``0``."""

    init = "he"
    in_place = True
    is_smooth = False
    ends_at_zero = True

    def forward(self, Z, out):
        # NumPy does not vectorise the maximum with a scalar, which takes two to four times as long.
        shape = Z.shape if Z.size <= MAX_CACHED else Z[..., :1].shape
        np.maximum(Z, _zeros(shape, Z.dtype.char), out=out)

    def backward(self, dA, Z, A):
        np.greater(A, ZERO[A.dtype.char], out=A)
        dA *= A


class LeakyReLU(_BuiltIn):
    """``max(z, k z)``; derivative ``1`` if ``A > 0``, else ``k``.

    Parameters
    ----------
    negative_slope : float in [0, 1), default=0.01
        The derivative k for z <= 0.

    Examples
    --------
    >>> from sklearn_shallow import LeakyReLU, ShallowNetClassifier
    >>> ShallowNetClassifier(activation=LeakyReLU(0.2)).activation
    LeakyReLU(0.2)
    """

    init = "he"
    is_smooth = False

    def __init__(self, negative_slope=0.01):
        also = ", or activation='identity' for a slope of 1"
        check_number("negative_slope", negative_slope, low=0, high=1, closed="left", also=also)
        self.negative_slope = float(negative_slope)

    def forward(self, Z, out):
        np.multiply(Z, self.negative_slope, out=out)
        np.maximum(Z, out, out=out)

    def backward(self, dA, Z, A):
        np.greater(A, 0, out=A)
        A *= 1 - self.negative_slope
        A += self.negative_slope
        dA *= A


class ELU(_BuiltIn):
    """``z`` if ``z > 0``, else ``c (exp(z) - 1)``; derivative ``1`` if ``A > 0``, else ``A + c``.

    See Clevert et al. 2016, arXiv:1511.07289.

    Parameters
    ----------
    scale : float > 0, default=1.0
        The constant c, minus the limit for z to minus infinity.
    """

    init = "he"

    def __init__(self, scale=1.0):
        check_number("scale", scale, low=0, also=", or activation='relu'")
        self.scale = float(scale)

    def forward(self, Z, out):
        np.minimum(Z, 0, out=out)
        np.expm1(out, out=out)
        out *= self.scale
        np.maximum(Z, 0, out=Z)
        out += Z

    def backward(self, dA, Z, A):
        # Z serves as the mask.
        np.greater(A, 0, out=Z)
        np.minimum(A, 0, out=A)
        A += self.scale
        Z *= 1 - self.scale
        A += Z
        dA *= A


class Softplus(_BuiltIn):
    """``log(1 + exp(z))``; derivative ``1 - exp(-A)``."""

    init = "he"

    def forward(self, Z, out):
        np.abs(Z, out=out)
        np.negative(out, out=out)
        np.exp(out, out=out)
        np.log1p(out, out=out)
        np.maximum(Z, 0, out=Z)
        out += Z

    def backward(self, dA, Z, A):
        np.negative(A, out=A)
        np.expm1(A, out=A)
        np.negative(A, out=A)
        dA *= A


class SiLU(_BuiltIn):
    """``z s(z)``, s the logistic function; derivative ``1 - (1 - s(z)) (1 - A)``.

    Also called swish (Elfwing et al. 2018, arXiv:1702.03118).
    """

    init = "he"

    def forward(self, Z, out):
        Logistic.forward(self, Z, out)
        out *= Z

    def backward(self, dA, Z, A):
        # s + A (1 - s) = 1 - (1 - s) (1 - A)
        Logistic.forward(self, Z, Z)
        np.subtract(1, Z, out=Z)
        np.subtract(1, A, out=A)
        A *= Z
        np.subtract(1, A, out=A)
        dA *= A


class GELU(_BuiltIn):
    """``z Phi(z)``, Phi the normal distribution; derivative ``Phi(z) + z Phi'(z)``.

    See Hendrycks & Gimpel 2016, arXiv:1606.08415.
    """

    init = "he"

    def forward(self, Z, out):
        ndtr(Z, out=out)
        out *= Z

    def backward(self, dA, Z, A):
        # dA (Phi(z) + z phi(z)), term by term, since there are three buffers only
        ndtr(Z, out=A)
        A *= dA
        dA *= Z
        Z *= Z
        Z *= -0.5
        np.exp(Z, out=Z)
        Z *= 1 / np.sqrt(2 * np.pi)
        dA *= Z
        dA += A


ACTIVATIONS = {
    "identity": Identity(),
    "logistic": Logistic(),
    "sigmoid": Logistic(),
    "tanh": Tanh(),
    "relu": ReLU(),
    "leaky_relu": LeakyReLU(),
    "elu": ELU(),
    "softplus": Softplus(),
    "silu": SiLU(),
    "gelu": GELU(),
}


def name_of(activation):
    """Return the name of an activation, or its representation if it has none."""
    return next((name for name, own in ACTIVATIONS.items() if own == activation), repr(activation))


def get_activation(activation):
    """Return the `Activation` of a name; an `Activation` is returned unchanged."""
    also = ", an Activation(function, derivative), or a list with one of these per hidden layer"
    return by_name("activation", activation, ACTIVATIONS, Activation, also)


ActivationLike = str | Activation
