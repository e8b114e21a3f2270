"""Positions of the weights and biases in the parameter vector, and their initial values.

Convention
----------
units : layer sizes from the input to the output, ``(n_features, *hidden, n_outputs)``.
theta : ndarray of shape (n_params,), in the order W_0, b_0, W_1, b_1, ...
W[l] has shape (units[l], units[l + 1]), b[l] has shape (units[l + 1],).

Because b_l follows W_l, the two together are one matrix of shape (units[l] + 1, units[l + 1]),
the *affine* matrix of the layer: a column of ones behind its input makes the bias part of the
matrix product, forward and backward.
"""

from functools import lru_cache
from itertools import accumulate, pairwise

import numpy as np

from sklearn_shallow.utils.lazy import lazy

INITIALIZERS = {
    "he": lambda n_in, n_out: np.sqrt(2 / n_in),
    "glorot": lambda n_in, n_out: np.sqrt(2 / (n_in + n_out)),
    "lecun": lambda n_in, n_out: np.sqrt(1 / n_in),
}
"""Standard deviation of the initial weights of a layer: He et al. 2015 (arXiv:1502.01852), Glorot &
Bengio 2010 (AISTATS), LeCun et al. 1998 ("Efficient BackProp")."""
OUTPUT_PART = 0.3  # initial output weights, as a fraction of Glorot's standard deviation
BIAS_PART = 0.5  # first initial biases, as a fraction of the standard deviation of x W


class Parameters:
    """A parameter vector `flat` and its views, one per layer: the matrices `affine` and `W`, the
    vectors `b`, and `weights`, which are W as a vector, the penalised part. Nothing is copied.
    """

    def __init__(self, layout, flat):
        self.flat = flat
        self.affine = [flat[part].reshape(shape) for part, shape in layout.affine]
        self._layout = layout

    @lazy
    def W(self):
        """The weights of every layer."""
        return [affine[:-1] for affine in self.affine]

    @lazy
    def b(self):
        """The biases of every layer."""
        return [affine[-1] for affine in self.affine]

    @lazy
    def weights(self):
        """The weights of every layer as a vector."""
        return [self.flat[part] for part in self._layout.weights]


class Layout:
    """The shape of a network, given by its layer sizes."""

    def __init__(self, units):
        self.units = tuple(int(n) for n in units)
        sizes = [(n_in + 1) * n_out for n_in, n_out in pairwise(self.units)]
        self.layers = [slice(*ends) for ends in pairwise(accumulate(sizes, initial=0))]
        self.weights = [
            slice(part.start, part.stop - n_out)
            for part, n_out in zip(self.layers, self.units[1:], strict=True)
        ]
        shapes = ((n_in + 1, n_out) for n_in, n_out in pairwise(self.units))
        self.affine = [*zip(self.layers, shapes, strict=True)]  # (position, shape) per layer
        self.n_params = sum(sizes)

    def of_units(self, kept):
        """Return the layout with some of the units of every layer, and the positions of their
        parameters.

        Parameters
        ----------
        kept : list of ndarrays of int, the units of every layer, inputs and outputs included
        """
        places = [
            (part.start + np.append(above, n_in)[:, np.newaxis] * n_out + below).ravel()
            for part, (n_in, n_out), (above, below) in zip(
                self.layers, pairwise(self.units), pairwise(kept), strict=True
            )
        ]
        return Layout(map(len, kept)), np.concatenate(places)

    def unpack(self, theta):
        """Return the `Parameters` that view `theta`."""
        return Parameters(self, theta)

    def pack(self, W, b):
        """Return a new vector that holds the given weights and biases."""
        return np.concatenate([np.ravel(part) for pair in zip(W, b, strict=True) for part in pair])

    def initial(self, rng, activations, n_columns=None, *, has_gain=True):
        """Return random initial values of theta, in float64.

        The weights of a hidden layer are normal, with the standard deviation of the `init` of its
        activation; those of the output layer have a fraction of Glorot's, so that the initial
        network is nearly constant. The biases of the first hidden layer are normal, with a fraction
        of the standard deviation of the units' input on standardised features: with zero biases and
        few features, the kinks or steps of all units would be in one place. All other biases are
        zero. Without a hidden layer theta is zero.

        Parameters
        ----------
        n_columns : int or None
            If the inputs are principal component scores, their number of standardised columns.
        has_gain : bool
            Whether the standard deviation is multiplied by the gain of the activation; sparse text
            is learned better without.
        """
        theta = np.zeros(self.n_params)
        if not activations:
            return theta
        W, b = self.unpack(theta).W, self.unpack(theta).b
        shapes = pairwise((n_columns or self.units[0], *self.units[1:-1]))
        pairs = zip(activations, shapes, strict=True)
        scales = [
            INITIALIZERS[each.init](*shape) * (each.gain if has_gain else 1)
            for each, shape in pairs
        ]
        scales.append(OUTPUT_PART * INITIALIZERS["glorot"](*W[-1].shape))
        for part, scale in zip(W, scales, strict=True):
            part[...] = scale * rng.standard_normal(part.shape)
        spread = scales[0] * (n_columns or self.units[0]) ** 0.5
        b[0][...] = BIAS_PART * spread * rng.standard_normal(b[0].shape)
        return theta


@lru_cache(maxsize=32)
def layout_of(*units):
    """Return the layout of a network; one for all of these sizes, as it never changes."""
    return Layout(units)
