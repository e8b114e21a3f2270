"""Out of the process and back: a file without pickle, scikit-learn's networks, other formats.

Its functions receive fitted networks and what else is plain data. May import: evidence, inputs,
losses, network, solvers, targets, utils; numpy, scipy, scikit-learn, onnx, skl2onnx.
"""
