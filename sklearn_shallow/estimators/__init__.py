"""The estimators: the public classes, and the way from their parameters to fitted networks.

- The modules here have the public classes and what they share: attributes, search, export.
- `parameters` checks parameters and data.
- `training` fits networks to samples.
- `streaming` does so with a part of the samples at a time.

May import: network, losses, objective, solvers, evidence, inputs, targets, export, inspection,
utils; numpy, scipy, scikit-learn, joblib.
"""
