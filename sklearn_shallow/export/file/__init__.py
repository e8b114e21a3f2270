"""A file of plain values and arrays, and the objects of this package that have a place in it."""
