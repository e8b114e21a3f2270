import mpmath
import numpy as np
import pytest
from numerical import check_gradient

from sklearn_shallow._losses import LINKS, LOSSES

PAIRS = [(loss, link) for loss, links in LOSSES.items() for link in links]
N_OUTPUTS = {"identity": 2, "logistic": 2, "softmax": 4}


def targets(link, n_rows, rng, dtype=np.float64):
    """Encoded targets as the shell makes them: zeros and ones, one 1 per row for softmax."""
    k = N_OUTPUTS[link]
    if link == "softmax":
        return np.eye(k, dtype=dtype)[rng.integers(k, size=n_rows)]
    return rng.integers(2, size=(n_rows, k)).astype(dtype)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(("loss", "link"), PAIRS)
def test_gradient_is_that_of_the_value(loss, link, order):
    rng = np.random.default_rng(0)
    pair = LOSSES[loss][link]
    for scale in (0.1, 1.0, 5.0):
        Y = targets(link, 20, rng)
        raw = np.asarray(scale * rng.standard_normal(Y.shape), order=order)
        gradient = pair.gradient(Y, raw, out=np.empty_like(raw))
        check_gradient(lambda r, Y=Y: pair.value(Y, r).sum(), gradient, raw, rng)


@pytest.mark.parametrize(("loss", "link"), PAIRS)
def test_gradient_may_overwrite_raw(loss, link):
    rng = np.random.default_rng(1)
    pair, Y = LOSSES[loss][link], targets(link, 9, rng)
    raw = rng.standard_normal(Y.shape)
    expected = pair.gradient(Y, raw, out=np.empty_like(raw))
    np.testing.assert_array_equal(pair.gradient(Y, raw, out=raw), expected)


@pytest.mark.parametrize(("loss", "link"), PAIRS)
def test_nothing_overflows_or_saturates_in_float32(loss, link):
    pair, k = LOSSES[loss][link], N_OUTPUTS[link]
    corners = np.array(np.meshgrid(*[[-1e4, 0.0, 1e4]] * k)).reshape(k, -1).T.astype(np.float32)
    for Y in np.eye(k, dtype=np.float32)[:, np.newaxis]:
        Y = np.repeat(Y, len(corners), axis=0)
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            value = pair.value(Y, corners)
            gradient = pair.gradient(Y, corners, out=np.empty_like(corners))
        exact = pair.value(Y.astype(float), corners.astype(float))
        np.testing.assert_allclose(value, exact, rtol=1e-6)
        exact = pair.gradient(Y.astype(float), corners.astype(float), out=np.empty(corners.shape))
        np.testing.assert_allclose(gradient, exact, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_binomial_log_loss_against_mpmath(dtype):
    raw = np.array([-1e4, -700, -30, -1, -1e-3, 0, 1e-3, 1, 30, 700, 1e4], dtype)[:, np.newaxis]
    pair = LOSSES["log_loss"]["logistic"]
    for y in (0, 1):
        with mpmath.workdps(40):
            sign = 1 - 2 * y
            exact = [
                float(mpmath.log1p(mpmath.exp(sign * mpmath.mpf(float(r))))) for r in raw[:, 0]
            ]
        found = pair.value(np.full_like(raw, y), raw)
        np.testing.assert_allclose(found, exact, rtol=4 * np.finfo(dtype).eps, atol=1e-44)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_against_mpmath(dtype):
    """The small ones to relative accuracy: they are what a logarithm looks at."""
    raw = np.array([[-80.0, 0.5, 3], [20, -20, 0], [1e4, 0, -1e4], [1e-3, 0, -1e-3]], dtype)
    with mpmath.workdps(40):
        exps = [[mpmath.exp(mpmath.mpf(float(r))) for r in row] for row in raw]
        softmax = [[float(e / sum(row)) for e in row] for row in exps]
        log_softmax = [[float(mpmath.log(e / sum(row))) for e in row] for row in exps]
        logistic = [[float(e / (1 + e)) for e in row] for row in exps]
        log_logistic = [[float(mpmath.log(e / (1 + e))) for e in row] for row in exps]
    eps, tiny = np.finfo(dtype).eps, np.finfo(dtype).smallest_normal
    for name, mean, log_mean in [
        ("softmax", softmax, log_softmax),
        ("logistic", logistic, log_logistic),
    ]:
        link = LINKS[name]
        found = link.mean(raw, out=np.empty_like(raw))
        np.testing.assert_allclose(found, mean, rtol=200 * eps, atol=tiny)
        np.testing.assert_allclose(link.log_mean(raw), log_mean, rtol=4 * eps, atol=eps)


def test_l1_and_l2_are_those_of_the_seed():
    y, raw = np.array([[1.0, 0.0, 0.0]]), np.array([[0.2, -0.3, 1.0]])
    yhat = np.exp(raw) / np.exp(raw).sum()
    np.testing.assert_allclose(
        LOSSES["absolute_error"]["softmax"].value(y, raw), np.abs(y - yhat).sum()
    )
    np.testing.assert_allclose(
        LOSSES["squared_error"]["softmax"].value(y, raw), ((y - yhat) * (y - yhat)).sum()
    )
