"""Helpers for every room: statistics of columns, blocks of rows, warnings, threads, names; the
operations that a prediction consists of.

May import: numpy, scipy, scikit-learn, joblib, threadpoolctl.
"""
