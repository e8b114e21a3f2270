"""What the curvature tells: the weight decay that the data ask for, and the posterior.

May import: objective, solvers, network, losses, utils; numpy, scipy.
"""
