"""A description as the source of a function that predicts one sample, in C or in Python."""
