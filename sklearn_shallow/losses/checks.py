"""Checks of custom losses and of the parameters of losses."""

from itertools import pairwise
from numbers import Real

import numpy as np

from sklearn_shallow.losses.base import defines
from sklearn_shallow.losses.links import link_of

STANDARDIZATIONS = {  # permitted scalings of the target, by link
    "identity": (None, "mean", "median", "size"),
    "ordered": (None, "mean", "median", "size"),
    "log": (None, "size"),
    "logit": (None,),
}
NOISES = ("residual", "unit", "temperature", None)
PACKAGE = f"{__name__.partition('.')[0]}."
STEP, TOLERANCE = 1e-6, 1e-3  # numerical derivatives: step of raw, relative tolerance


def check_quantile(quantile):
    """Return the quantiles as a list."""
    levels = [quantile] if isinstance(quantile, Real) else quantile
    fits = isinstance(levels, (tuple, list, np.ndarray)) and len(levels) > 0
    fits = fits and all(isinstance(level, Real) and 0 < level < 1 for level in levels)
    if fits and all(low < high for low, high in pairwise(levels)):
        return [float(level) for level in levels]
    raise ValueError(
        f"quantile={quantile!r} must be a number between 0 and 1, or an increasing sequence of "
        "such numbers, for example [0.05, 0.5, 0.95]."
    )


def check_loss(loss):
    """Return a loss object, after a check of its attributes."""
    link = getattr(loss.link, "name", loss.link)
    scalings = STANDARDIZATIONS.get(link, ())
    for name, fits, wanted in (
        ("link", link in STANDARDIZATIONS, "one of ['identity', 'log', 'logit']"),
        ("domain", is_interval(loss.domain), "a lower and an upper end, or a Domain"),
        (
            "standardization",
            loss.standardization in scalings,
            f"one of {scalings} with link={link!r}",
        ),
        ("noise", loss.noise in NOISES, f"one of {NOISES}"),
        ("is_smooth", loss.is_smooth or defines(loss, "smoothed"), "True without 'smoothed'"),
    ):
        if not fits:
            raise ValueError(
                f"loss={loss!r} has {name}={getattr(loss, name)!r}; it must be {wanted}."
            )
    return loss


def is_interval(domain):
    """Return whether a domain is ``(low, high)`` with low < high, or a `Domain`."""
    return isinstance(domain, (tuple, list)) and len(domain) in (2, 3) and domain[0] < domain[1]


def check_methods(loss, n_outputs):
    """Check on a few rows the shapes and the gradient that the methods of a custom loss return.

    Raises
    ------
    ValueError
        If an array has another shape, or the gradient is not that of the terms.
    """
    if type(loss).__module__.startswith(PACKAGE):  # losses of this package are tested
        return
    Y, raw = _few_rows(loss, n_outputs)
    terms, gradient = loss.terms(Y, raw), raw.copy()
    returned = loss.gradient(Y, raw, out=gradient)
    one_per_row = np.shape(terms) == (len(Y), 1)
    _check_shape(loss, "terms", terms, (len(Y), 1) if one_per_row else Y.shape)
    _check_shape(loss, "gradient", returned, Y.shape)
    if not np.array_equal(returned, gradient, equal_nan=True):
        raise ValueError(f"loss={loss!r}: its method 'gradient' must write into `out`.")
    curvature = loss.curvature(Y, raw) if loss.has_curvature else None
    if curvature is not None:
        _check_shape(loss, "curvature", curvature, Y.shape)
    if not loss.is_smooth:
        return
    direction = np.cos(np.arange(raw.size)).reshape(raw.shape)
    ends = (loss.terms(Y, raw + step * direction).sum(axis=1) for step in (STEP, -STEP))
    numerical = np.subtract(*ends) / (2 * STEP)
    found = (gradient * direction).sum(axis=1)
    if not np.allclose(found, numerical, rtol=TOLERANCE, atol=TOLERANCE * np.abs(numerical).max()):
        raise ValueError(
            f"loss={loss!r}: its method 'gradient' does not return the gradient of 'terms': at "
            f"Y={Y[0].tolist()} and raw={raw[0].tolist()} the derivative in the direction "
            f"{direction[0].tolist()} is {numerical[0]:.6g}, and not {found[0]:.6g}."
        )


def _few_rows(loss, n_outputs):
    """Return three rows of Y within the domain, and of raw."""
    places = np.resize([0.31, 0.62, 0.17, 0.83], (3, n_outputs))
    raw = 2 * places[::-1] - 0.7
    if link_of(loss).name == "softmax":
        return np.eye(n_outputs)[np.arange(3) % n_outputs], raw
    low, high = loss.domain[:2]
    low = low if np.isfinite(low) else min(-2.0, high - 4)
    high = high if np.isfinite(high) else low + 4
    Y = low + (high - low) * places
    return Y, Y + raw if link_of(loss).name == "identity" else raw


def _check_shape(loss, method, array, shape):
    if np.shape(array) != shape:
        raise ValueError(
            f"loss={loss!r}: its method {method!r} returned the shape {np.shape(array)} "
            f"where it must be {shape}."
        )


def check_separable(loss, Y):
    """Check that the loss of a row is a sum over the entries of Y, so that nan can be omitted."""
    if loss.terms(Y[:1], np.zeros_like(Y[:1])).shape[1] != Y.shape[1]:
        raise ValueError(
            f"loss={loss!r} has only one value per sample, and y has missing values (nan). "
            "Let its method 'terms' return the loss of every entry, or leave the samples with "
            "missing values out."
        )
