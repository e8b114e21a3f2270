"""A description as an ONNX model, and as a part of one that skl2onnx makes."""
