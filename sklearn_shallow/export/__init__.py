"""Out of the process and back: a file without pickle, what a network predicts in other formats.

Its functions receive fitted networks and what else is plain data. May import: evidence, inputs,
losses, network, solvers, targets, utils; numpy, scipy, scikit-learn, onnx, skl2onnx.
"""
