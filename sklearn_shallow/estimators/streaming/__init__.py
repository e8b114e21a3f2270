"""Training on a part of the samples at a time: `partial_fit`, `fit_batches` and checkpoints.

Of the estimators, it may import: callbacks, parameters, scikit_learn, training.
"""
