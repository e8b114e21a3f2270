"""The checkpoints of a fit, for the tests."""

from spies import spied

from sklearn_shallow.estimators.streaming.checkpoint import Checkpoint


def states_saved(monkeypatch, path):
    """Return a list that gets what is in the file after every time that a fit saves its state."""
    return spied(monkeypatch, Checkpoint, "save", lambda *_: path.read_bytes())
