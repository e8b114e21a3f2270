"""What `import sklearn_shallow` imports: none of the optional packages."""

import subprocess
import sys

OPTIONAL = "dask distributed matplotlib onnx onnxruntime pandas polars pyarrow skl2onnx skops tqdm"
SCRIPT = f"""
import sys
import sklearn.linear_model, sklearn.model_selection, sklearn.neural_network, sklearn.pipeline
before = {{*sys.modules}}  # scikit-learn imports pandas itself where it is installed
import sklearn_shallow
print(*({{*{OPTIONAL.split()}}} & {{*sys.modules}} - before))
"""


def test_no_optional_package_is_imported():
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
