"""Losses on the raw output of the network, and their links.

May import: utils; numpy, scipy.
"""
