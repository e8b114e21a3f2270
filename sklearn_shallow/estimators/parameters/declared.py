"""The parameters of both estimators, each declared once: its type, its default, its constraints.

`Settings` checks the parameters without constraints. Types are objects, not text as in other
modules, since `typing.get_type_hints` looks for names in the module of the estimator.
"""

from collections import ChainMap
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from sklearn_shallow.estimators.scikit_learn import Interval, Options, validate_parameters
from sklearn_shallow.estimators.scikit_learn import StrOptions as AnyStrOptions
from sklearn_shallow.losses.base import Loss
from sklearn_shallow.losses.registry import CLASSIFIER_LOSSES, REGRESSOR_LOSSES
from sklearn_shallow.network.activations import ActivationLike
from sklearn_shallow.solvers.base import Solver
from sklearn_shallow.solvers.registry import SOLVERS
from sklearn_shallow.solvers.schedules import SCHEDULES
from sklearn_shallow.solvers.update_rules import Adam
from sklearn_shallow.utils.names import unknown_name

WORDS = {callable: "a callable", "boolean": "a bool", dict: "a dict", list: "a list"}
# Types whose equal values have the same meaning
PLAIN = {int, float, np.float64, bool, str, type(None)}
_passed: set = set()  # the parameters of the last successful check


class StrOptions(AnyStrOptions):
    """Names, sorted in messages."""

    def __str__(self):
        return f"one of {sorted(self.options)}"


AUTO = StrOptions({"auto"})
# The keys are a view, so that schedules can be registered later.
SCHEDULE = StrOptions(ChainMap[str, Any]({"auto": None}, SCHEDULES).keys())
COUNT = Interval(Integral, 1, None, closed="left")
FRACTION = Interval(Real, 0, 1, closed="left")
POSITIVE = Interval(Real, 0, None, closed="neither")
NOT_NEGATIVE = Interval(Real, 0, None, closed="left")
# The parameters that may be objects with options, and the classes behind their names.
OF_CLASSES: dict[str, dict[str, Any]] = {
    "solver": SOLVERS,
    "loss": CLASSIFIER_LOSSES | REGRESSOR_LOSSES,
}
N_JOBS = COUNT, Interval(Integral, None, -1, closed="right"), None


def parameter(default: Any, *constraints: Any) -> Any:
    """Return the field of a parameter with its constraints."""
    return field(default=default, metadata={"constraints": [*constraints]})


@dataclass(eq=False, repr=False)
class Parameters:
    """The parameters of both estimators, which document them."""

    hidden_layer_sizes: int | Sequence[int] | Literal["auto"] = "auto"
    _: KW_ONLY
    activation: ActivationLike | Sequence[ActivationLike] = "relu"
    loss: str | Loss = "squared_error"
    solver: str | Solver = "auto"
    alpha: float | str = parameter("auto", StrOptions({"auto", "evidence"}), NOT_NEGATIVE)
    l1_ratio: float | Sequence[float] = 0.0
    batch_size: int | str = parameter("auto", StrOptions({"auto", "full"}), COUNT)
    learning_rate: str | Callable[[float], float] = parameter("auto", SCHEDULE, callable)
    learning_rate_init: float | str = parameter("auto", AUTO, POSITIVE)
    power_t: float = parameter(0.5, NOT_NEGATIVE)
    max_iter: int | str = parameter("auto", AUTO, COUNT)
    max_fun: int = parameter(15000, COUNT)
    tol: float = parameter(1e-4, NOT_NEGATIVE)
    n_iter_no_change: float = parameter(10, COUNT, Options(Real, {np.inf}))
    early_stopping: bool | str = parameter("auto", AUTO, "boolean")
    validation_fraction: float = parameter(0.1, FRACTION)
    scoring: str | Callable[..., float] | None = parameter("loss", str, callable, None)
    momentum: float = parameter(0.9, FRACTION)
    nesterovs_momentum: bool = parameter(True, "boolean")
    beta_1: float = parameter(0.9, FRACTION)
    beta_2: float = parameter(0.95, FRACTION)
    epsilon: float = parameter(1e-8, POSITIVE)
    dropout: float | Sequence[float] = 0.0
    n_estimators: int = parameter(1, COUNT)
    n_init: int = parameter(1, COUNT)
    posterior: str | None = parameter(None, StrOptions({"laplace"}), None)
    standardize: bool | str = parameter("auto", "boolean", AUTO)
    numeric_encoding: int | str | object | None = "auto"
    categorical_features: ArrayLike | str | None = parameter(
        "from_dtype", "array-like", StrOptions({"from_dtype"}), None
    )
    shuffle: bool = parameter(True, "boolean")
    warm_start: bool = parameter(False, "boolean")
    verbose: bool | int = parameter(False, "verbose")
    n_jobs: int | None = parameter(None, *N_JOBS)
    random_state: int | np.random.RandomState | None = parameter(None, "random_state")

    def set_params(self, **params: Any) -> Self:
        """Set parameters of this estimator.

        Parameters
        ----------
        **params : dict
            Parameters by name. The options of a solver or a loss are none: pass an object.

        Returns
        -------
        self : object
            The estimator.
        """
        for name, value in params.items():
            whole, _, option = name.partition("__")
            if option and whole in OF_CLASSES:
                made = params.get(whole, getattr(self, whole))
                made = OF_CLASSES[whole].get(made, Adam) if isinstance(made, str) else type(made)
                way_out = f"{made.__name__}({option}={value!r})"
                raise ValueError(
                    f"{name}={value!r} is an option of a {whole}, not a parameter. Pass an object "
                    f"with it: {whole}={way_out}, in a grid {{{whole!r}: [{way_out}, ...]}}."
                )
        return super().set_params(**params)  # type: ignore[misc]


def check_constraints(estimator, given):
    """Check the constructor's parameters that are declared.

    Parameters
    ----------
    given : mapping, the parameters by name
    """
    declared = estimator._parameter_constraints
    values = [given[name] for name in declared]
    kinds = [type(value) for value in values]
    is_plain = PLAIN.issuperset(kinds)
    key = (type(estimator), *values, *kinds)  # True == 1 == 1.0
    if is_plain and key in _passed:
        return  # saves 0.2 ms of scikit-learn
    for name, constraints in declared.items():
        check_declared(name, given[name], constraints)
    validate_parameters(estimator)
    if is_plain:
        _passed.clear()
        _passed.add(key)


def check_declared(name, value, constraints):
    """Check a parameter where scikit-learn would accept a bool as a number, or refuse a name
    without a suggestion."""
    kinds = [type(entry) for entry in constraints]  # faster than `isinstance` for these classes
    if isinstance(value, str) and StrOptions in kinds and str not in constraints:
        options = set().union(*(e.options for e in constraints if type(e) is StrOptions))
        if value not in options:
            others = [entry for entry in constraints if type(entry) is not StrOptions]
            also = "".join(f", or {WORDS.get(entry, entry)}" for entry in others)
            raise ValueError(unknown_name(name, value, options, also))
    is_number = Interval in kinds and "boolean" not in constraints
    if is_number and isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name}={value!r} must be a number, not a bool.")
