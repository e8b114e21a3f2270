"""The network: activations, where weights lie in the parameter vector, forward and backward pass.

May import: utils; numpy, scipy.
"""
