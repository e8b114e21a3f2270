"""From the user's y to the encoded Y, and back.

May import: losses, utils; numpy, scipy, scikit-learn.
"""
