"""Helpers for every room: statistics of columns, blocks of rows, warnings, threads, names.

May import: numpy, scipy, scikit-learn, joblib, threadpoolctl.
"""
