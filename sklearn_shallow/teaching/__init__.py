"""For people who learn: every equation of a training step with its numbers, and a plain preset.

Every equation is printed as it is evaluated, and tested to be that of the engine. May import: the
public names, estimators, inspection, losses, network, objective, utils; numpy, scipy, scikit-learn.
"""

from sklearn_shallow.teaching.preset import plain_gradient_descent
from sklearn_shallow.teaching.trace import StepByStep

__all__ = ["StepByStep", "plain_gradient_descent"]
