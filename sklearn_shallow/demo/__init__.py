"""The demonstration of the README: ``python -m sklearn_shallow``.

May import: the public names; numpy, scikit-learn, joblib, threadpoolctl, matplotlib.
"""
