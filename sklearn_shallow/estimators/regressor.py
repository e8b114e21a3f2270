"""The regressor."""

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import d2_pinball_score
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_shallow.estimators.base import BaseShallowNet
from sklearn_shallow.estimators.checks import check_rows
from sklearn_shallow.estimators.shared_text import with_shared_text
from sklearn_shallow.estimators.uncertainty import map_moments
from sklearn_shallow.losses.checks import check_quantile
from sklearn_shallow.losses.registry import REGRESSOR_LOSSES
from sklearn_shallow.targets.numbers import RegressionTarget

__all__ = ["ShallowNetRegressor"]


@with_shared_text
class ShallowNetRegressor(RegressorMixin, BaseShallowNet):
    """A shallow neural network regressor: one or a few dense hidden layers.

    Minimises, over the weights W_l and biases b_l of all layers,

        (sum_i s_i loss(y_i, raw_i) + alpha / 2 * sum_l ||W_l||^2) / sum_i s_i

    with s_i the sample weight of row i, for every solver alike. The target is standardised where
    that only changes the unit of the loss, so that neither its unit nor its origin matters.

    y has one column or several, which are learned together, each on its own scale. In one of
    several columns, nan stands for a value that is not known, which carries no loss.

    Parameters
    ----------
    hidden_layer_sizes : int or tuple of int, default=(100,)
        Units of each hidden layer; an int is one layer; ``()`` is a linear model, for example
        ridge regression.

    {activation}

    loss : str or loss object, default="squared_error"
        The loss of a row, summed over its targets; r is the prediction minus y. In parentheses,
        what `standardize` does to y first.

        - "squared_error": ``r**2 / 2``, half the L2 loss of the seed (mean, standard deviation);
        - "absolute_error": ``abs(r)``, its L1 loss (median, median absolute deviation);
        - "huber": ``r**2 / 2`` up to 1.35, linear beyond (likewise);
        - "log_cosh": ``log(cosh(r))`` (likewise);
        - "quantile": ``max(-quantile * r, (1 - quantile) * r)`` (likewise);
        - "poisson": half the deviance, for counts; predictions are ``exp(raw)`` (nothing);
        - "gamma": half the deviance, for y > 0; ``exp(raw)`` (division by the mean);
        - "tweedie": half the deviance of variance ``mean**1.5``; ``exp(raw)`` (likewise);
        - an object with options, ``Huber(delta=2.0)`` or ``Tweedie(power=1.9)``, or of a class
          derived from `Loss` (what its `standardization` says).

    quantile : float in (0, 1) or increasing sequence of such, default=0.5
        What "quantile" predicts. Several at once never cross: each is the one beside it plus or
        minus a positive amount. Predictions then have one more axis, for the quantiles.

    {solver}

    {initial values}

    {the rest}

    Attributes
    ----------
    {attributes}
    noise_variance_ : float or ndarray of shape (n_targets,)
        With ``posterior="laplace"``, the variance of y around its mean: that of the residuals, over
        the rows that are left when `n_effective_params_` are subtracted. 1 for "poisson".

    Notes
    -----
    With "lbfgs", losses with a kink are smoothed within 0.1, 0.01, 0.001 and 0.0001 deviations of
    the target, one after the other (Cannon 2011); the stochastic solvers take subgradients.

    `loss_` and `history_` are in units of the standardised target: for "squared_error", 0.5 is what
    the mean alone would leave. ``loss="poisson"``, a loss of your own without `standardization`,
    and ``standardize=False`` leave the units of y.

    `coefs_` and `intercepts_` take X and make raw as passed, but for several quantiles, whose
    output layer stays in spreads of the target.

    See Also
    --------
    sklearn.neural_network.MLPRegressor : The estimator this one stands in for.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn_shallow import ShallowNetRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> net = ShallowNetRegressor(5, activation="tanh", solver="lbfgs", alpha=10, random_state=0)
    >>> round(net.fit(X_train, y_train).score(X_test, y_test), 1)
    0.4
    """

    _parameter_constraints: dict = {
        **BaseShallowNet._parameter_constraints,
        "loss": "no_validation",  # make_loss
        "quantile": "no_validation",  # check_quantile
    }

    _losses = REGRESSOR_LOSSES
    _noises = ("residual", "unit")

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        *,
        activation="relu",
        loss="squared_error",
        quantile=0.5,
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
        self.quantile = quantile
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
    def partial_fit(self, X, y, sample_weight=None):
        """Pass once over the rows, going on from the present parameters.

        Standardisation of X and y follows the running statistics, and the weight decay counts once
        for all rows seen so far. The method is there only if no setting needs all rows, see below.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Target values.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        self : object
            The trained estimator.

        Raises
        ------
        AttributeError
            If a setting needs all rows: a solver on all of them, a posterior, early stopping, or a
            decay that no `fit` has found yet.
        ValueError
            If the data do not fit the earlier calls.
        """
        return self._partial_fit(X, y, self._going_on, sample_weight)

    def _going_on(self, y):
        target = self._make_target(y)
        if not self.__sklearn_is_fitted__():
            return target
        target.check_same(self._target)
        return target.going_on_from(self._target)

    def _check_loss(self):
        check_quantile(self.quantile)
        super()._check_loss()

    def _make_target(self, y):
        loss, standardize = self._checked_loss(), self.standardize
        return RegressionTarget(y, loss, name=repr(self.loss), standardize=standardize)

    def predict(self, X, return_std=False):
        """Return the mean, median, quantiles or what else the loss leads to, in units of y.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows to predict.
        return_std : bool, default=False
            Whether to return the standard deviation of y too, from noise and parameters; needs
            ``posterior="laplace"``.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_targets)
            With several quantiles, (n_samples, n_quantiles) or (n_samples, n_targets, n_quantiles).
            Of several networks, their mean.
        std : ndarray of the shape of y
            Only with ``return_std=True``; of several networks, that of their mixture.
        """
        check_is_fitted(self)
        if return_std:
            return self._predict_with_std(X)
        target = self._target
        return target.shaped(self._map(X, target.predicted, target.n_outputs))

    def _predict_with_std(self, X):
        """Return mean and standard deviation; of several networks those of the mixture."""
        X = check_rows(self, X)
        means, deviations = np.array([net._moments(X) for net in self._nets]).swapaxes(0, 1)
        std = np.sqrt((deviations**2).mean(axis=0) + means.var(axis=0))
        return self._target.shaped(means.mean(axis=0)), self._target.shaped(std)

    def _moments(self, X):
        """Return the mean and the standard deviation by this one network for checked rows."""
        if self._posterior is None:
            raise ValueError(
                "return_std=True needs the posterior of a fit with posterior='laplace', which "
                f"this one, with posterior={self.posterior!r}, does not have. Set it, with "
                "loss='squared_error' or 'poisson', and call fit."
            )
        target, noise = self._target, self._posterior.noise

        def moments(raw, V):
            std = target.deviation(raw, V, noise)
            return np.hstack([target.predicted(raw), std])

        columns = map_moments(self._posterior, self._model, X, moments, 2 * target.n_outputs)
        return np.split(columns.astype(self._model.theta.dtype, copy=False), 2, axis=1)

    @property
    def noise_variance_(self):
        """The variance of the noise, in units of the square of y; an array for several targets."""
        noise = self._of_posterior("noise_variance_").noise * self._target.scaling.scale**2
        return float(noise[0]) if self._target.is_column else noise

    def score(self, X, y, sample_weight=None):
        """Return the coefficient of determination R2, the mean over the targets.

        With ``loss="quantile"`` it is D2 in place of R2, the part of the pinball loss of the
        constant quantile that is explained (`sklearn.metrics.d2_pinball_score`); the mean over
        several quantiles.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows to predict.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            True values.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        score : float
            At most 1.
        """
        check_is_fitted(self)
        levels = self._target.levels
        if not levels:
            return super().score(X, y, sample_weight)
        predicted = self.predict(X)
        quantiles = [predicted] if len(levels) == 1 else np.moveaxis(predicted, -1, 0)
        scores = [
            d2_pinball_score(y, quantile, sample_weight=sample_weight, alpha=level)
            for quantile, level in zip(quantiles, levels, strict=True)
        ]
        return float(np.mean(scores))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = self._needs_positive()
        tags.target_tags.multi_output = True
        return tags

    def _needs_positive(self):
        """Whether the loss is for positive targets only, as far as the parameters are valid."""
        try:
            return self._checked_loss().domain[0] >= 0
        except (TypeError, ValueError):
            return False
