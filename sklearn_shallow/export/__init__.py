"""Export of fitted networks: files without pickle, scikit-learn's networks, ONNX, C, Python.

- `file` writes and reads files.
- `scikit_learn` converts to networks of scikit-learn.
- `describe` makes a prediction a list of operations (see `utils.operations`), which `code` and
  `onnx` write.

May import: inputs, losses, network, targets, utils; numpy, scipy, scikit-learn, onnx,
skl2onnx.
"""
