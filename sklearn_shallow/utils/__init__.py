"""Helpers: statistics of columns, blocks of rows, warnings, threads, names; the elementary
operations of a prediction.

May import: numpy, scipy, scikit-learn, joblib, threadpoolctl.
"""
