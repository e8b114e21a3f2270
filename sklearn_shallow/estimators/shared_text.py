"""Text that the docstrings of the estimators have in common."""

import inspect

__all__ = ["with_shared_text"]

SHARED = {}

SHARED["activation"] = """
activation : str, Activation, or list of these, default="relu"
    The activation of the hidden layers: "identity", "logistic" (or "sigmoid"), "tanh", "relu",
    "leaky_relu" (slope 0.01 below zero; `LeakyReLU` for others), "elu", "softplus", "silu" or
    "gelu"; an `Activation` of your own; or a list with one of these per hidden layer.
"""

SHARED["solver"] = """
solver : {"auto", "adam", "adamw", "sgd", "lbfgs", "lm"}, default="auto"
    "adam", "adamw" (decoupled weight decay) and "sgd" step along batches of rows; "lbfgs" takes
    all rows at once, and comes closer to a minimum. "auto" is "adam", and "lbfgs" with
    ``alpha="ard"``. "lm" is
    Levenberg-Marquardt (Nielsen 1999), for losses other than the squared error the generalised
    Gauss-Newton method: by far the best fit of smooth functions with few hidden units, for up to
    3,000 parameters, and for losses with a positive curvature (all but "absolute_error" and
    "quantile"). ``solver="sgd", batch_size="full", momentum=0`` is plain gradient descent.

alpha : float >= 0, sequence of such, "auto", "evidence" or "ard", default="auto"
    Weight decay: the prior precision of a weight, the same for all layers or one number per layer.
    It means the same for every solver, batch size and number of rows; biases are free. (In
    scikit-learn's networks it means this only for ``solver="lbfgs"``.) With "adamw" it is not in
    the objective: in every step weights shrink by ``alpha / sum_i s_i`` times the learning rate.
    "evidence" finds it on the training data while "adam", "lbfgs" or "lm" trains (MacKay 1992);
    with "lbfgs" and "lm" that takes a few fits' time. "ard" finds one for the weights of every
    column of X besides (automatic relevance determination), with "lbfgs" or "lm" and for up to
    3,000 parameters. "auto" is "evidence" with one of these solvers; else it is 1. See `alpha_`.

l1_ratio : float in [0, 1], or sequence of such, default=0.0
    The part of `alpha` that multiplies the absolute values of the weights in place of half their
    squares, the same for all layers or one number per layer. It makes weights exactly zero:
    ``l1_ratio=(1, 0)`` leaves columns of X out of a network with one hidden layer. The stochastic
    solvers take proximal steps (Yun, Lozano & Yang 2021); "lbfgs" splits weights into their
    positive and negative parts, which bounds keep from crossing zero.

batch_size : int, "auto" or "full", default="auto"
    Rows per step of the stochastic solvers; "auto" is an eighth of all rows, but at least 32 and
    at most 256. The rows are dealt into batches that differ in size by at most one row.

learning_rate : str or callable, default="auto"
    How the step size of the stochastic solvers moves: "constant"; "invscaling", divided by
    ``t**power_t`` in epoch t; "adaptive", divided by 5 whenever two epochs in a row fail to
    improve, until it is too small to go on; "plateau", halved whenever half of
    `n_iter_no_change` epochs fail to improve; "cosine", to zero at `max_iter`;
    "flat_cosine", constant for three quarters of `max_iter` and then to zero, without regard to
    `tol`; "onecycle", up for 30 % of `max_iter` and then down; or a function that maps the
    fraction of `max_iter` that is done to a factor of `learning_rate_init`. In `partial_fit` only
    "invscaling" moves. "auto" is "flat_cosine".

learning_rate_init : float > 0 or "auto", default="auto"
    Initial (for "onecycle" the highest) step size; "sgd" often wants 0.1. "auto" is
    ``min(0.02, 0.08 / sqrt(n_features_in_))`` for "adam" and "adamw" where it ends at zero
    ("flat_cosine", "cosine", "onecycle"), else 0.003. Of sparse X it follows the length of the
    rows.

power_t : float >= 0, default=0.5
    Exponent of "invscaling".

max_iter : int or "auto", default="auto"
    Most epochs (stochastic solvers) or iterations ("lbfgs", "lm"; of ``alpha="evidence"`` those
    after the search, which has at most twelve rounds of 50). "auto" is 64 epochs, or as many as
    make at least 768 (384 if columns outnumber rows) and at most 50,000 updates; 200 epochs where
    the rate does not end at zero; 200 iterations.

max_time : float > 0 or None, default=None
    Seconds after which to stop; shared out equally if several networks or restarts are trained.

max_fun : int >= 1, default=15000
    Most evaluations of the objective by "lbfgs", which needs hardly more than one per iteration.

tol : float >= 0, default=1e-4
    A loss counts as improved when it has fallen by more than `tol` times its size, or `tol` times
    how far it has fallen in all where that is less.

n_iter_no_change : int or inf, default=10
    Epochs or iterations in a row without improvement after which training ends; with
    ``float("inf")`` it never ends for that.

early_stopping : bool or "auto", default="auto"
    Watch the loss or score on validation rows in place of the training loss, and return the
    parameters that were best there. "auto" does so if rows to validate on are passed to `fit`.
    With the schedule "flat_cosine", `n_iter_no_change` epochs without improvement let the learning
    rate fall to zero; with others they end the fit.

validation_fraction : float in (0, 1), int or splitter, default=0.1
    The part of the rows to validate on, stratified wherever the counts permit; no class is ever
    absent from training. A cross-validation splitter, an int (folds) or an iterable of
    (train, validation) indices: its first split is used.

scoring : str, callable or None, default="loss"
    What to validate: "loss", the name of a scorer, a scorer with the signature
    ``scorer(estimator, X, y)``, or None for `score`. A scorer sees arrays, without the column names
    of a data frame, and the weights if it has an argument `sample_weight`.

momentum : float in [0, 1), default=0.9
    Momentum of "sgd".

nesterovs_momentum : bool, default=True
    Whether the momentum of "sgd" is Nesterov's.

beta_1, beta_2 : float in [0, 1), default=0.9, 0.95
    Decay rates of the moment estimates of "adam" and "adamw".

epsilon : float > 0, default=1e-8
    Keeps "adam" and "adamw" from dividing by zero.

max_grad_norm : float > 0 or None, default=None
    Gradients of the stochastic solvers that are longer are cut to this length.

dropout : float in [0, 1) or sequence of such, default=0.0
    Probability of losing a hidden unit in a step of the stochastic solvers; a sequence has one
    entry for the inputs and one per hidden layer.
"""

SHARED["initial values"] = """
init : {"auto", "he", "glorot", "lecun", "small"} or float > 0, default="auto"
    Initial weights are normal with a standard deviation by this rule, or of this value; biases
    start at zero (of a regressor's output: at the best constant). "auto" is "he" behind the relu
    family, "glorot" behind the others, 0.3 times "glorot" at the output, and zero without a hidden
    layer; with it the biases of the first hidden layer are normal too, with half the spread of
    what the weights make of standardised columns. "small" is 0.01.
"""

SHARED["the rest"] = """
n_estimators : int >= 1, default=1
    Networks from different seeds, whose probabilities or predictions are averaged; each is in
    `estimators_`. The first is the one that there would be by itself. Expect a lower loss on new
    rows than of one network, at the cost of as many fits.

n_restarts : int >= 1, default=1
    Times that every network is trained, from different initial values. The one with the lowest
    objective is kept; with early stopping, the one that does best on the validation rows; where
    the evidence finds `alpha_`, the one with the highest `log_evidence_`. Where training goes on
    with a fitted network, and in `partial_fit`, it has no effect.

posterior : {"laplace"} or None, default=None
    "laplace" finds, after training, how uncertain the parameters are: a normal posterior around
    them by the Gauss-Newton matrix (MacKay 1992; Immer, Korzepa & Bauer 2021). A regressor can then
    ``predict(X, return_std=True)``, the probabilities of a classifier are moderated, and
    `n_effective_params_`, `loo_score_` and `covariance_` are there. For "log_loss",
    "squared_error" of a regressor, and "poisson". The matrix is that of all parameters or of the
    rows times the outputs, whichever is smaller; where both are above 3,000, of the parameters
    of the last layer alone.

standardize : "auto" or bool, default="auto"
    Learn mean and scale of every column in `fit` (of sparse columns the scale only), so that
    raw columns of any scale can be passed. `coefs_` and `intercepts_` apply to X as passed. "auto"
    compresses columns with heavy tails or outliers first, and counts new values further than a
    tenth of its range outside of a column as at that distance, unless there is a posterior; see
    `compression_`. In `partial_fit`, which keeps what an earlier `fit` did, it does neither. Of
    sparse X, "auto" multiplies all columns of like scale by one factor.

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
    Log to the logger "sklearn_shallow", or to standard error if no handler takes it: 1 for about
    twenty lines, 2 or more for every iteration.

n_jobs : int or None, default=None
    Networks and restarts that `fit` trains at the same time, in threads unless
    `joblib.parallel_config` says otherwise; -1 is one per core. The results do not hang on it.

random_state : int, RandomState instance or None, default=None
    Source of initial values, validation rows, shuffles and dropout, each with its own stream.
"""

SHARED["attributes"] = """
estimators_ : list of estimators
    The `n_estimators` networks, each an estimator that predicts by itself. If they are several,
    `loss_` and `feature_importances_` are means, `n_iter_` is the largest, and what belongs to one
    network (`coefs_`, `history_`, `alpha_`, `covariance_`, ...) is there only.
coefs_ : list of ndarray, of shape (n_in, n_out) each
    Weights of every layer; the first layer's apply to X as passed, or where columns are compressed
    or values limited to ``compression_.transform(X)``.
intercepts_ : list of ndarray, of shape (n_out,) each
    Biases of every layer.
compression_ : Compression
    The columns that ``standardize="auto"`` found to have heavy tails, and what replaces them:
    ``arcsinh((x - center) / scale)``. It has the arrays `columns`, `center` and `scale`, a length,
    and ``transform(X)``; `low` and `high`, by which new values are limited, or None.
loss_ : float
    The objective at the fitted parameters (after `partial_fit`: its mean over the batches).
history_ : dict of lists
    Per iteration, over all fits of a warm start: "loss" (stochastic solvers: the mean over the
    batches of the epoch), "data_loss", which is without the penalty, "alpha" (the decay in force;
    of several the mean), "learning_rate" and "gradient_norm" (of the last batch), "seconds" since
    the fit began; with validation rows "validation_loss", and "validation_score" if a scorer is
    used.
loss_curve_ : list of float
    ``history_["loss"]``.
best_iteration_ : int
    The iteration whose parameters were returned, counted from 1; 0 for those that a warm start
    began with.
best_loss_ : float or None
    The least of `loss_curve_`; None with early stopping.
validation_scores_ : list of float, or None
    With early stopping the scores on the validation rows; see `best_validation_score_`.
t_ : int
    Rows passed through in training, in all fits that went on from each other.
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
    Columns of the raw output.
out_activation_ : str
    The link of the output layer: "logistic" or "softmax" of a classifier; "identity", "exp",
    or for several quantiles "ordered" of a regressor.
solver_, learning_rate_, learning_rate_init_, batch_size_, max_iter_, early_stopping_
    What was chosen where a parameter is "auto", else the parameter; `batch_size_` is the rows
    per step. (After `partial_fit` there is no `max_iter_`.)
alpha_ : float, or sequence of such
    The weight decay: what the evidence found, else `alpha`, or 1 if that is "auto". Of
    ``alpha="ard"`` a list with an entry per layer, the first an ndarray of shape
    (n_features_in_,).
n_effective_params_ : float
    Where the evidence found `alpha_`, or with ``posterior="laplace"``, how many parameters the
    data determine. With "adam" it is an estimate, good to some 10 %.
log_evidence_ : float
    Where the evidence found `alpha_`, the logarithm of the probability that the network with this
    prior gives to the training targets, in Laplace's approximation: to compare networks on equal
    data.
posterior_ : {"parameters", "rows", "last layer"}
    Which matrix ``posterior="laplace"`` works with; "last layer" holds the others fixed.
loo_score_ : float
    With ``posterior="laplace"``, minus the mean loss of the training rows, each left out in turn,
    by one Newton step and not by new fits. In units of `loss_`, without the penalty.
covariance_ : ndarray of shape (n_params, n_params)
    With ``posterior="laplace"``, the covariance of the parameters, in the order and the units of
    `coefs_` and `intercepts_`: layer after layer the weights row by row, then the biases.
feature_importances_ : ndarray of shape (n_features_in_,)
    How much each column could change the output, see its own documentation.
"""

SHARED["cross-validation"] = """
Every candidate is scored on held-out rows, the one of the best mean score is fitted to all rows,
and predictions are its own. On every fold the alphas of a network are followed with warm starts,
which takes a fraction of the time that fits from the beginning take; see the user guide.
"""

SHARED["cross-validation parameters"] = """
alphas : int or sequence of float >= 0, default=9
    The weight decays to choose from, or how many: they are then on a logarithmic grid from 100
    to 0.01, and sample weights that are not whole numbers are made 1 in the mean. Of equal
    scores the first wins.

hidden_layer_sizes : list, default=None
    The sizes to choose from, for example ``[(), 20, (50, 20)]``. None: those of `estimator`.

activation : list, default=None
    The activations to choose from. None: that of `estimator`.

cv : int, splitter or iterable, default=None
    The folds, as in scikit-learn: None is 5, an int how many; they are stratified for labels.

scoring : str, callable or None, default=None
    The name of a scorer, or one with the signature ``scorer(estimator, X, y)``. None (or "loss")
    is minus the loss of the estimator without the penalty, as `history_` has it: of the scaled
    target, and with class weights if there are any. `score` is by it too.

n_jobs : int or None, default=None
    How many networks and folds are worked on at a time, as in joblib; -1 uses all processors.

verbose : bool or int, default=0
    Whether to log every network on every fold to the logger "sklearn_shallow", or to standard error
    where logging is not set up.

random_state : int, RandomState instance or None, default=None
    Source of the seed of all fits; None is that of `estimator`. Folds are shuffled only by a
    splitter in `cv` that does it.
"""

SHARED["cross-validation attributes"] = """
alpha_, hidden_layer_sizes_, activation_ : float; int or tuple; str or other
    What was chosen.
best_params_ : dict
    The same by name.
best_score_ : float
    Its mean score.
best_index_ : int
    Its place in `cv_results_`.
cv_results_ : dict of arrays
    Per candidate, under the names of `GridSearchCV`: "params", "param_alpha" and so on,
    "split0_test_score" and so on, "mean_test_score", "std_test_score", "rank_test_score",
    "mean_fit_time", "std_fit_time". The seconds are those of a step of the path.
n_features_in_ : int
    Columns of X.
feature_names_in_ : ndarray of shape (n_features_in_,)
    Names of the columns, where X has string names.
"""


def with_shared_text(cls):
    """Put the shared text in place of its names in braces."""
    if cls.__doc__ is not None:  # with python -OO it is
        doc = inspect.cleandoc(cls.__doc__)
        for name, text in SHARED.items():
            doc = doc.replace("{" + name + "}", text.strip())
        cls.__doc__ = doc
    return cls
