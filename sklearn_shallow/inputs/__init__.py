"""From the user's X to the columns that the network sees.

May import: utils; numpy, scipy, scikit-learn.
"""
