"""The network: activations, layout of the parameter vector, forward and backward pass.

May import: utils; numpy, scipy.
"""
