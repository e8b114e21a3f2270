"""What every solver minimises: network, loss, samples and penalty; value, gradient, curvature.

May import: network, losses, utils; numpy, scipy.
"""
