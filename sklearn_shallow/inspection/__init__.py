"""Inspection of a fitted estimator: a summary, displays and a diagnosis.

It reads what it is given and imports no estimator, so that the estimators can offer it as a method.
matplotlib is imported when something is drawn.

May import: network, objective, utils; numpy, scipy, scikit-learn, matplotlib.
"""
