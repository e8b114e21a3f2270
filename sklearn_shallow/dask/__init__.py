"""Fits and predictions where the data lie: on the workers of a Dask cluster, which sends only
parameters, sums and a bounded sample of the rows.

May import: estimators, inputs, losses, objective, targets, utils; numpy, scipy, scikit-learn,
pandas, dask, distributed.
"""

from sklearn_shallow.dask.estimators import DaskShallowNetClassifier, DaskShallowNetRegressor

__all__ = ["DaskShallowNetClassifier", "DaskShallowNetRegressor"]
