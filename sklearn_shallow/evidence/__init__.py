"""Results from the curvature: the weight decay that maximises the evidence, and the posterior.

May import: objective, solvers, network, losses, utils; numpy, scipy.
"""
