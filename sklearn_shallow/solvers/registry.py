"""The solvers by name, with what each can do."""

from dataclasses import fields

from sklearn_shallow.solvers.base import Solver
from sklearn_shallow.solvers.lbfgs import LBFGS
from sklearn_shallow.solvers.levenberg_marquardt import LevenbergMarquardt
from sklearn_shallow.solvers.update_rules import SGD, Adam
from sklearn_shallow.utils.names import unknown_name

SOLVERS: dict[str, type[Solver]] = {
    "adam": Adam,
    "sgd": SGD,
    "lbfgs": LBFGS,
    "lm": LevenbergMarquardt,
}


def options_of(cls):
    """Return the names of the options of a class of solvers."""
    return [entry.name for entry in fields(cls)]


def make_solver(solver, parameters):
    """Return the solver of that name, or the given object as it is.

    Parameters
    ----------
    solver : str or Solver
    parameters : dict
        The parameters of an estimator, of which a solver selected by name reads its options.
    """
    if isinstance(solver, Solver):
        return solver
    if isinstance(solver, type) and issubclass(solver, Solver):
        name = solver.__name__
        raise ValueError(f"solver={name} is a class. Pass an object of it: solver={name}().")
    if not isinstance(solver, str) or solver not in SOLVERS:
        raise ValueError(unknown_name("solver", solver, {"auto", *SOLVERS}, ", or a Solver"))
    cls = SOLVERS[solver]
    return cls(**{name: parameters[name] for name in options_of(cls) if name in parameters})
