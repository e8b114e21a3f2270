"""The parameters of an estimator, checked and resolved before the data are used."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, make_dataclass, replace
from typing import Any

import numpy as np

from sklearn_shallow.estimators.parameters import checks
from sklearn_shallow.estimators.parameters.declared import Parameters, check_constraints
from sklearn_shallow.estimators.parameters.scoring import scorer_of
from sklearn_shallow.inputs.encoding import check_kind
from sklearn_shallow.inputs.scaling import RARITY_POWER
from sklearn_shallow.losses.base import Domain, Loss
from sklearn_shallow.losses.registry import make_loss
from sklearn_shallow.network.activations import Activation
from sklearn_shallow.solvers.base import Solver
from sklearn_shallow.solvers.registry import SOLVERS, make_solver
from sklearn_shallow.solvers.schedules import SCHEDULES, make_schedule
from sklearn_shallow.utils.names import fields_of
from sklearn_shallow.utils.numbers import is_number

# Values for "auto"
SOLVER = "adam"
HIDDEN = (100,)  # unless short fits choose two layers
ALPHA = 1.0  # if the decay is not found on the data


def frozen(cls):
    """Return a frozen dataclass with the same fields. (A frozen dataclass cannot be derived from
    one that is not.)"""
    known = [(each.name, each.type, field(default=each.default)) for each in fields(cls)]
    return make_dataclass(f"Frozen{cls.__name__}", known, kw_only=True, frozen=True, eq=False)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Settings(frozen(Parameters)):  # type: ignore[misc]
    """The checked parameters of an estimator, with the choices of "auto", the loss and the solver.

    They are frozen: see `dataclasses.replace`.

    Attributes
    ----------
    name : str
        The class of the estimator, for messages.
    given : mapping
        The parameters as the user set them, for messages.
    activation : list of Activation
        One per hidden layer.
    decay : float or None
        The weight decay; None if it is found from the data.
    relative : bool
        Whether only the proportions of the sample weights count, see `inputs.sample_weights`.
    dropout : tuple of float
        For the inputs, then for every hidden layer.
    scorer : callable or None
        The criterion on the validation set; None for the loss.
    class_weight : see the classifier
    validates : bool
        Whether a validation set was passed.
    on_columns : bool
        Whether a network is trained on columns even if these outnumber the samples.
    compresses : bool
        Whether columns with heavy tails are compressed if `standardize` is "auto".
    rarity_power : float
        The power of its root mean square by which a column of sparse X is divided if `standardize`
        is "auto".
    learnable : float
        The fraction of the loss of a constant that can be removed, by short fits; 1 without these.
    starts_strong : bool
        Whether the search for the decay begins as with an encoding, by short fits.
    relevance : ndarray of shape (n_features,), or None if it is equal
        The relevance of the features by short fits; not with a given decay.
    noise : ndarray of shape (n_targets,), or None if it is equal
        The root mean square noise of the targets by short fits, relative to the smallest; for
        labels the root of the inverse of their weights.
    calibration : Calibration, or None for the outputs as they are
        Factors of the raw outputs by a short fit, see `training.calibration`.
    """

    name: str
    given: Mapping[str, object]
    hidden_layer_sizes: tuple[int, ...]
    activation: list[Activation]
    loss: Loss
    solver: Solver
    decay: float | None
    relative: bool
    dropout: tuple[float, ...]
    early_stopping: bool
    scorer: Callable | None
    class_weight: object = None
    validates: bool = False
    on_columns: bool = False
    compresses: bool = True
    rarity_power: float = RARITY_POWER
    learnable: float = 1.0
    starts_strong: bool = False
    relevance: np.ndarray | None = None
    noise: np.ndarray | None = None
    calibration: Any = None

    @classmethod
    def of(cls, estimator, *, validates=False, is_plain=False):
        """Return the parameters of an estimator, checked and resolved for `fit`.

        Parameters
        ----------
        estimator : estimator
        validates : bool
            Whether a validation set is passed to `fit`.
        is_plain : bool
            Whether numbers are not encoded, as for given initial values.
        """
        checked = cls._checked(estimator)
        given, alpha = checked["given"], checked["given"]["alpha"]
        if is_auto(alpha):
            alpha = "evidence" if checked["solver"].finds_decay else ALPHA
        checked |= {
            "decay": None if isinstance(alpha, str) else float(alpha),
            "learning_rate": _unless_auto(given["learning_rate"], "flat_cosine"),
            "early_stopping": _unless_auto(given["early_stopping"], validates),
        }
        if is_plain:
            checked["numeric_encoding"] = _unless_auto(given["numeric_encoding"], None)
        settings = cls(**checked, validates=validates, on_columns=is_plain)
        settings._check(estimator)
        return settings

    @classmethod
    def of_part(cls, estimator, last=None):
        """Return the parameters of an estimator, checked and resolved for `partial_fit`.

        Parameters
        ----------
        last : FittedNetwork or None
            The network to continue with; its decay is kept, since a part of the samples is too few
            to find one.
        """
        checked = cls._checked(estimator)
        alpha, found = checked["alpha"], ALPHA if last is None else last.decay
        has_end = checked["learning_rate"] != "invscaling"  # the number of calls is unknown
        checked |= {
            "decay": found if isinstance(alpha, str) else float(alpha),
            "learning_rate": "constant" if has_end else "invscaling",
            "early_stopping": False,
            "max_iter": None,
        }
        # A part does not determine quartiles.
        settings = cls(**checked, compresses=False, on_columns=True)
        return settings if last is None else settings.continuing(last)

    @classmethod
    def _checked(cls, estimator):
        """Return the checked fields that are the same for `fit` and `partial_fit`."""
        given = fields_of(estimator)
        if is_number(given["learning_rate"]):
            rate = f"={given['learning_rate']!r}"
            raise ValueError(
                f"learning_rate{rate} must be a schedule. The rate itself is "
                f"learning_rate_init{rate}."
            )
        check_constraints(estimator, given)
        hidden = checks.check_hidden_units(_unless_auto(given["hidden_layer_sizes"], HIDDEN))
        checks.check_l1_ratio(given["l1_ratio"], len(hidden) + 1)
        check_kind(given["numeric_encoding"])
        values = given | {
            "name": type(estimator).__name__,
            "given": given,
            "solver": make_solver(_unless_auto(given["solver"], SOLVER), given),
            "loss": make_loss(given["loss"], estimator._losses, given),
            "relative": isinstance(given["alpha"], str),
            "scorer": scorer_of(estimator, given["scoring"]),
            **of_layers(given, hidden),
        }
        return {name: values[name] for name in cls.__dataclass_fields__.keys() & values.keys()}

    def _check(self, estimator):
        """Check the combination of parameters."""
        solver, given = self.solver, self.given
        for trait, is_asked, name, or_else in (
            ("finds_decay", self.decay is None, "alpha", ""),
            ("makes_zeros", np.any(self.l1_ratio), "l1_ratio", ", or l1_ratio=0"),
        ):
            if is_asked and not getattr(solver, trait):
                raise ValueError(
                    f"{name}={given[name]!r} does not go with solver={given['solver']!r}. Set "
                    f"solver={_names_with(SOLVERS, trait)}{or_else}."
                )
        if solver.needs_curvature and not self.loss.has_curvature:
            raise ValueError(
                f"solver={given['solver']!r} needs a loss with a curvature, got "
                f"loss={given['loss']!r}. Choose solver='lbfgs', or a custom loss with the method "
                "'curvature'."
            )
        if self.posterior is not None and self.loss.noise not in estimator._noises:
            raise ValueError(
                f"posterior={self.posterior!r} needs a loss that is minus the logarithm of a "
                f"probability, got loss={given['loss']!r}. Choose "
                f"{_names_with(estimator._losses, 'noise', estimator._noises)}, or posterior=None."
            )

    @property
    def chosen_solver(self):
        """The solver as a value of the parameter: a name, or the user's object."""
        return _unless_auto(self.given["solver"], SOLVER)

    @property
    def chooses_encoding(self):
        """True if short fits choose the encoding of numbers.

        Candidates are compared by the evidence, which must find the decay. Levenberg-Marquardt is
        for few parameters, and "lbfgs" gains nothing for labels.
        """
        is_open = is_auto(self.numeric_encoding) and is_auto(self.standardize)
        is_for_many = self.solver.largest_size is None and not self.loss.is_likelihood
        return is_open and self.decay is None and (self.solver.takes_batches or is_for_many)

    @property
    def chooses_layers(self):
        """True if short fits choose the hidden layers: no parameter has a value per layer."""
        each = map(self.given.get, ("activation", "l1_ratio", "dropout"))
        is_one_for_all = not any(isinstance(value, (list, tuple, np.ndarray)) for value in each)
        return is_auto(self.given["hidden_layer_sizes"]) and is_one_for_all

    def continuing(self, last):
        """Return the settings for continuing with a fitted network: with its hidden layers if
        `hidden_layer_sizes` is "auto", and its noise."""
        hidden, noise = last.network.layout.units[1:-1], last.target.scaling.noise
        settings = self if noise is None else replace(self, noise=noise)
        is_open = is_auto(self.given["hidden_layer_sizes"]) and hidden != self.hidden_layer_sizes
        return replace(settings, **of_layers(self.given, hidden)) if is_open else settings

    def for_one_run(self, **others):
        """Return the settings of a single run on all samples that it is given, and without log;
        with other settings if given."""
        once = {"n_estimators": 1, "n_init": 1, "warm_start": False, "verbose": False}
        return replace(self, early_stopping=False, scorer=None, **once, **others)

    @property
    def seeks_first(self):
        """True if the search for the decay is a phase before the fit, with its own iterations."""
        return self.decay is None and not self.solver.takes_batches

    @property
    def ends_at_zero(self):
        """True if the learning rate is zero at the end of the fit."""
        name = self.learning_rate
        return self.solver.takes_batches and isinstance(name, str) and SCHEDULES[name].ends

    @property
    def is_of_labels(self):
        """True for classification."""
        return Domain(*self.loss.domain).high == 1

    @property
    def may_overfit(self):
        """True for classification with a given decay too weak to prevent overfitting."""
        return self.is_of_labels and self.decay is not None and self.decay < ALPHA

    @property
    def ends_when_learnt(self):
        """True if training stops at a negligible training loss, to prevent overfitting."""
        is_bounded = self.ends_at_zero or self.n_iter_no_change < np.inf
        return self.may_overfit and is_bounded and not self.early_stopping

    def schedule(self, max_iter, n_sought=None):
        """Return the schedule of the learning rate over `max_iter` epochs."""
        return make_schedule(
            self.learning_rate,
            max_iter=max_iter,
            n_sought=n_sought,
            power_t=self.power_t,
            patience=self.n_iter_no_change,
            validates=self.early_stopping,
            extends=not (self.may_overfit and is_auto(self.learning_rate_init)),
        )


def of_layers(given, hidden):
    """Return the settings that depend on the hidden layers, for layers of these sizes."""
    return {
        "hidden_layer_sizes": hidden,
        "activation": checks.check_activations(given["activation"], hidden),
        "dropout": checks.check_dropout(given["dropout"], len(hidden)),
    }


def is_auto(value):
    """Return whether a parameter is "auto"."""
    return isinstance(value, str) and value == "auto"


def _names_with(kinds, trait, values=(True,)):
    """Return the names of the classes with one of these values of an attribute, as text."""
    names = [repr(name) for name, kind in kinds.items() if getattr(kind, trait) in values]
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _unless_auto(value, otherwise):
    return otherwise if is_auto(value) else value
