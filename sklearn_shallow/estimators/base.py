"""What the estimators share: parameters, and `fit` as a recipe."""

from contextlib import contextmanager
from copy import deepcopy
from numbers import Integral, Real

import numpy as np

from sklearn_shallow.estimators.auto import (
    batch_rows,
    choose,
    choose_for_a_pass,
    iterations,
    rate_of,
    schedule,
)
from sklearn_shallow.estimators.checks import (
    StrOptions,
    check_decay,
    check_fit_data,
    check_initial_parameters,
    check_parameters,
    finds_decay,
)
from sklearn_shallow.estimators.ensemble import (
    best_runs,
    check_one_start,
    new_streams,
    restart_streams,
    run_all,
    single_nets,
)
from sklearn_shallow.estimators.fit_warnings import warn_of_result
from sklearn_shallow.estimators.fitted import FittedNet, fitted_state, forget, scales
from sklearn_shallow.estimators.log import visible
from sklearn_shallow.estimators.options import SOLVER_OPTIONS, warn_of_unused_options
from sklearn_shallow.estimators.preparation import (
    check_known,
    check_representable,
    hold_out,
    make_compression,
    make_model,
    make_objective,
    make_scaling,
    network_rows,
    observed_rows,
    precision,
    row_weights,
)
from sklearn_shallow.estimators.reporting import make_bridge, mean_decay
from sklearn_shallow.estimators.training import (
    Start,
    Task,
    Training,
    explain,
    make_optimizer,
    prepare_held_out,
    stepper,
)
from sklearn_shallow.estimators.uncertainty import check_posterior, make_posterior
from sklearn_shallow.inputs.sample_weights import Seen, streamed, total
from sklearn_shallow.losses.registry import make_loss
from sklearn_shallow.solvers.minimize import Diverged, run_epoch
from sklearn_shallow.solvers.progress import entries
from sklearn_shallow.solvers.schedules import SCHEDULES, Schedule
from sklearn_shallow.solvers.update_rules import OPTIMIZERS
from sklearn_shallow.utils.rows import take_rows
from sklearn_shallow.utils.scikit_learn import (
    CallbackSupportMixin,
    Interval,
    Options,
    with_callbacks,
)
from sklearn_shallow.utils.threads import blas_threads

__all__ = ["BaseShallowNet"]

AUTO = StrOptions({"auto"})
GOING_ON = ("shuffle", "dropout")  # streams


class BaseShallowNet(CallbackSupportMixin, FittedNet):
    """Base of the estimators; a subclass says what a target is."""

    _parameter_constraints: dict = {
        "hidden_layer_sizes": "no_validation",  # check_hidden_units
        "activation": "no_validation",  # check_activations
        "solver": [StrOptions({"auto", *SOLVER_OPTIONS})],
        "alpha": "no_validation",  # check_per_layer
        "l1_ratio": "no_validation",  # check_parameters
        "batch_size": [StrOptions({"auto", "full"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions({"auto", *SCHEDULES}), callable],
        "learning_rate_init": [AUTO, Interval(Real, 0, None, closed="neither")],
        "power_t": [Interval(Real, 0, None, closed="left")],
        "max_iter": [AUTO, Interval(Integral, 1, None, closed="left")],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
        "max_fun": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
        "early_stopping": [AUTO, "boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither"), "cv_object"],
        "scoring": [str, callable, None],
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "nesterovs_momentum": ["boolean"],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "max_grad_norm": [Interval(Real, 0, None, closed="neither"), None],
        "dropout": "no_validation",  # check_dropout
        "init": "no_validation",  # check_init
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "n_restarts": [Interval(Integral, 1, None, closed="left")],
        "standardize": ["boolean", StrOptions({"auto"})],
        "posterior": [StrOptions({"laplace"}), None],
        "dtype": [StrOptions({"auto", "float32", "float64"})],
        "shuffle": ["boolean"],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    @with_callbacks
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        groups=None,
        coef_init=None,
        intercept_init=None,
    ):
        """Train the network, from new initial values unless ``warm_start=True``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data; sparse input is not made dense.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight 2 counts a row twice, weight 0 leaves it out. Where `alpha` is found on the data,
            a common factor has no effect: the weights are made 1 in the mean, unless they are
            counts, whole numbers of which the smallest is 1.
        X_val, y_val : array-likes like X and y, default=None
            Rows to validate on, in place of a part of X; they turn ``early_stopping="auto"`` on,
            and with ``early_stopping=False`` only watch: see `history_`.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Their weights.
        groups : array-like of shape (n_samples,), default=None
            For a splitter in `validation_fraction` that keeps groups together.
        coef_init, intercept_init : lists of arrays, default=None
            Initial values in place of random ones, with the shapes of `coefs_` and `intercepts_`,
            and like these for X as it is passed, or as the `compression_` of this fit leaves it;
            for one network that is trained once.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data cannot be used, or if training fails numerically; the
            message names the reason and the way out, and the estimator is as it was before.
        """
        validation = (X_val, y_val, sample_weight_val)
        with all_or_nothing(self), visible(self.verbose):
            check_parameters(self)
            check_one_start(self, coef_init, intercept_init)
            check_posterior(self)
            interrupt = self._fit(
                (X, y, sample_weight), groups, validation, (coef_init, intercept_init)
            )
        if interrupt is not None:
            raise interrupt
        return self

    def _fit(self, given, groups, validation, initial):
        """Fit, and return the KeyboardInterrupt if one came and the parameters are to be kept."""
        going_on = self.warm_start and self.__sklearn_is_fitted__()
        if not going_on:
            forget(self)
        rows = check_fit_data(self, *given[:2], reset=not going_on)
        target = self._make_target(rows[1])
        target.question(rows[1])
        if going_on:
            target.check_same(self._target)
        weights = row_weights(self, *rows, target, given[2])
        self._choose(rows[0], weights[0], target, groups, validation)
        nets = single_nets(self)
        streams = [net._make_streams() for net in nets]
        train, held_out = hold_out(
            self, rows, target, weights, groups, validation, streams[0]["split"]
        )
        task = self._prepare(train, held_out, target)
        starts = [net._starts(task, own, initial) for net, own in zip(nets, streams, strict=True)]
        bridge = make_bridge(self, given, sum(map(len, starts)), task.max_iter)
        runs, interrupt = run_all(self, nets, task, starts, bridge)
        best = best_runs(runs)
        for net, start, run in zip(nets, starts, best, strict=True):
            net._take_over(task, start[0], run)
        if self.n_estimators > 1:
            self._gather([net for net in nets if net.__sklearn_is_fitted__()])
        if bridge is not None:
            bridge.close()
        done = [run for run in best if run is not None]
        warn_of_result(self, done, going_on=going_on)
        return interrupt

    def _check_loss(self):
        """Check the loss and its options, as far as `_parameter_constraints` do not."""
        self._checked_loss()

    def _checked_loss(self):
        return make_loss(self.loss, self._losses, vars(self))

    def _class_weighted(self, target, y, sample_weight):
        return target.class_weighted(getattr(self, "class_weight", None), y, sample_weight)

    def _choose(self, X, sample_weight, target, groups, validation):
        """Settle what is "auto", and say which options have no effect then."""
        given = validation[0] is not None
        rate = rate_of(self, X, sample_weight)
        choose(self, rate, validates=given)
        if groups is not None and not self.early_stopping_:
            raise ValueError(
                "groups were passed with early_stopping=False, where nothing is split. Set "
                "early_stopping=True and a splitter in validation_fraction, or leave groups out."
            )
        check_decay(self)
        watches = given and not self.early_stopping_
        warn_of_unused_options(self, self._losses, watches=watches)

    def _prepare(self, train, held_out, target):
        """Return what all runs of the solver have in common."""
        X, y, weights = train
        batch_size = batch_rows(self, X.shape[0])
        max_iter = iterations(self, X.shape[0], batch_size)
        full_batch = batch_size == X.shape[0]
        dtype = precision(self, X, target, full_batch=full_batch)
        Y = target.encode(y, dtype)
        given = total(weights[1], X.shape[0])
        X, Y, weights = observed_rows(self, X, Y, weights, full_batch=full_batch)
        batch_size = len(Y) if full_batch else batch_size
        check_known(Y)
        check_representable(self, X, Y)
        target.learn(Y, weights[0])
        Y = target.standardized(Y, dtype)
        compression = make_compression(self, X, weights[0])
        scaling = make_scaling(self, X, weights[0], compression=compression)
        model = make_model(self, X, target, scaling)
        rows = network_rows(self, model, X, Y, weights[1])
        if held_out is not None:
            held_out = prepare_held_out(self, model, target, dtype, held_out)
        in_units, seen = scales(model, target), Seen(given, rows.total_weight)
        return Task(model, target, rows, batch_size, max_iter, held_out, in_units, seen)

    def _starts(self, task, streams, initial):
        """Return where the runs of the solver begin: as many as `n_restarts` if at random."""
        going_on = self.__sklearn_is_fitted__()
        n_starts = 1 if going_on else self.n_restarts
        further = (restart_streams(self._entropy, number) for number in range(1, n_starts))
        last = self._training if going_on else None
        return [
            Start(self._initialized(*task[:3], own["initial"], initial).theta, own, last)
            for own in (streams, *further)
        ]

    def _take_over(self, task, start, run):
        """Set what the best run has led to; without a run, a fitted network stays at its start."""
        going_on = self.__sklearn_is_fitted__()
        self.batch_size_, self.max_iter_ = task.batch_size, task.max_iter
        if run is not None:
            self._seen = task.seen
            self._training = run.training
            model, evidence = task.model.at(run.result.theta), run.result.evidence
            posterior = make_posterior(self, task, run.result.theta, evidence)
            self._keep(model, task.target, evidence, posterior)
            rows_before = self.t_ if going_on else 0
            self._record(run.progress, run.result, going_on)
            self.t_ = rows_before + self.n_iter_ * len(task.rows.Y)
        elif going_on:
            self._keep(task.model.at(start.theta), task.target)

    def _initialized(self, model, target, rows, rng, initial=(None, None)):
        """Return the model at its initial values: the caller's, the last fit's, or random ones."""
        layout = model.network.layout
        going_on = self.__sklearn_is_fitted__()
        if going_on:
            self._check_same_network(model.network)
        start = check_initial_parameters(*initial, layout)
        if start is None and going_on:
            if scales(self._model, self._target) == scales(model, target):
                return model.at(self._model.theta)
            start = self._in_user_units()
        if start is not None:
            last = layout.unpack(start)
            last.W[-1][...], last.b[-1][...] = target.from_raw_units(last.W[-1], last.b[-1].copy())
            return model.at(model.scaled(start))
        theta = layout.initial(rng, self.init, model.network.activations)
        layout.unpack(theta).b[-1][...] = target.first_raw(rows.Y, rows.weight)
        return model.at(theta)

    def _check_same_network(self, network):
        """Check that the fitted parameters mean the same in another network."""
        before = self._model.network
        way_out = "start from scratch: fit with warm_start=False, or clone."
        if before.layout.units != network.layout.units:
            raise ValueError(
                f"hidden_layer_sizes={self.hidden_layer_sizes!r} makes layers "
                f"{network.layout.units}, but the fitted network has {before.layout.units}, and "
                f"training was to go on with it. Set hidden_layer_sizes back, or {way_out}"
            )
        if before.activations != network.activations:
            raise ValueError(
                f"activation={self.activation!r}, but the weights of the fitted network are for "
                f"{before.activations}, and training was to go on with them. Set activation back, "
                f"or {way_out}"
            )

    def _takes_parts(self):
        """Return True if the settings go with `partial_fit`; the error says which one does not."""
        for name, refused, way_out in self._needs_all_rows():
            if refused:
                raise AttributeError(
                    f"{name}={getattr(self, name)!r} needs all rows, partial_fit sees a part. "
                    f"{way_out}, or call fit."
                )
        return True

    def _needs_all_rows(self):
        """Return the names of settings, whether `partial_fit` refuses them, and the way out."""
        wishes = isinstance(self.early_stopping, (bool, np.bool_)) and self.early_stopping
        seeks = finds_decay(self.alpha) and not self.__sklearn_is_fitted__()
        stochastic = self.solver in ("auto", *OPTIMIZERS)
        return [
            ("solver", not stochastic, "Set solver='adam', 'adamw' or 'sgd'"),
            ("early_stopping", wishes, "Set early_stopping to 'auto' or False"),
            ("posterior", self.posterior is not None, "Set posterior=None"),
            ("alpha", seeks, "Give alpha as a number"),
        ]

    def _partial_fit(self, X, y, make_target, sample_weight):
        """Pass once over the rows, from where the last call ended."""
        with all_or_nothing(self):
            check_parameters(self)
            self._pass_once(X, y, make_target, sample_weight)
        return self

    def _pass_once(self, X, y, make_target, sample_weight):
        first = not self.__sklearn_is_fitted__()
        X, y = check_fit_data(self, X, y, reset=first)
        target = make_target(y)
        choose_for_a_pass(self)
        weights = row_weights(self, X, y, target, sample_weight)
        if weights[1] is not None and not weights[1].all():
            X, y, weights = take_rows(np.flatnonzero(weights[1]), X, y, weights)
        nets = single_nets(self)
        for net in nets:
            choose_for_a_pass(net)
        before, scale = Seen() if first else nets[0]._seen, isinstance(self.alpha, str)
        weights, seen = streamed(weights, X.shape[0], before, scale=scale)
        # The standardised network goes on as it is, even if the statistics have moved a little.
        scaling = None if first else deepcopy(nets[0]._model.scaling)
        scaling = make_scaling(self, X, weights[0], scaling=scaling)
        model = make_model(self, X, target, scaling)
        dtype = precision(self, X, target, full_batch=False)
        Y = target.encode(y, dtype)
        check_representable(self, X, Y)
        target.learn(Y, weights[0])
        Y = target.standardized(Y, dtype)
        rows = network_rows(self, model, X, Y, weights[1])
        for net in nets:
            net._seen = seen
            net._step_through(model, target, rows)
        if self.n_estimators > 1:
            self._gather(nets)

    def _step_through(self, model, target, rows):
        first = not self.__sklearn_is_fitted__()
        streams = self._make_streams()
        if first or (self._model.scaling.moments.n_rows == 0 and self.standardize):
            # The first statistics: a fitted network goes on as the same function of X.
            model = self._initialized(model, target, rows, streams["initial"])
        else:
            self._check_same_network(model.network)
            model = model.at(self._model.theta)
        # The prior counts once for all rows seen, not once per call.
        prior = rows.total_weight / self._seen.counted
        objective = make_objective(self, model, rows, target, prior=prior, rng=streams["dropout"])
        theta = model.theta.astype(objective.dtype)
        last = None if first else self._training
        # Running statistics move at every call, and the optimiser's state goes on all the same.
        optimizer, signature = make_optimizer(
            self, objective.layout, theta, self._seen.counted, "running", last
        )
        n_done, rows_before = (0, 0) if first else (self.n_iter_, self.t_)
        # How many calls will come is not known, so only a rate that follows their count moves.
        moves = self.learning_rate_ == "invscaling"
        rates = schedule(self, max_iter=None) if moves else Schedule(max_iter=None)
        self.batch_size_ = batch_size = batch_rows(self, objective.n_rows)
        with blas_threads(batch_size, objective):
            value, penalty, norm = run_epoch(
                objective,
                theta,
                stepper(optimizer, objective),
                streams["shuffle"] if self.shuffle else None,
                rate=lambda done: self.learning_rate_init_ * rates.factor(n_done + done),
                batch_size=batch_size,
                max_grad_norm=self.max_grad_norm,
            )
        if not (np.isfinite(value) and np.isfinite(theta).all()):
            failure = Diverged(n_done + 1, self.learning_rate_init_ * rates.factor(n_done))
            raise ValueError(explain(self, failure, objective))
        self._keep(model.at(theta), target)
        self._training = Training(optimizer, signature, streams)
        rate = self.learning_rate_init_ * rates.factor(n_done)
        new = entries(value, penalty, mean_decay(self._decay), rate, norm, np.nan)
        self._extend_history({name: [entry] for name, entry in new.items()}, going_on=not first)
        self.n_iter_ = self.best_iteration_ = n_done + 1
        self.t_ = rows_before + objective.n_rows
        self.best_validation_score_ = None
        self.loss_ = value
        vars(self).pop("max_iter_", None)

    def _make_streams(self):
        """Return the random streams by purpose.

        Those of a continued fit go on, but for the split: that is the same in every fit.
        """
        streams = new_streams(self._entropy)
        if not self.__sklearn_is_fitted__():
            return streams
        if self._training is not None:
            return streams | {name: deepcopy(self._training.streams[name]) for name in GOING_ON}
        later = new_streams([*self._entropy, self.n_iter_])
        return streams | {name: later[name] for name in GOING_ON}


@contextmanager
def all_or_nothing(estimator):
    """Give an estimator back the fitted state that it had, if what follows fails."""

    before = fitted_state(estimator)
    try:
        yield
    except BaseException:
        forget(estimator)
        vars(estimator).update(before)
        raise
