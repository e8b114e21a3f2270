"""Transformation of the user's X to the input columns of the network.

May import: utils; numpy, scipy, scikit-learn.
"""
