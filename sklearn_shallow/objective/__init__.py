"""The objective of every solver: network, loss, samples and penalty; value, gradient, curvature.

May import: network, losses, utils; numpy, scipy.
"""
