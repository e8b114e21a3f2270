"""Checkpoints of a fit on batches: the state between two iterations in a file.

The file holds numbers, text and arrays only. The objects that have them are made from the settings
and the data, so that a file from others can change numbers, but run no code.
"""

import re
import time
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

from sklearn_shallow.estimators.training.fitted_network import scaling_key
from sklearn_shallow.export.file import NotPlain, encoded, read, write
from sklearn_shallow.targets.limits import Limits
from sklearn_shallow.utils.names import fields_of

PARTS = {"key": dict, "entropies": list, "runs": list}  # the content of a file
NOT_COMPARED = ("random_state", "verbose", "n_jobs", "warm_start")  # parameters that may change


class Checkpoint:
    """The file to which the state of a fit is written, and from which a later fit resumes.

    It saves and restores the state of one run after the other, see `minimize_on_batches`.

    Parameters
    ----------
    estimator : estimator
    path : str or Path
    every : float, seconds between two writings

    Attributes
    ----------
    parameters : dict of the parameters of the estimator as text
    saved : dict, the content of the file, or None
    entropies : list, the seeds of the random streams of every network
    runs : list of the states of the runs that have begun; None for a run without a saved state
    """

    def __init__(self, estimator, path, every):
        self.path, self.every, self.saved = Path(path), every, None
        self.entropies, self.runs = [], []
        self.parameters = {
            name: re.sub(r" at 0x\w+", "", repr(value))
            for name, value in fields_of(estimator).items()
            if name not in NOT_COMPARED
        }
        if self.path.exists():
            try:
                saved = read(self.path)
                self.saved = {name: kind(saved[name]) for name, kind in PARTS.items()}
            except Exception as error:  # a file may hold anything
                raise unreadable(self.path, error) from None

    def continued(self, team):
        """Return the networks to be trained, with the seeds of the fit that is resumed."""
        if self.saved is not None:
            numbers = self.saved["entropies"]
            pairs = zip(team, numbers, strict=False)
            team = [replace(member, entropy=entropy) for member, entropy in pairs]
        self.entropies = [member.entropy for member in team]
        return team

    def begin_run(self, data, streams, source):
        """Begin the next run."""
        self.data, self.streams, self.source = data, streams, source
        self._written = time.perf_counter()
        scaling = blake2b(scaling_key(data), digest_size=16).hexdigest()
        stream = data.stream
        mixing = stream.buffer_rows, stream.n_readers
        self.key = key = {
            "parameters": self.parameters,
            "batches": [stream.n_rows, stream.n_epochs, scaling, *mixing],
            "layers": list(data.network.layout.units),
        }
        if self.saved is not None and self.saved["key"] != key:
            changed = [name for name in key if key[name] != self.saved["key"].get(name)]
            before, now = self.saved["key"].get("parameters", {}), self.parameters
            changed += [name for name in now if now[name] != before.get(name)]
            raise ValueError(
                f"checkpoint={str(self.path)!r} belongs to another fit: it differs in "
                f"{', '.join(changed)}. Pass another path, or delete the file."
            )
        known = [] if self.saved is None else self.saved["runs"][len(self.runs) :]
        self.runs.append(known[0] if known else None)

    def remove(self):
        """Remove the file, once the fit is complete."""
        self.path.unlink(missing_ok=True)

    def save(self, descent):
        """Write the state at the end of a run, and every `every` seconds."""
        waited = time.perf_counter() - self._written
        if waited >= self.every or descent.progress.reason is not None:
            self.runs[-1] = self._state(descent)
            write(self.path, {"key": self.key, "entropies": self.entropies, "runs": self.runs})
            self._written = time.perf_counter()

    def _state(self, descent):
        compression, of_target = self.data.inputs.compression, self.data.target.limits
        revision = descent.revise
        return {
            "theta": descent.theta,
            "descent": [descent.n_halvings, descent.start_value, descent.plan.learning_rate],
            "alpha": float(descent.objective.alpha),
            "spectra": None if revision is None else revision.spectra.state(),
            "steps": values_of(descent.steps),
            "progress": values_of(descent.progress),
            "seconds": descent.progress.seconds,
            "schedule": values_of(descent.plan.schedule),
            "streams": {name: rng.bit_generator.state for name, rng in self.streams.items()},
            "source": self.source.state(),
            "limits": [compression.low, compression.high, of_target.low, of_target.high],
        }

    def restore(self, descent):
        """Set a descent to the saved state, if there is one, and return whether there was."""
        saved = self.runs[-1]
        if saved is None:
            return False
        try:
            self._restore(descent, saved)
        except Exception as error:  # an altered file may lead to any error
            raise unreadable(self.path, error) from None
        return True

    def _restore(self, descent, saved):
        descent.theta[...] = saved["theta"]
        descent.n_halvings, descent.start_value, rate = saved["descent"]
        descent.plan = replace(descent.plan, learning_rate=rate)
        if descent.revise is not None:
            descent.objective = descent.revise.resume_with(saved["alpha"])
            descent.revise.spectra.restore(saved["spectra"])
        for part in ("steps", "progress"):
            restore_values(getattr(descent, part), saved[part])
        restore_values(descent.plan.schedule, saved["schedule"])
        descent.progress.set_elapsed(saved["seconds"])
        for name, state in saved["streams"].items():
            self.streams[name].bit_generator.state = state
        self.source.restore(saved["source"])
        low, high, *of_target = saved["limits"]
        inputs = self.data.inputs
        inputs.compression = replace(inputs.compression, low=low, high=high)
        self.data.target.limits = Limits(*of_target)


def unreadable(path, error):
    """Return the error for a damaged or altered file."""
    return ValueError(
        f"checkpoint={str(path)!r} cannot be read: {error}. Pass another path, or delete the file."
    )


def values_of(thing):
    """Return the attributes of an object that are numbers, text or arrays."""
    return {name: value for name, value in vars(thing).items() if is_plain(value)}


def is_plain(value):
    """Return whether a value can be written."""
    try:
        encoded(value, [])
    except NotPlain:
        return False
    return True


def restore_values(thing, values):
    """Set the attributes that `values_of` has returned."""
    for name, value in values.items():
        if not is_plain(getattr(thing, name)):
            raise ValueError(f"{name!r} is no part of a state")
        setattr(thing, name, value)
