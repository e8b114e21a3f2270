import numpy as np
import pytest

from sklearn_shallow.targets.scaling import TARGET_SCALINGS


@pytest.mark.parametrize("kind", ["mean", "size"])
def test_the_statistics_of_parts_are_those_of_all(kind):
    rng = np.random.default_rng(0)
    Y, weight = rng.gamma(2, 3, size=(60, 2)), rng.uniform(0.5, 2, 60)
    Y[:20, 1] = np.nan  # a part that knows nothing of a column
    whole, merged = TARGET_SCALINGS[kind](2), TARGET_SCALINGS[kind](2)
    whole.update(Y, weight)
    for rows in (slice(0, 20), slice(20, 60)):
        part = TARGET_SCALINGS[kind](2)
        part.update(Y[rows], weight[rows])
        merged.merge(part)
    assert whole.is_additive
    np.testing.assert_allclose(merged.shift, whole.shift, rtol=1e-12)
    np.testing.assert_allclose(merged.scale, whole.scale, rtol=1e-12)


def test_quantiles_of_parts_do_not_add_up():
    assert not TARGET_SCALINGS["median"](1).is_additive
    assert TARGET_SCALINGS[None](1).is_additive
