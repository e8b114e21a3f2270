"""Numerical derivatives for the tests, and the check that uses them."""

import numpy as np


def directional_derivative(function, point, direction, step=1e-3):
    """Five-point rule, exact for polynomials up to degree 4."""
    f = [function(point + k * step * direction) for k in (-2, -1, 1, 2)]
    return (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * step)


def check_gradient(function, gradient, point, rng, rtol=1e-6):
    """Compare the gradient with the derivative along a direction that has no small component."""
    direction = rng.choice([-1.0, 1.0], size=point.shape) * rng.uniform(0.5, 1.5, point.shape)
    expected = directional_derivative(function, point, direction, step=1e-4)
    found = np.vdot(gradient, direction)
    scale = np.abs(gradient * direction).sum()
    if not abs(found - expected) <= rtol * scale:
        raise AssertionError(f"gradient along the direction is {found}, numerically {expected}")


def numerical_jacobian(function, theta, step=1e-5):
    steps = step * np.eye(len(theta))
    return np.array([(function(theta + s) - function(theta - s)) / (2 * step) for s in steps])
