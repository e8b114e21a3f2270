"""Results from the curvature: the weight decay found on the data, and the posterior.

May import: objective, solvers, network, losses, utils; numpy, scipy.
"""
