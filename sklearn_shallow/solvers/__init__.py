"""Minimisation of an objective: update rules on batches, L-BFGS, Levenberg-Marquardt.

May import: utils; numpy, scipy.
"""
