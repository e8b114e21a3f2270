"""Out of the process and back: a file without pickle, scikit-learn's networks, other formats.

Its functions receive fitted networks and what else is plain data. `file` writes and reads; rooms
inside: `scikit_learn` makes networks of scikit-learn; `code` and `onnx` write a prediction that
`describe` has made a list of operations, see `utils.operations`.

May import: inputs, losses, network, targets, utils; numpy, scipy, scikit-learn, onnx,
skl2onnx.
"""
