"""`ShallowNetClassifier`: parameters, training on labels, predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if

from sklearn_shallow.estimators.base import BaseShallowNet
from sklearn_shallow.estimators.parameters.declared import StrOptions, parameter
from sklearn_shallow.estimators.parameters.keywords import with_checked_parameters
from sklearn_shallow.estimators.saving import saveable
from sklearn_shallow.losses.base import Loss
from sklearn_shallow.losses.registry import CLASSIFIER_LOSSES
from sklearn_shallow.targets.class_weights import check_no_weights, listed
from sklearn_shallow.targets.labels import Multilabel, class_target
from sklearn_shallow.utils.statistics import is_missing
from sklearn_shallow.utils.typing import MatrixLike


@saveable
@with_checked_parameters
@dataclass(eq=False, repr=False, kw_only=True)
class ShallowNetClassifier(ClassifierMixin, BaseShallowNet):
    """A shallow neural network classifier: one or a few dense hidden layers.

    Minimises, over the weights W_l and biases b_l of all layers,

        (sum_i s_i loss(y_i, raw_i) + alpha / 2 * sum_l ||W_l||^2) / sum_i s_i

    with s_i the sample weight times the weight of its class, for every solver. Two classes
    and multilabel targets have a logistic output, three or more classes a softmax output.

    y holds one label per sample, or is a multilabel indicator of 0 and 1, in which nan marks
    unknown labels; these have no loss.

    Parameters
    ----------
    hidden_layer_sizes : int, tuple of int, or "auto", default="auto"
        Units of each hidden layer; an int is one layer; ``()`` is a linear model, that is logistic
        regression. "auto" is ``(100,)``, or ``(64, 64)`` where short fits to half of the samples
        find two layers more probable.
    activation : str, Activation, or list of these, default="relu"
        Activation of the hidden layers: "identity", "logistic" (or "sigmoid"), "tanh", "relu",
        "leaky_relu" (slope 0.01 below zero; `LeakyReLU` for others), "elu", "softplus", "silu" or
        "gelu"; a custom `Activation`; or a list with one of these per hidden layer.
    loss : {"log_loss", "squared_error", "absolute_error"} or Loss, default="log_loss"
        Loss of a sample. The last two are functions of the probabilities: ``sum((p - y)**2) / 2``
        and ``sum(abs(p - y))``. Only the first is convex in the output layer; the last does not
        lead to calibrated probabilities. ``LogLoss(smoothing=0.1)`` smooths the labels.
    solver : {"auto", "adam", "sgd", "lbfgs", "lm"} or Solver, default="auto"
        "adam" and "sgd" make steps on batches of samples. "lbfgs" uses all samples at once, and
        comes closer to a minimum. "lm" is Levenberg-Marquardt (Nielsen 1999), with losses other
        than the squared error the generalised Gauss-Newton method: by far the best for smooth
        functions with few hidden units; it needs a loss with a curvature and at most 3,000
        parameters. "auto" is "adam". Solver objects have more options: `Adam`, `SGD`, `LBFGS` and
        `LevenbergMarquardt`, for example ``Adam(clip_norm=1.0, max_time=60)``.
    alpha : float >= 0, "auto" or "evidence", default="auto"
        Weight decay: the prior precision of a weight. It means the same for every solver, batch
        size and number of samples; biases are not penalised. "evidence" finds it from the training
        data (MacKay 1992), with "adam" in one fit, with "lbfgs" and "lm" in the time of a few fits.
        "auto" is "evidence", and also finds the relevance of the features (see `relevance_`) and
        calibrates the probabilities if features are many; with a custom solver that cannot find a
        decay it is 1. See `alpha_`.
    l1_ratio : float in [0, 1], or sequence of such, default=0.0
        Fraction of `alpha` that multiplies the absolute values of the weights instead of half their
        squares, for all layers or per layer. It makes weights exactly zero, by proximal steps (Yun,
        Lozano & Yang 2021): ``l1_ratio=(1, 0)`` drops features from a network with one hidden
        layer. For "adam" and "sgd".
    batch_size : int, "auto" or "full", default="auto"
        Samples per step of "adam" and "sgd". "auto" is an eighth of all samples, but at least 32
        and at most 256. Batches differ in size by at most one sample.
    learning_rate : str or callable, default="auto"
        Schedule of the learning rate of "adam" and "sgd": "constant"; "invscaling", divided by
        ``t**power_t`` in epoch t; "adaptive", divided by 5 whenever two epochs in a row bring no
        improvement, until the fit ends at a thousandth; "flat_cosine", constant for three quarters
        of `max_iter` and then down to zero, without regard to `tol`; or a function that maps the
        completed fraction of `max_iter` to a factor of `learning_rate_init`. "auto" is
        "flat_cosine" over a number of epochs that depends on the data, `max_iter` at most; in
        `partial_fit`, where only "invscaling" changes the rate, it is "constant".
    learning_rate_init : float > 0 or "auto", default="auto"
        Initial learning rate. With a schedule that ends at zero, "auto" is ``min(0.02, 0.08 /
        sqrt(n_features_in_))`` for "adam", and for "sgd", with h hidden units, ``1.8 /
        (n_features_in_ + h)`` (log-loss: four times that), at most 0.1. Otherwise, and in
        `partial_fit`, it is 0.003, for "adam" at most ``0.03 / sqrt(n_features_in_)``. For sparse X
        it depends on the length of the samples. With a number below 1 for `alpha`, the rate of
        "adam" in `fit` is multiplied by alpha, or by 0.1 if that is more: small steps keep the
        weights small if the decay does not.
    power_t : float >= 0, default=0.5
        Exponent of "invscaling".
    max_iter : int or "auto", default="auto"
        Largest number of epochs ("adam", "sgd") or iterations ("lbfgs", "lm"; those of the search
        for the decay, at most eighteen rounds of 50, are not counted). With
        ``learning_rate="auto"`` a fit makes the epochs of "auto", and doubles them, up to
        `max_iter`, while the loss still falls; with "flat_cosine" it makes all `max_iter` epochs
        (two thirds of them for noisy labels). "auto" is

        - 64 epochs for "adam" and "sgd", and ``64 * sqrt(10_000 / n)``, at least 16, for n samples
          from 10,000 on; more for at least 512 updates (384 with more features than samples; 256
          with `alpha` of 1 or more and automatic batches); fewer for at most 50,000 updates; down
          to half for noisy targets of up to 10,000 samples, and two thirds for noisy labels. "sgd"
          makes at least 10 updates per feature and hidden unit, in at most 256 epochs;
        - 200 epochs or 1,000 updates, whichever is more, with other schedules;
        - 1,000 iterations for "lbfgs" and "lm" if the decay is found, else 200.
    max_fun : int >= 1, default=15000
        Largest number of evaluations of the objective by "lbfgs", which needs about one per
        iteration.
    tol : float >= 0, default=1e-4
        Tolerance: a loss has improved when it has fallen by more than `tol` times its size, or by
        more than `tol` times its total decrease so far if that is less.
    n_iter_no_change : int or inf, default=10
        Epochs or iterations in a row without improvement after which training ends.
    early_stopping : bool or "auto", default="auto"
        Monitor the loss or score on a validation set instead of the training loss, and return the
        parameters that were best there. "auto" is True if a validation set is passed to `fit`. With
        "flat_cosine", `n_iter_no_change` epochs without improvement let the learning rate fall to
        zero; with other schedules they end the fit.
    validation_fraction : float in [0, 1), default=0.1
        Fraction of the samples in the validation set, stratified if the counts permit. To validate
        on groups or on later samples, pass ``X_val`` and ``y_val`` to `fit`.
    scoring : str, callable or None, default="loss"
        Measure on the validation set: "loss", the name of a scorer, a scorer with the signature
        ``scorer(estimator, X, y)``, or None for `score`. A scorer gets arrays, without the column
        names of a data frame, and the weights if it has an argument `sample_weight`.
    momentum : float in [0, 1), default=0.9
        Momentum of "sgd".
    nesterovs_momentum : bool, default=True
        Whether the momentum of "sgd" is Nesterov's.
    beta_1 : float in [0, 1), default=0.9
        Decay rate of the first moment of the gradient, its mean, in "adam".
    beta_2 : float in [0, 1), default=0.95
        Decay rate of the second moment, the mean of the squares, in "adam".
    epsilon : float > 0, default=1e-8
        Constant that keeps "adam" from dividing by zero.
    dropout : float in [0, 1) or sequence of such, default=0.0
        Probability that a hidden unit is set to zero in a step of "adam" and "sgd"; a sequence has
        one entry for the inputs and one per hidden layer.
    class_weight : dict, "balanced", list of dicts, or None, default=None
        Weights of the classes, by label; "balanced" is inversely proportional to their frequency.
        A multilabel y takes a list with one dict per label, or "balanced"; the weight of a sample
        is then the product over its labels.
    n_estimators : int >= 1, default=1
        Number of networks with different random seeds, whose probabilities are averaged; each is in
        `estimators_`. The first equals the network with ``n_estimators=1``. The loss on new samples
        is slightly lower than with one network; five take 2.4 to 2.7 times as long.
    n_init : int >= 1, default=1
        Training runs per network, from different initial values. The best one is kept: the one with
        the lowest objective; with early stopping, the one with the best score on the validation
        set; if `alpha_` is found from the data, the one with the highest `log_evidence_`. Without
        effect in a warm start and in `partial_fit`.
    posterior : {"laplace"} or None, default=None
        "laplace" estimates the uncertainty of the parameters after training, by a normal posterior
        with the Gauss-Newton matrix (MacKay 1992; Immer, Korzepa & Bauer 2021). The probabilities
        are then moderated, and there are `n_effective_params_`, `loo_score_` and `covariance_`. For
        "log_loss". The fit is the same as without. The matrix has a row per parameter or per sample
        and output, whichever are fewer; if both are many, some samples stand for all.
    standardize : "auto" or bool, default="auto"
        Scale every feature to mean 0 and standard deviation 1 (sparse X: only scale), as learned in
        `fit`. `coefs_` and `intercepts_` apply to X as passed. "auto" also compresses features with
        heavy tails or outliers, and limits new values to the training range of a feature plus a
        tenth of it on either side; see `preprocessor_`. `partial_fit` keeps what an earlier `fit`
        has learned; without one it only limits X. For sparse X, "auto" multiplies features of
        similar scale by similar factors, rare ones by larger ones.
    numeric_encoding : "auto", int, transformer or None, default="auto"
        Encoding of every number, in addition to the number itself. An int is a number of bins
        between quantiles; the input of a bin rises linearly from its lower to its upper edge
        (Gorishniy, Rubachev & Babenko 2022), so that steps and bends are easily learned. A
        transformer, such as ``SplineTransformer()``, adds the columns that it makes of X. None adds
        nothing. "auto" is a number of bins if short fits to half of the samples find the targets
        more probable with them, else None: 8 bins, and up to 32 with few features from 10,000
        samples on; 16 to 32 for a loss other than "log_loss"; fewer with many features, at most
        2,000 in all. "auto" considers bins in `fit` with "adam" or "sgd" and a decay that is found,
        for dense X of at least 100 samples, at most 500 features, and no more features than
        samples.
    categorical_features : "from_dtype", array-like or None, default="from_dtype"
        Which features are categories, as in `HistGradientBoosting`: "from_dtype" takes the columns
        of a data frame that are categorical or strings; otherwise a mask, indices or names. Every
        category gets a column of zeros and ones; more than 255 in a feature, or more than half as
        many as samples, are replaced by the means of y in them, cross-fitted as in `TargetEncoder`.
        A category that is unknown in a prediction counts as missing. Booleans are numbers.
    shuffle : bool, default=True
        Whether "adam" and "sgd" shuffle the samples in every epoch.
    warm_start : bool, default=False
        Continue from the last fit: with its parameters, on the same validation set, and with the
        state of the solver if solver, shapes and scaling are unchanged. Schedule and
        `n_iter_no_change` start again.
    verbose : bool or int, default=False
        Log to the logger "sklearn_shallow", or to standard error if no handler takes it: 1 for
        about twenty lines, 2 or more for every iteration.
    n_jobs : int or None, default=None
        Number of runs at the same time, in threads unless `joblib.parallel_config` says otherwise;
        -1 is one per core. Results do not depend on it.
    random_state : int, RandomState instance or None, default=None
        Source of initial values, validation set, shuffles and dropout, each with its own stream.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels; for multilabel targets the column numbers.
    coefs_ : list of ndarray, of shape (n_in, n_out) each
        Weights of every layer. Those of the first layer apply to X as passed, or, if features are
        compressed, encoded or limited, to ``preprocessor_.transform(X)``.
    intercepts_ : list of ndarray, of shape (n_out,) each
        Biases of every layer.
    estimators_ : list of estimators
        The `n_estimators` networks, each an estimator. With several networks, `loss_` is their mean
        and `n_iter_` the largest, and only these estimators have the attributes of one network
        (`coefs_`, `history_`, `alpha_`, ...).
    alpha_ : float
        Weight decay: the value that was found, else `alpha`, or 1 if that is "auto".
    input_names_ : ndarray of shape (n_inputs,)
        Names of the input columns of the network, one per row of ``coefs_[0]``: numeric features,
        categories, indicators of missing values, bins.
    is_categorical_ : ndarray of shape (n_features,), or None
        Which features are categorical.
    relevance_ : ndarray of shape (n_inputs,)
        Relevance of every column of `input_names_`: the decay of its weights is `alpha_` divided by
        it. Only with ``alpha="auto"``, where short fits or a lasso found it.
    n_effective_params_ : float
        Number of parameters that the data determine. With "adam" an estimate, to about 10 %. Only
        if `alpha_` was found from the data, or with ``posterior="laplace"``.
    log_evidence_ : float
        Log evidence (log marginal likelihood) in Laplace's approximation: the logarithm of the
        probability of the training targets. It compares networks on the same data. Only if `alpha_`
        was found from the data.
    preprocessor_ : Preprocessor
        Transform of X to the columns that `coefs_` apply to: ``transform(X)``. Its `compression`
        describes the features with heavy tails, which ``standardize="auto"`` replaces by
        ``arcsinh((x - center) / scale)``: `columns`, `center`, `scale`; and `low` and `high`, by
        which new values are limited, or None.
    settings_ : dict
        Values used for the parameters that can be "auto": "hidden_layer_sizes", "solver",
        "batch_size", "max_iter", "early_stopping", "numeric_encoding", and for "adam" and "sgd"
        "learning_rate", "learning_rate_init".
    n_iter_ : int
        Epochs or iterations of the last fit.
    loss_ : float
        Objective at the fitted parameters (after `partial_fit`: its mean over the batches).
    history_ : dict of lists
        Values per iteration, over all fits of a warm start: "loss" ("adam", "sgd": the mean over
        the batches of the epoch), "data_loss" (without the penalty), "alpha", "learning_rate",
        "gradient_norm" (of the last batch) and "seconds" since the fit began; with a validation set
        "validation_loss", and "validation_score" with a scorer.
    loss_curve_ : list of float
        ``history_["loss"]``.
    best_loss_ : float or None
        Least of `loss_curve_`; None with early stopping.
    best_iteration_ : int
        Iteration whose parameters were returned, counted from 1; 0 for the initial ones of a warm
        start.
    validation_scores_ : list of float, or None
        With early stopping, the scores on the validation set, greater is better; minus the losses
        with ``scoring="loss"``.
    best_validation_score_ : float or None
        That of `best_iteration_`; where `alpha` is found, not every iteration can be the best.
    t_ : int
        Number of samples processed in training, over all fits that continued each other.
    n_features_in_ : int
        Features of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if X has string names.
    n_layers_ : int
        Layers including input and output.
    n_outputs_ : int
        Columns of the raw output.
    out_activation_ : str
        Activation of the output layer: "logistic" or "softmax".
    posterior_ : {"parameters", "rows", "sample"}
        With ``posterior="laplace"``, what the rows of the factored matrix are; of a "sample", some
        training samples stand for all.
    loo_score_ : float
        With ``posterior="laplace"``, minus the mean leave-one-out loss of the training samples, by
        one Newton step each instead of new fits. In units of `loss_`, without the penalty.
    covariance_ : ndarray of shape (n_params, n_params)
        With ``posterior="laplace"``, the covariance of the parameters, in the order and the units
        of `coefs_` and `intercepts_`: layer after layer the weights row by row, then the biases.
    temperature_ : float, or ndarray of shape (n_labels,) for multilabel y
        With ``posterior="laplace"``, a factor of the theoretical covariance, from 0.0001 to 1: the
        one with the lowest leave-one-out log-loss, of each label.

    See Also
    --------
    sklearn.neural_network.MLPClassifier : The estimator that this one replaces.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn_shallow import ShallowNetClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    >>> net = ShallowNetClassifier(10, activation="tanh", solver="lbfgs", random_state=0)
    >>> round(net.fit(X_train, y_train).score(X_test, y_test), 2)
    1.0
    """

    loss: str | Loss = "log_loss"
    class_weight: dict[Any, float] | list[dict[Any, float]] | str | None = parameter(
        None, dict, list, StrOptions({"balanced"}), None
    )

    _losses = CLASSIFIER_LOSSES
    # Of the rows: one-vs-one classifiers see classes that they were not trained on.
    _many_limited = 0.5
    _noises = ("temperature", "unit")  # that a posterior goes with

    @available_if(BaseShallowNet._takes_parts)
    def partial_fit(
        self,
        X: MatrixLike,
        y: MatrixLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Pass once over the samples, continuing from the current parameters.

        The means and scales of X are running ones, and the weight decay counts once for all samples
        so far. Categories are those of the first call, and those that the types of its columns
        declare. The method exists only if no setting needs all samples, see below.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels; a batch need not hold every class.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever occur; needed in the first call, unless y is multilabel.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        self : object
            The trained estimator.

        Raises
        ------
        AttributeError
            If a setting needs all samples: a full-batch solver, a posterior, early stopping,
            ``class_weight="balanced"``, or a decay that no `fit` has found yet.
        ValueError
            If the data do not fit the earlier calls.
        """
        return self._partial_fit(X, y, sample_weight, classes)

    def fit_batches(
        self,
        batches: Any,
        *,
        target: str | Sequence[str] | None = None,
        epochs: int | None = None,
        steps: int | None = None,
        classes: ArrayLike | None = None,
        X_val: MatrixLike | None = None,
        y_val: MatrixLike | None = None,
        sample_weight_val: ArrayLike | None = None,
        checkpoint: str | PathLike[str] | None = None,
        checkpoint_every: float = 60.0,
    ) -> Self:
        """Train on batches of samples, of which there may be more than fit in memory.

        The result is close to that of `fit` on the same samples. A first pass over the batches
        counts the samples and draws about 20,000 of them, from which the transforms of X and y and
        the weight decay are found as in `fit`; a second pass takes the statistics of all columns.
        Then every pass is an epoch.

        Parameters
        ----------
        batches : iterable, or callable that returns a fresh iterator
            Batches of any size: tuples (X, y) or (X, y, sample_weight) of anything that `fit`
            accepts; or, with `target`, data frames, tables or record batches of PyArrow. A
            ParquetFile or Dataset of PyArrow or a LazyFrame of Polars may be passed directly, or be
            returned by the callable. An iterator, which can be read only once, needs `steps`. If
            the samples are sorted, several iterators are open at the same time; they must not share
            state.
        target : str or list of str, default=None
            Name of the column y, or of several columns, if the batches are tables.
        epochs : int, default=None
            Passes over the samples; None is `max_iter`.
        steps : int, default=None
            Number of updates, for an endless stream. The transforms are then found from the first
            samples, and later categories are known only if the type of the column declares them.
            Batches that end earlier are read again, unless they are an iterator.
        classes : array-like of shape (n_classes,), default=None
            All labels, for the case that the first samples do not have them all; needed with
            `steps` if the first 20,000 samples do not.
        X_val, y_val, sample_weight_val : array-likes, default=None
            Validation set, as in `fit`.
        checkpoint : path, default=None
            File to which the state of the fit is written. If the file exists, the fit resumes from
            it, and ends with the same parameters as if it had not been interrupted. The file is
            removed at the end of the fit.
        checkpoint_every : float, default=60.0
            Seconds between two writes; the state is written only between two iterations.

        Returns
        -------
        self : object
            The fitted estimator. An iteration, as `n_iter_` and `history_` count them, is an epoch,
            or a part of one if there are few epochs or many samples.

        Raises
        ------
        ValueError
            If a setting needs all samples, such as a full-batch solver, if the batches cannot be
            used, or if training fails. The estimator is then unchanged.
        KeyboardInterrupt
            If the user interrupts the fit; the estimator keeps the best parameters so far.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn_shallow import ShallowNetClassifier
        >>> def batches():
        ...     rng = np.random.default_rng(0)
        ...     for _ in range(5):
        ...         X = rng.normal(size=(100, 3))
        ...         yield X, X[:, 0] > X[:, 1]
        >>> net = ShallowNetClassifier(10, random_state=0).fit_batches(batches, epochs=20)
        >>> net.score(*next(batches())) > 0.9
        True
        """
        validation = X_val, y_val, sample_weight_val
        return self._fit_batches(
            batches, target, validation, epochs, steps, checkpoint, checkpoint_every, classes
        )

    def _needs_all_rows(self):
        balanced = isinstance(self.class_weight, str)
        way_out = (
            "Pass the weights themselves, class_weight={label: weight}, as "
            "sklearn.utils.class_weight.compute_class_weight finds them"
        )
        return [*super()._needs_all_rows(), ("class_weight", balanced, way_out)]

    def _target_of_part(self, y, settings, classes):
        """Return the target of `partial_fit`."""
        check_no_weights(classes, y)
        if not self._networks:
            if classes is None and y.ndim == 1:
                raise ValueError(
                    "classes=None in the first call of partial_fit. Pass all labels that y will "
                    "ever hold: partial_fit(X, y, classes=np.unique(all_y))."
                )
            return class_target(y, settings.loss, classes)
        target = self._networks[0].target
        is_same = classes is None or np.array_equal(classes, target.classes)
        if not is_same and not np.array_equal(np.unique(classes), target.classes):
            raise ValueError(
                f"classes={listed(classes)} differ from those of the earlier calls, "
                f"{listed(self.classes_)}. Leave classes out, or call fit to train from scratch."
            )
        return target.with_loss(settings.loss)

    def _make_target(self, y, settings, classes=None):
        """Return the target of `fit`; `classes` are the labels if y may lack some."""
        return class_target(y, settings.loss, classes)

    @property
    def classes_(self) -> NDArray[Any]:
        """Class labels; for multilabel targets the column numbers."""
        return self._all_fitted("classes_")[0].target.classes

    @property
    def temperature_(self) -> float | NDArray[Any]:
        """The factor of the covariance of the parameters, see the class."""
        noise = self._posterior("temperature_").noise
        return noise if isinstance(self._target, Multilabel) else float(noise[0])

    def decision_function(self, X: MatrixLike) -> NDArray[Any]:
        """Return the raw output of the network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples to be judged.

        Returns
        -------
        raw : ndarray of shape (n_samples,) for two classes, else (n_samples, n_outputs)
            Log-odds of the second class, or of every label; for three or more classes the
            logarithms of the probabilities up to a constant per sample. With several networks, it
            is computed from their mean probabilities.
        """
        return self._target.decision(self._raw(X))

    def predict(self, X: MatrixLike) -> Any:
        """Return the most probable class of every sample.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples to be classified.

        Returns
        -------
        y : ndarray of shape (n_samples,), or an indicator of shape (n_samples, n_labels)
            Labels; the indicator is sparse if the one in `fit` was.
        """
        return self._target.decode(self._raw(X))

    def predict_proba(self, X: MatrixLike) -> NDArray[Any]:
        """Return the probabilities of the classes, or of every label.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples to be classified.

        Returns
        -------
        probability : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`; the mean over several networks. Small probabilities are
            exact too: nothing is subtracted from 1.
        """
        target = self._target

        def probability(raw):
            raw = target.two_sided(raw)
            return target.link.inverse(raw, out=raw)

        return self._map(X, probability, len(target.classes))

    def predict_log_proba(self, X: MatrixLike) -> NDArray[Any]:
        """Return the logarithms of the probabilities, finite even for tiny ones.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples to be classified.

        Returns
        -------
        log_probability : ndarray of shape (n_samples, n_classes)
            More exact than the logarithm of `predict_proba`, which may round to 0.
        """
        target = self._target
        return target.link.log_inverse(target.two_sided(self._raw(X)))

    def _map_one(self, network, X, function, n_columns):
        """Return a function of the raw output of one network, moderated if it has a posterior."""
        if network.posterior is None:
            return super()._map_one(network, X, function, n_columns)
        moderated, noise = network.target.link.moderated, network.posterior.noise
        return network.map_moments(X, lambda raw, V: function(moderated(raw, noise * V)), n_columns)

    def _raw(self, X):
        """Return the raw output; for several networks, that of their mean probabilities."""
        target = self._target
        raws = list(self._each(X, lambda raw: raw, target.n_outputs))
        return raws[0] if len(raws) == 1 else target.link.average(raws)

    def score(self, X: MatrixLike, y: MatrixLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the accuracy; for a multilabel y the fraction of samples with all labels right.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples to be classified.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            True labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        score : float
        """
        if not sparse.issparse(y) and np.ndim(y) == 2 and is_missing(np.asarray(y)).any():
            raise ValueError("y has missing values (nan). Leave these samples out of the score.")
        return super().score(X, y, sample_weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.target_tags.multi_output = True
        return tags
