"""What `mypy --strict` finds in a user's script."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import sklearn_shallow

pytestmark = pytest.mark.skipif(find_spec("mypy") is None, reason="needs mypy")

CORRECT = """
import numpy as np

from sklearn_shallow import Adam, Huber, ShallowNetClassifier, ShallowNetRegressor

X = np.ones((4, 2))
y = np.array([0, 1, 0, 1])
net = ShallowNetClassifier((10, 5), activation=["tanh", "relu"], solver=Adam(clip_norm=1.0))
net = net.fit(X, y, X_val=X, y_val=y)
probability = net.predict_proba(X)
shape: tuple[int, ...] = net.coefs_[0].shape
alpha: float = net.alpha_
n_iter: int = net.n_iter_
losses: list[float] = net.loss_curve_
solver = net.settings_["solver"]
columns = net.preprocessor_.transform(X)
regressor = ShallowNetRegressor(10, loss=Huber(delta=2.0), alpha="evidence").fit(X, y)
prediction = regressor.predict(X)
score: float = regressor.score(X, y)
"""
WRONG = """
from sklearn_shallow import ShallowNetClassifier

ShallowNetClassifier(hidden_layer_sizes="ten")
ShallowNetClassifier(solver=3)
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Return the lines with which mypy names errors in both scripts."""
    folder = tmp_path_factory.mktemp("scripts")
    (folder / "correct.py").write_text(CORRECT)
    (folder / "wrong.py").write_text(WRONG)
    options = ["--strict", "--cache-dir", str(folder), "--config-file", ""]
    options += ["--disable-error-code=import-untyped"]  # of libraries without types
    options += ["--follow-imports=silent"]  # the package itself is checked by other rules
    run = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "correct.py", "wrong.py"],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(Path(sklearn_shallow.__file__).parents[1])},
    )
    assert run.returncode in (0, 1), run.stderr
    return [line for line in run.stdout.splitlines() if ": error: " in line]


def test_a_correct_script_is_accepted(found):
    assert [line for line in found if line.startswith("correct.py")] == []


def test_arguments_of_the_wrong_type_are_found(found):
    first, second = [line for line in found if line.startswith("wrong.py")]
    assert '"hidden_layer_sizes" to "ShallowNetClassifier"' in first
    assert '"solver" to "ShallowNetClassifier"' in second
