"""Inspection of a fitted estimator: a summary, displays and a diagnosis.

It does not import the estimators, so that these can call it in their methods.
matplotlib is imported when something is drawn.

May import: network, objective, utils; numpy, scipy, scikit-learn, matplotlib.
"""
