"""Out of the process: what a fitted estimator predicts, in other formats.

Its functions receive fitted networks and what else is plain data. May import: inputs, losses,
network, targets, utils; numpy, scipy, onnx, skl2onnx.
"""
