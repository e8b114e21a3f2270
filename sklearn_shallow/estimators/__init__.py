"""The estimators: the public classes, and the way from their parameters to fitted networks.

The public classes stand in this room, with what they have in common: attributes, search, export.
Rooms inside: `parameters` checks and decides, `training` makes fitted networks of samples,
`streaming` does so with a part of the samples at a time.

May import: network, losses, objective, solvers, evidence, inputs, targets, export, inspection,
utils; numpy, scipy, scikit-learn, joblib.
"""
