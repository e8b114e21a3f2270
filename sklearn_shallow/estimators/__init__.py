"""The estimators: parameters, training data, a training run, the fitted network, search.

May import: network, losses, objective, solvers, evidence, inputs, targets, export, inspection,
utils; numpy, scipy, scikit-learn, joblib.
"""
