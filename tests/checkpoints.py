"""The checkpoints of a fit, for the tests."""

from sklearn_shallow.estimators.streaming.checkpoint import Checkpoint


def states_saved(monkeypatch, path):
    """Return a list that gets what is in the file after every time that a fit saves its state."""
    saved, save = [], Checkpoint.save

    def kept(self, descent):
        save(self, descent)
        saved.append(path.read_bytes())

    monkeypatch.setattr(Checkpoint, "save", kept)
    return saved
