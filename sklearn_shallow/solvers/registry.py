"""The solvers by name."""

from dataclasses import fields

from sklearn_shallow.solvers.base import Solver
from sklearn_shallow.solvers.lbfgs import LBFGS
from sklearn_shallow.solvers.levenberg_marquardt import LevenbergMarquardt
from sklearn_shallow.solvers.update_rules import SGD, Adam
from sklearn_shallow.utils.names import by_name

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
    """Return the solver of a name; an object is returned unchanged.

    Parameters
    ----------
    solver : str or Solver
    parameters : dict
        The parameters of an estimator; a solver selected by name takes its options from them.
    """
    found = by_name("solver", solver, SOLVERS, Solver, ", 'auto', or a Solver")
    if found is solver:
        return solver
    return found(**{name: parameters[name] for name in options_of(found) if name in parameters})
