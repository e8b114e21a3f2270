"""Teaching: every equation of a training step with its numbers, and plain gradient descent.

The equations are printed as they are evaluated, and tested against the engine. May import: the
public names, estimators, inspection, losses, network, objective, utils; numpy, scipy, scikit-learn.
"""

from sklearn_shallow.teaching.preset import plain_gradient_descent
from sklearn_shallow.teaching.trace import StepByStep

__all__ = ["StepByStep", "plain_gradient_descent"]
