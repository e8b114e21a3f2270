"""For people who would rather look: a fitted estimator in words, in pictures and in advice.

It reads what it is given and imports no estimator, so that the estimators can offer it as a method.
matplotlib is imported when something is drawn.

May import: network, utils; numpy, scipy, scikit-learn, matplotlib.
"""
