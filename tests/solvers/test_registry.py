"""A solver or a schedule is one class and one entry; an option out of its limits has a name."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pytest
from nets import small, small_regressor
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris

from sklearn_shallow import (
    LBFGS,
    SGD,
    Adam,
    LevenbergMarquardt,
    Schedule,
    ShallowNetClassifier,
    ShallowNetRegressor,
    UpdateRule,
)
from sklearn_shallow.solvers.base import FRACTION
from sklearn_shallow.solvers.registry import SOLVERS
from sklearn_shallow.solvers.schedules import SCHEDULES

X, Y = load_iris(return_X_y=True)


@dataclass(kw_only=True, repr=False)
class HeavyBall(UpdateRule):
    finds_decay: ClassVar[bool] = True
    momentum: float = field(default=0.9, metadata=FRACTION)

    def start(self, theta):
        super().start(theta)
        self.velocity = np.zeros_like(theta)

    def step(self, theta, gradient, learning_rate):
        self.velocity = self.momentum * self.velocity - learning_rate * gradient
        theta += self.velocity


class Halved(Schedule):
    ends = True

    def factor(self, epoch):
        return 1.0 if epoch < self.max_iter / 2 else 0.5


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setitem(SOLVERS, "heavy_ball", HeavyBall)
    monkeypatch.setitem(SCHEDULES, "halved", Halved)


def heavy(solver="heavy_ball", make=small, **settings):
    """Return a network that steps far enough."""
    settings = {"learning_rate_init": 0.05, "max_iter": 100, **settings}
    return make(solver=solver, **settings)


# A toy solver -------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [ShallowNetClassifier, ShallowNetRegressor])
def test_a_registered_solver_is_chosen_by_its_name_or_as_an_object(make):
    settings = {"random_state": 0, "learning_rate_init": 0.05, "max_iter": 30}
    by_name = make(5, solver="heavy_ball", momentum=0.7, **settings).fit(X, Y)
    as_object = make(5, solver=HeavyBall(momentum=0.7), **settings).fit(X, Y)
    np.testing.assert_array_equal(by_name.predict(X), as_object.predict(X))
    assert by_name.score(X, Y) > 0.85
    assert by_name.settings_["solver"] == "heavy_ball"
    assert as_object.settings_["solver"] == HeavyBall(momentum=0.7)


def test_an_unknown_name_lists_it():
    with pytest.raises(ValueError, match=r"solver='heavy'.*'heavy_ball'"):
        heavy("heavy").fit(X, Y)


@pytest.mark.parametrize("momentum", [-0.1, 1.0, "0.9", True, np.nan])
def test_its_options_have_limits(momentum):
    with pytest.raises(ValueError, match=r"momentum=.* must be a finite number >= 0 and < 1"):
        HeavyBall(momentum=momentum)


def test_options_that_it_does_not_have_are_warned_of():
    with pytest.warns(UserWarning, match="No effect: beta_1=0.5 with solver='heavy_ball'"):
        heavy(beta_1=0.5).fit(X, Y)
    heavy(momentum=0.5).fit(X, Y)
    with pytest.warns(UserWarning, match="No effect: momentum=0.5 with solver=HeavyBall"):
        heavy(HeavyBall(), momentum=0.5).fit(X, Y)


def test_it_finds_a_decay_as_it_says(monkeypatch):
    data = load_diabetes(return_X_y=True)
    for alpha in ("auto", "evidence"):
        net = heavy(make=small_regressor, alpha=alpha).fit(*data)
        assert len(set(net.history_["alpha"])) > 1
        assert net.alpha_ == net.history_["alpha"][-1]
        assert np.isfinite(net.log_evidence_)
    monkeypatch.setattr(HeavyBall, "finds_decay", False)
    assert heavy(make=small_regressor).fit(*data).alpha_ == 1.0
    with pytest.raises(ValueError, match="alpha='evidence' does not go with solver='heavy_ball'"):
        heavy(make=small_regressor, alpha="evidence").fit(*data)


def test_it_makes_zeros():
    dense, thin = (heavy(alpha=5.0, l1_ratio=ratio).fit(X, Y) for ratio in (0.0, 1.0))
    assert all(W.all() for W in dense.coefs_)
    assert not all(W.all() for W in thin.coefs_)


def test_it_takes_part_in_partial_fit_and_warm_starts():
    net = heavy(alpha=1.0)
    for _ in range(60):
        net.partial_fit(X, Y, classes=[0, 1, 2])
    assert net.score(X, Y) > 0.9
    assert net._networks[0].resume.solver.velocity.any()
    warm = heavy(alpha=1.0, warm_start=True, learning_rate="constant", max_iter=20, tol=0.0)
    with pytest.warns(UserWarning, match="max_iter=20"):
        losses = [warm.fit(X, Y).loss_ for _ in range(2)]
    assert losses[1] < losses[0]
    assert warm._networks[0].resume.solver.n_steps == 2 * 20 * 5  # batches of 32


# A toy schedule -----------------------------------------------------------------------------------


def test_a_registered_schedule_is_chosen_by_its_name():
    settings = {"learning_rate": "halved", "learning_rate_init": 0.01, "max_iter": 10}
    net = small(**settings).fit(X, Y)
    assert net.history_["learning_rate"][:5] == [0.01] * 5
    assert net.history_["learning_rate"][5:] == [0.005] * 5
    with pytest.raises(ValueError, match=r"learning_rate='half'.*'halved'"):
        small(**settings | {"learning_rate": "half"}).fit(X, Y)
    with pytest.warns(UserWarning, match="No effect: power_t=0.3 with learning_rate='halved'"):
        small(**settings, power_t=0.3).fit(X, Y)


# Options ------------------------------------------------------------------------------------------

ILLEGAL = {
    "max_time": [0, -1, np.nan, "1", True],
    "max_fun": [0, 1.5, None],
    "clip_norm": [0.0, -1.0, "long"],
    "dtype": ["float16", 64],
    "momentum": [1.0, -0.1, None],
    "beta_1": [1, -1e-9],
    "beta_2": [1.0, np.nan],
    "epsilon": [0, -1e-8, 10**400],
}
KINDS = {
    Adam: ["beta_1", "beta_2", "epsilon", "clip_norm", "dtype", "max_time"],
    SGD: ["momentum", "clip_norm", "dtype", "max_time"],
    LBFGS: ["max_fun", "max_time"],
    LevenbergMarquardt: ["max_time"],
}


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [(kind, name, value) for kind in KINDS for name in KINDS[kind] for value in ILLEGAL[name]],
)
def test_an_option_out_of_its_limits_is_refused_by_name(kind, name, value):
    with pytest.raises(ValueError, match=f"^{name}=.* must be "):
        kind(**{name: value})


@pytest.mark.parametrize("kind", KINDS)
def test_a_solver_is_a_value(kind):
    solver = kind(max_time=60)
    assert repr(solver) == f"{kind.__name__}(max_time=60)"
    assert solver == kind(max_time=60) != kind()
    assert eval(repr(solver)) == clone(small(solver=solver)).solver


@pytest.mark.parametrize("kind", [*KINDS, HeavyBall])
def test_a_class_in_place_of_an_object_is_refused(kind):
    with pytest.raises(ValueError, match=rf"solver={kind.__name__} .*{kind.__name__}\("):
        small(solver=kind).fit(X, Y)
