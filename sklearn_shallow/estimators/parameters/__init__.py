"""The parameters and the data of the user, checked; every "auto" that needs no data, decided.

Of the estimators, it may import: scikit_learn.
"""
