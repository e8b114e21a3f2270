"""The classifier."""

from numbers import Real

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_shallow._base import BaseShallowNet
from sklearn_shallow._losses import LINKS, LOSSES
from sklearn_shallow._targets import class_target, declared_target, listed
from sklearn_shallow._validation import Interval, StrOptions

__all__ = ["ShallowNetClassifier"]


class ShallowNetClassifier(ClassifierMixin, BaseShallowNet):
    """A shallow neural network classifier: one or a few dense hidden layers.

    Minimises, over the weights W_l and biases b_l of all layers,

        (sum_i s_i loss(y_i, raw_i) + alpha / 2 * sum_l ||W_l||^2) / sum_i s_i

    with s_i the sample weight of row i times the weight of its class, for every solver alike. Two
    classes and multilabel targets have a logistic output, three or more classes a softmax output.

    Parameters
    ----------
    hidden_layer_sizes : int or tuple of int, default=(100,)
        Units of each hidden layer; an int is one layer; ``()`` is a linear model, that is logistic
        regression.

    activation : str, Activation, or list of these, default="relu"
        The activation of the hidden layers: "identity", "logistic" (or "sigmoid"), "tanh", "relu",
        "leaky_relu" (slope 0.01 below zero; `LeakyReLU` for others), "elu", "softplus", "silu" or
        "gelu"; an `Activation` of your own; or a list with one of these per hidden layer.

    loss : {"log_loss", "squared_error", "absolute_error"}, default="log_loss"
        The loss of a row. The last two act on the probabilities: ``sum((p - y)**2)`` and
        ``sum(abs(p - y))``, the L2 and L1 losses of the seed. Only the first is convex in the
        output layer; the last does not lead to calibrated probabilities.

    solver : {"adam", "adamw", "sgd", "lbfgs"}, default="adam"
        "adam", "adamw" (decoupled weight decay) and "sgd" step along batches of rows; "lbfgs" takes
        all rows at once, and is the best choice for up to a few thousand rows. ``solver="sgd",
        batch_size="full", momentum=0`` is plain gradient descent.

    alpha : float >= 0, default=1.0
        Weight decay: the prior precision of a weight. It means the same for every solver, batch
        size and number of rows; biases are free. (The alpha of MLPClassifier means this only for
        ``solver="lbfgs"``.) With "adamw" it is not in the objective: in every step weights shrink
        by ``alpha / sum_i s_i`` times the learning rate.

    batch_size : int, "auto" or "full", default="auto"
        Rows per step of the stochastic solvers; "auto" is 200, or all where there are fewer. The
        rows are dealt into batches that differ in size by at most one row.

    learning_rate : str or callable, default="constant"
        How the step size of the stochastic solvers moves: "constant"; "invscaling", divided by
        ``t**power_t`` in epoch t; "adaptive", divided by 5 whenever two epochs in a row fail to
        improve, until it is too small to go on; "plateau", halved whenever half of
        `n_iter_no_change` epochs fail to improve; "cosine", to zero at `max_iter`; "onecycle", up
        for 30 % of `max_iter` and then down; or a function that maps the fraction of `max_iter`
        that is done to a factor of `learning_rate_init`. In `partial_fit` only "invscaling" moves.

    learning_rate_init : float > 0, default=0.003
        Initial (for "onecycle" the highest) step size; "sgd" often wants 0.1.

    power_t : float >= 0, default=0.5
        Exponent of "invscaling".

    max_iter : int, default=200
        Most epochs (stochastic solvers) or iterations ("lbfgs").

    max_time : float > 0 or None, default=None
        Seconds after which to stop.

    tol : float >= 0, default=1e-4
        A loss counts as improved when it has fallen by more than `tol` times its size.

    n_iter_no_change : int, default=10
        Epochs or iterations in a row without improvement after which training ends.

    early_stopping : bool, default=False
        Watch the loss or score on validation rows in place of the training loss, and return the
        parameters that were best there.

    validation_fraction : float in (0, 1), int or splitter, default=0.1
        The part of the rows to validate on, stratified wherever the counts permit; no class is ever
        absent from training. A cross-validation splitter, an int (folds) or an iterable of
        (train, validation) indices: its first split is used.

    scoring : str, callable or None, default="loss"
        What to validate: "loss", the name of a scorer, a scorer with the signature
        ``scorer(estimator, X, y)``, or None for `score`, the accuracy.

    momentum : float in [0, 1), default=0.9
        Momentum of "sgd".

    nesterovs_momentum : bool, default=True
        Whether the momentum of "sgd" is Nesterov's.

    beta_1, beta_2 : float in [0, 1), default=0.9, 0.999
        Decay rates of the moment estimates of "adam" and "adamw".

    epsilon : float > 0, default=1e-8
        Keeps "adam" and "adamw" from dividing by zero.

    max_grad_norm : float > 0 or None, default=None
        Gradients of the stochastic solvers that are longer are cut to this length.

    dropout : float in [0, 1) or sequence of such, default=0.0
        Probability of losing a hidden unit in a step of the stochastic solvers; a sequence has one
        entry for the inputs and one per hidden layer.

    label_smoothing : float in [0, 1), default=0.0
        The part of every label that is spread evenly over all classes while training.

    init : {"auto", "he", "glorot", "lecun", "small"} or float > 0, default="auto"
        Initial weights are normal with a standard deviation by this rule, or of this value; biases
        start at zero. "auto" is "he" behind the relu family, "glorot" behind the others and the
        output, zero without a hidden layer; "small" is 0.01.

    class_weight : dict, "balanced", list of dicts, or None, default=None
        Weights of the classes, by label; "balanced" is inversely proportional to their frequency.
        Multilabel targets take a list with one dict per label, or "balanced".

    standardize : bool, default=True
        Learn mean and scale of every column in `fit` (of sparse columns the scale only), so that
        raw columns of any scale can be passed. `coefs_` and `intercepts_` apply to X as passed.

    dtype : {"auto", "float32", "float64"}, default="auto"
        Precision of parameters and predictions; "auto" is that of X. Mini-batches are computed in
        float32, or in float64 if that is named; full batches in float64, or in float32 if that is
        the precision of the parameters and the rows are more than 2,000.

    shuffle : bool, default=True
        Whether the stochastic solvers deal the rows anew in every epoch.

    warm_start : bool, default=False
        Go on from the last fit: with its parameters, on the same validation rows, and with the
        optimiser's state where nothing that it hangs on has changed. Patience begins anew.

    verbose : bool or int, default=False
        Log every so many iterations to the logger "sklearn_shallow", or to standard error where
        logging is not set up.

    random_state : int, RandomState instance or None, default=None
        Source of initial values, validation rows, shuffles and dropout, each with its own stream.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels; for multilabel targets the column numbers.
    coefs_ : list of ndarray, of shape (n_in, n_out) each
        Weights of every layer; the first layer's apply to X as passed.
    intercepts_ : list of ndarray, of shape (n_out,) each
        Biases of every layer.
    loss_ : float
        The objective at the fitted parameters (after `partial_fit`: its mean over the batches).
    history_ : dict of lists
        Per iteration, over all fits of a warm start: "loss" (stochastic solvers: the mean over the
        batches of the epoch), "learning_rate" and "gradient_norm" (of the last batch), "seconds"
        since the fit began; with early stopping "validation_loss", and "validation_score" if a
        scorer is used.
    loss_curve_ : list of float
        ``history_["loss"]``.
    best_iteration_ : int
        The iteration whose parameters were returned, counted from 1; 0 for those that a warm start
        began with.
    best_validation_score_ : float or None
        The best score on the validation rows; greater is better: minus the loss if that is watched.
    n_iter_ : int
        Epochs or iterations done.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where X has string names.
    n_layers_ : int
        Layers including input and output.
    n_outputs_ : int
        Columns of the raw output: 1 for two classes.
    out_activation_ : {"logistic", "softmax"}
        The link of the output layer.

    See Also
    --------
    sklearn.neural_network.MLPClassifier : The estimator this one stands in for.

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

    _parameter_constraints: dict = {
        **BaseShallowNet._parameter_constraints,
        "loss": [StrOptions(set(LOSSES))],
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        *,
        activation="relu",
        loss="log_loss",
        solver="adam",
        alpha=1.0,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.003,
        power_t=0.5,
        max_iter=200,
        max_time=None,
        tol=1e-4,
        n_iter_no_change=10,
        early_stopping=False,
        validation_fraction=0.1,
        scoring="loss",
        momentum=0.9,
        nesterovs_momentum=True,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        max_grad_norm=None,
        dropout=0.0,
        label_smoothing=0.0,
        init="auto",
        class_weight=None,
        standardize=True,
        dtype="auto",
        shuffle=True,
        warm_start=False,
        verbose=False,
        random_state=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.loss = loss
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.max_time = max_time
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.scoring = scoring
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.max_grad_norm = max_grad_norm
        self.dropout = dropout
        self.label_smoothing = label_smoothing
        self.init = init
        self.class_weight = class_weight
        self.standardize = standardize
        self.dtype = dtype
        self.shuffle = shuffle
        self.warm_start = warm_start
        self.verbose = verbose
        self.random_state = random_state

    @available_if(BaseShallowNet._is_stochastic)
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Pass once over the rows, going on from the present parameters.

        Only for the stochastic solvers. Standardisation follows the running mean and scale, and the
        weight decay counts once for all rows seen so far.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels; a batch need not hold every class.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever occur; needed in the first call, unless y is multilabel.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        self : object
            The trained estimator.

        Raises
        ------
        ValueError
            If the data do not fit the earlier calls, or ``class_weight="balanced"``: the
            frequencies are not known from one batch.
        """
        if self.class_weight == "balanced":
            raise ValueError(
                f"class_weight={self.class_weight!r} needs all rows, partial_fit sees a part. Pass "
                "the weights themselves, class_weight={label: weight}; "
                "sklearn.utils.class_weight.compute_class_weight finds them."
            )
        return self._partial_fit(X, y, lambda y: self._declared(classes, y), sample_weight)

    def _declared(self, classes, y):
        if not self.__sklearn_is_fitted__():
            return declared_target(classes, y)
        if classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes={np.unique(classes).tolist()} differ from those of the earlier calls, "
                f"{self.classes_.tolist()}. Leave classes out, or call fit to start anew."
            )
        return self._target

    def _make_target(self, y):
        return class_target(y)

    def _make_loss(self, target):
        return LOSSES[self.loss][target.link]

    def _class_weighted(self, target, y, sample_weight):
        if self.class_weight is None:
            return sample_weight
        weight = target.row_weight(self.class_weight, y, sample_weight)
        return weight if sample_weight is None else weight * sample_weight

    def _strata(self, target, y):
        return target.codes(y) if hasattr(target, "codes") else None

    def _encode(self, target, y, dtype):
        return target.smooth(target.encode(y, dtype), self.label_smoothing)

    def _check_same_target(self, target):
        if type(target) is not type(self._target) or not np.array_equal(
            target.classes, self.classes_
        ):
            raise ValueError(
                f"y has the classes {listed(target.classes)}, but the fitted network has "
                f"{listed(self.classes_)}, and training was to go on with it. Pass y with the same "
                "classes, use partial_fit for a part of them, or fit with warm_start=False."
            )

    def _keep(self, model, target):
        super()._keep(model, target)
        self.classes_ = target.classes

    def decision_function(self, X):
        """Return the raw output of the network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows to be judged.

        Returns
        -------
        raw : ndarray of shape (n_samples,) for two classes, else (n_samples, n_outputs_)
            Log-odds of the second class, or of every label; for three or more classes the
            logarithms of the probabilities up to a constant per row.
        """
        raw = self._raw(X)
        return self._target.decision(raw)

    def predict(self, X):
        """Return the most probable class of every row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows to be classified.

        Returns
        -------
        y : ndarray of shape (n_samples,), or an indicator of shape (n_samples, n_labels)
            Labels; the indicator is sparse if the one in `fit` was.
        """
        raw = self._raw(X)
        return self._target.decode(raw)

    def predict_proba(self, X):
        """Return the probabilities of the classes, or of every label.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows to be classified.

        Returns
        -------
        probability : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`. The small ones are exact too: nothing is subtracted from 1.
        """
        check_is_fitted(self)
        target, link = self._target, LINKS[self._target.link]

        def probability(raw):
            raw = target.two_sided(raw)
            return link.mean(raw, out=raw)

        return self._map(X, probability, len(target.classes))

    def predict_log_proba(self, X):
        """Return the logarithms of the probabilities, finite however small these are.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows to be classified.

        Returns
        -------
        log_probability : ndarray of shape (n_samples, n_classes)
            Not the logarithm of `predict_proba`, which is minus infinity where that rounds to 0.
        """
        check_is_fitted(self)
        target, link = self._target, LINKS[self._target.link]
        return self._map(X, lambda raw: link.log_mean(target.two_sided(raw)), len(target.classes))

    def _raw(self, X):
        check_is_fitted(self)
        return self._map(X, lambda raw: raw, self._target.n_outputs)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
