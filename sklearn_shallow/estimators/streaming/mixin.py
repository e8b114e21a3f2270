"""Training on a part of the samples at a time: `partial_fit` and `fit_batches`."""

from dataclasses import replace
from operator import is_
from weakref import WeakKeyDictionary

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sklearn_shallow.estimators.callbacks import CallbackBridge
from sklearn_shallow.estimators.parameters.checks import check_fit_data
from sklearn_shallow.estimators.parameters.declared import PLAIN
from sklearn_shallow.estimators.parameters.options import warn_of_unused_options
from sklearn_shallow.estimators.parameters.settings import Settings, is_auto
from sklearn_shallow.estimators.scikit_learn import with_callbacks
from sklearn_shallow.estimators.streaming.checkpoint import Checkpoint
from sklearn_shallow.estimators.streaming.data import Stream
from sklearn_shallow.estimators.streaming.survey import CheckedBatches, warn_of_new, with_declared
from sklearn_shallow.estimators.training.data import TrainingData
from sklearn_shallow.estimators.training.ensemble import members, run_all
from sklearn_shallow.estimators.training.log import visible
from sklearn_shallow.estimators.training.results import after_epoch
from sklearn_shallow.estimators.training.run import StreamEnded
from sklearn_shallow.inputs.batches import Batches
from sklearn_shallow.solvers.registry import SOLVERS
from sklearn_shallow.utils.names import fields_of
from sklearn_shallow.utils.numbers import is_integer, is_number
from sklearn_shallow.utils.warnings import warn_user

# The settings of the call of `partial_fit` that made a network; they are not saved with it
_SETTINGS: WeakKeyDictionary = WeakKeyDictionary()
IMMUTABLE = PLAIN | {tuple}


class StreamingMixin:
    """`partial_fit` and `fit_batches` of both estimators."""

    def _partial_fit(self, X, y, sample_weight, classes=None):
        """Train for one epoch, continuing from the last call."""
        last = self._networks[0] if self._networks else None
        settings = unchanged_settings(self, last) or Settings.of_part(self, last)
        with self._all_or_nothing():
            passed, keeps_absent = (X, y), False
            X, y = check_fit_data(self, *passed, reset=last is None)
            if last is None:
                X, y, keeps_absent = with_declared(self, *passed, (X, y))
            else:
                warn_of_new(self._table, passed[0], X)
            target = self._target_of_part(y, settings, classes)
            samples = self._samples(X, y, weight=sample_weight, keeps_absent=keeps_absent)
            samples = samples.weighted(settings, target).without_zeros()
            data = TrainingData.of_part(settings, samples, target, last)
            team = members(settings, self._networks)
            networks = [after_epoch(data, member) for member in team]
            self._networks, self._chosen = networks, data.chosen
            _SETTINGS[networks[0]] = settings
        return self

    def _takes_parts(self):
        """Return True, or raise an error with the parameter that `partial_fit` cannot use."""
        refuse(self._needs_all_rows(), vars(self), "partial_fit", AttributeError)
        return True

    def _needs_all_rows(self):
        """Return tuples (parameter, whether `partial_fit` refuses it, advice)."""
        solver = SOLVERS.get(self.solver) if isinstance(self.solver, str) else self.solver
        takes_batches = is_auto(self.solver) or getattr(solver, "takes_batches", False)
        stops = isinstance(self.early_stopping, (bool, np.bool_)) and self.early_stopping
        is_sought = isinstance(self.alpha, str) and self.alpha == "evidence"
        return [
            ("solver", not takes_batches, "Set solver='adam' or 'sgd'"),
            ("early_stopping", stops, "Set early_stopping to 'auto' or False"),
            ("posterior", self.posterior is not None, "Set posterior=None"),
            ("alpha", is_sought and not self._networks, "Give alpha as a number"),
        ]

    @with_callbacks
    def _fit_batches(
        self, batches, columns, validation, epochs, steps, checkpoint, every, classes=None
    ):
        """Train on batches; `columns` holds the target if batches are tables.

        Parameters
        ----------
        validation : tuple of X, y and sample weights
        checkpoint, every : path of the checkpoint, and seconds between two of them
        """
        settings = Settings.of(self, validates=validation[0] is not None)
        batches = Batches(batches, columns)
        check_passed(batches, epochs, steps, every)
        check_goes_with_batches(settings)
        settings = settings if epochs is None else replace(settings, max_iter=epochs)
        warn_of_unused_options(settings, self)
        last = self._networks if self.warm_start else ()
        with self._all_or_nothing(), visible(self.verbose):
            team = members(settings, last)
            if checkpoint is not None:
                checkpoint = Checkpoint(self, checkpoint, every)
                team = checkpoint.continued(team)
            checked = CheckedBatches(self, batches, is_known=len(last) > 0)
            stream = Stream(checked, steps, checkpoint, is_new=not last)
            found = list(stream.facts.labels) or None if classes is None else classes
            target = self._make_target(stream.sample.y, settings, found)
            settings = stream.facts.with_class_weights(settings)
            data = self._data(settings, stream, target, validation, team[0])
            bridge = CallbackBridge(self, validation, team, data)
            best, interrupt = run_all(data, team, bridge)
            self._keep_best(data, team, best, bridge)
        if isinstance(interrupt, StreamEnded):
            warn_user(str(interrupt), ConvergenceWarning)
        elif interrupt is not None:
            raise interrupt
        if checkpoint is not None:
            checkpoint.remove()
        return self


def unchanged_settings(estimator, last):
    """Return the settings of the last call of `partial_fit`, whose check takes a tenth of a call;
    None if a parameter has been set since, or is an object that may have changed."""
    settings = None if last is None else _SETTINGS.get(last)
    values = fields_of(estimator).values()
    if settings is None or not IMMUTABLE.issuperset(map(type, values)):
        return None
    return settings if all(map(is_, values, settings.given.values())) else None


def check_passed(batches, epochs, steps, every):
    """Check the length of the fit and the interval of checkpoints."""
    if not (is_number(every) and every >= 0):
        raise ValueError(f"checkpoint_every={every!r} must be a number of seconds >= 0.")
    for name, value in (("epochs", epochs), ("steps", steps)):
        if value is not None and not (is_integer(value) and value >= 1):
            raise ValueError(f"{name}={value!r} must be an int >= 1, or None.")
    if epochs is not None and steps is not None:
        raise ValueError(
            f"epochs={epochs} and steps={steps}: both say how long to train. Pass one of them."
        )
    if steps is None and not batches.is_repeatable:
        raise ValueError(
            "batches is an iterator, which can be read once only, and several passes are needed: "
            "one to see how many samples there are and what the columns are like, and one per "
            "epoch. Pass a callable that returns a fresh iterator, lambda: ..., or set steps to "
            "the number of updates after which to end."
        )


def check_goes_with_batches(settings):
    """Check that no setting needs all samples at once."""
    given = settings.given
    stops = settings.early_stopping and not settings.validates
    needs_all_rows = (
        ("solver", not settings.solver.takes_batches, "Set solver='adam' or 'sgd'"),
        ("batch_size", settings.batch_size == "full", "Set batch_size to 'auto' or a number"),
        ("early_stopping", stops, "Pass X_val and y_val"),
    )
    refuse(needs_all_rows, given, "fit_batches", ValueError)


def refuse(needs_all_rows, given, method, error, otherwise="call fit"):
    """Raise the error if one of the settings needs all samples."""
    for name, needs_all, way_out in needs_all_rows:
        if needs_all:
            raise error(
                f"{name}={given[name]!r} needs all samples, {method} sees a part. {way_out}, or "
                f"{otherwise}."
            )
