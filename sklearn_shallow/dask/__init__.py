"""Fits and predictions on the workers of a Dask cluster.

Only parameters, sums and a bounded sample of the rows are sent.

May import: estimators, inputs, losses, objective, targets, utils; numpy, scipy, scikit-learn,
pandas, dask, distributed.
"""

from sklearn_shallow.dask.estimators import DaskShallowNetClassifier, DaskShallowNetRegressor

__all__ = ["DaskShallowNetClassifier", "DaskShallowNetRegressor"]
