"""What every room may use: statistics of columns, rows, warnings, threads, names.

May import: numpy, scipy, scikit-learn, joblib, threadpoolctl.
"""
