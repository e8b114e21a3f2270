"""From samples to fitted networks: training data, runs of a solver, the best run of every network.

Of the estimators, it may import: parameters, scikit_learn.
"""
