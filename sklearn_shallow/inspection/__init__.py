"""For people who would rather look: what a fitted estimator is, in words.

It reads public attributes of what it is given and imports nothing of this package, so that the
estimators can offer it as a method. May import: ; numpy.
"""
