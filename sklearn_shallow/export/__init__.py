"""Out of the process and back: a file without pickle, scikit-learn's networks, other formats.

Its functions receive fitted networks and what else is plain data. Rooms inside: `file` saves and
loads, `scikit_learn` makes networks of scikit-learn; `code` and `onnx` write a prediction that
`describe` has made a list of `operations`.

May import: evidence, inputs, losses, network, solvers, targets, utils; numpy, scipy, scikit-learn,
onnx, skl2onnx.
"""
