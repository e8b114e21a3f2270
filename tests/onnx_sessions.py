"""ONNX models in onnxruntime, for the tests."""

import pytest


def session_of(model):
    """Return a session of one thread without warnings."""
    runtime = pytest.importorskip("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    providers = ["CPUExecutionProvider"]
    return runtime.InferenceSession(model.SerializeToString(), options, providers=providers)
