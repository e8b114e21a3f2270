"""The classifier."""

import numpy as np
from scipy import sparse
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_shallow.estimators.base import BaseShallowNet
from sklearn_shallow.estimators.checks import StrOptions
from sklearn_shallow.estimators.shared_text import with_shared_text
from sklearn_shallow.estimators.uncertainty import map_moments
from sklearn_shallow.losses.registry import CLASSIFIER_LOSSES
from sklearn_shallow.targets.labels import (
    check_no_weights,
    class_target,
    declared_target,
    listed,
)
from sklearn_shallow.utils.statistics import is_missing

__all__ = ["ShallowNetClassifier"]


@with_shared_text
class ShallowNetClassifier(ClassifierMixin, BaseShallowNet):
    """A shallow neural network classifier: one or a few dense hidden layers.

    Minimises, over the weights W_l and biases b_l of all layers,

        (sum_i s_i loss(y_i, raw_i) + alpha / 2 * sum_l ||W_l||^2) / sum_i s_i

    with s_i the sample weight of row i times the weight of its class, for every solver alike. Two
    classes and multilabel targets have a logistic output, three or more classes a softmax output.

    y holds one label per row, or is a multilabel indicator of 0 and 1, in which nan stands for an
    entry that is not known and carries no loss.

    Parameters
    ----------
    hidden_layer_sizes : int or tuple of int, default=(100,)
        Units of each hidden layer; an int is one layer; ``()`` is a linear model, that is logistic
        regression.

    {activation}

    loss : {"log_loss", "squared_error", "absolute_error"} or loss object, default="log_loss"
        The loss of a row. The last two act on the probabilities p: ``sum((p - y)**2) / 2`` and
        ``sum(abs(p - y))``. Only the first is convex in the output layer; the last does not lead
        to calibrated probabilities. An object has options: ``LogLoss(smoothing=0.1)``.

    {solver}

    {initial values}

    class_weight : dict, "balanced", list of dicts, or None, default=None
        Weights of the classes, by label; "balanced" is inversely proportional to their frequency.
        A multilabel y takes a list with one dict {{0: weight, 1: weight}} per column, or
        "balanced"; the weight of a row is then the product over its columns.

    {the rest}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels; for multilabel targets the column numbers.
    {attributes}
    temperature_ : float
        With ``posterior="laplace"``, the part of the covariance of theory that counts, from 0.01 to
        1: the one that makes the labels of rows left out most probable.

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
        "loss": "no_validation",  # make_loss
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
    }

    _losses = CLASSIFIER_LOSSES
    _noises = ("temperature",)

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        *,
        activation="relu",
        loss="log_loss",
        solver="auto",
        alpha="auto",
        l1_ratio=0.0,
        batch_size="auto",
        learning_rate="auto",
        learning_rate_init="auto",
        power_t=0.5,
        max_iter="auto",
        max_time=None,
        max_fun=15000,
        tol=1e-4,
        n_iter_no_change=10,
        early_stopping="auto",
        validation_fraction=0.1,
        scoring="loss",
        momentum=0.9,
        nesterovs_momentum=True,
        beta_1=0.9,
        beta_2=0.95,
        epsilon=1e-8,
        max_grad_norm=None,
        dropout=0.0,
        init="auto",
        class_weight=None,
        n_estimators=1,
        n_restarts=1,
        posterior=None,
        standardize="auto",
        dtype="auto",
        shuffle=True,
        warm_start=False,
        verbose=False,
        n_jobs=None,
        random_state=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.loss = loss
        self.solver = solver
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.max_time = max_time
        self.max_fun = max_fun
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
        self.init = init
        self.class_weight = class_weight
        self.n_estimators = n_estimators
        self.n_restarts = n_restarts
        self.posterior = posterior
        self.standardize = standardize
        self.dtype = dtype
        self.shuffle = shuffle
        self.warm_start = warm_start
        self.verbose = verbose
        self.n_jobs = n_jobs
        self.random_state = random_state

    @available_if(BaseShallowNet._takes_parts)
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Pass once over the rows, going on from the present parameters.

        Standardisation follows the running mean and scale, and the weight decay counts once for all
        rows seen so far. The method is there only if no setting needs all rows, see below.

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
        AttributeError
            If a setting needs all rows: a solver on all of them, a posterior, early stopping,
            ``class_weight="balanced"``, or a decay that no `fit` has found yet.
        ValueError
            If the data do not fit the earlier calls.
        """
        return self._partial_fit(X, y, lambda y: self._declared(classes, y), sample_weight)

    def _needs_all_rows(self):
        balanced = isinstance(self.class_weight, str)
        way_out = (
            "Pass the weights themselves, class_weight={label: weight}, as "
            "sklearn.utils.class_weight.compute_class_weight finds them"
        )
        return [*super()._needs_all_rows(), ("class_weight", balanced, way_out)]

    def _declared(self, classes, y):
        check_no_weights(classes, y)
        if not self.__sklearn_is_fitted__():
            return declared_target(classes, y, self._checked_loss())
        if classes is not None and not self._target.has_classes(classes):
            raise ValueError(
                f"classes={listed(classes)} differ from those of the earlier calls, "
                f"{listed(self.classes_)}. Leave classes out, or call fit to start anew."
            )
        return self._target.with_loss(self._checked_loss())

    def _make_target(self, y):
        return class_target(y, self._checked_loss())

    def _keep(self, model, target, evidence=None, posterior=None):
        super()._keep(model, target, evidence, posterior)
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
            logarithms of the probabilities up to a constant per row. Of several networks, that of
            their mean probabilities.
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
            Of several networks, their mean.
        """
        check_is_fitted(self)
        target = self._target

        def probability(raw):
            raw = target.two_sided(raw)
            return target.link.inverse(raw, out=raw)

        return self._map(X, probability, target.n_columns)

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
        target = self._target

        return target.link.log_inverse(target.two_sided(self._raw(X)))

    def _map_one(self, X, function, n_columns):
        """As in the base; with a posterior, the raw output is moderated by its variance."""
        if self._posterior is None:
            return super()._map_one(X, function, n_columns)
        moderated, noise = self._target.link.moderated, self.temperature_

        def moments(raw, V):
            return function(moderated(raw, noise * V))

        columns = map_moments(self._posterior, self._model, X, moments, n_columns)
        return columns.astype(self._model.theta.dtype, copy=False)

    @property
    def temperature_(self):
        """What the covariance of the parameters is multiplied by, see the class."""
        return float(self._of_posterior("temperature_").noise[0])

    def _raw(self, X):
        """Return the raw output; of several networks the one that has their mean probabilities."""
        check_is_fitted(self)
        raws = list(self._each(X, lambda raw: raw, self._target.n_outputs))
        return raws[0] if len(raws) == 1 else self._target.link.average(raws)

    def score(self, X, y, sample_weight=None):
        """Return the accuracy; of a multilabel y, that of whole rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows to be classified.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            True labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        score : float
        """
        if not sparse.issparse(y) and np.ndim(y) == 2 and is_missing(np.asarray(y)).any():
            raise ValueError("y has gaps (nan): there is nothing to compare predictions with.")
        return super().score(X, y, sample_weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.target_tags.multi_output = True
        return tags
