"""Conversion of fitted MLPClassifiers and MLPRegressors to estimators of this package."""

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils.validation import check_is_fitted

from sklearn_shallow.estimators.parameters.settings import Settings
from sklearn_shallow.estimators.training.ensemble import draw_entropy
from sklearn_shallow.estimators.training.fitted_network import FittedNetwork
from sklearn_shallow.estimators.training.history import History
from sklearn_shallow.inputs.sample_weights import Seen
from sklearn_shallow.inputs.scaling import Standardization
from sklearn_shallow.network.layout import Layout
from sklearn_shallow.network.passes import Network
from sklearn_shallow.solvers.progress import entries
from sklearn_shallow.solvers.registry import SOLVERS, options_of
from sklearn_shallow.targets.labels import class_target
from sklearn_shallow.targets.numbers import RegressionTarget
from sklearn_shallow.utils.names import fields_of

READ = ("hidden_layer_sizes", "activation", "solver", "alpha", "max_iter", "early_stopping")
OF_BATCHES = ("batch_size", "learning_rate", "learning_rate_init")
PLAIN = {"standardize": False, "numeric_encoding": None}  # no transform of X and y


def estimator_of(cls, mlp):
    """Return a fitted estimator of a class of this package that predicts as `mlp` does.

    Parameters
    ----------
    cls : ShallowNetClassifier or ShallowNetRegressor
    mlp : fitted MLPClassifier or MLPRegressor
    """
    check_mlp(mlp, MLPClassifier if hasattr(cls, "predict_proba") else MLPRegressor)
    made = cls(**parameters_for(cls, mlp))
    settings = Settings.of(made)
    layout = Layout((len(mlp.coefs_[0]), *map(len, mlp.intercepts_)))
    n_features = layout.units[0]
    n_rows = mlp.t_ / mlp.n_iter_ if mlp.t_ and mlp.n_iter_ else 0.0
    network = FittedNetwork(
        Network(layout, settings.activation),
        Standardization(n_features, center=True),
        target_of(made, mlp, settings),
        layout.pack(mlp.coefs_, mlp.intercepts_),
        settings.decay,
        seed=settings.random_state,
        entropy=draw_entropy(settings.random_state),
        seen=Seen(n_rows, n_rows),
        n_iter=mlp.n_iter_,
        best_iteration=mlp.n_iter_,
        n_rows_seen=mlp.t_,
        loss=float(mlp.loss_),
        history=History(history_of(mlp, settings.decay)),
        best_validation_score=getattr(mlp, "best_validation_score_", None),
    )
    made._networks, made._chosen = [network], chosen_of(mlp, n_rows)
    made.n_features_in_ = n_features
    if hasattr(mlp, "feature_names_in_"):
        made.feature_names_in_ = mlp.feature_names_in_
    return made


def check_mlp(mlp, kind):
    """Check that `mlp` is a fitted network of scikit-learn of a class."""
    if not isinstance(mlp, kind):
        raise ValueError(
            f"from_sklearn takes a fitted {kind.__name__}, got {mlp!r}. For a pipeline, pass its "
            "last step, and put the result behind the other steps in a new pipeline."
        )
    check_is_fitted(mlp)


def parameters_for(cls, mlp):
    """Return the parameters that the training of `mlp` read or its user has set, of those that both
    have, and that X and y are left as they are.
    """
    solver, given = SOLVERS[mlp.solver], mlp.get_params()
    read = {*READ, *options_of(solver), *(OF_BATCHES if solver.takes_batches else ())}
    default = type(mlp)().get_params()
    read |= {name for name in given if given[name] != default[name]}
    return {
        name: given[name] for name in fields_of(cls()) if name in given and name in read
    } | PLAIN


def target_of(made, mlp, settings):
    """Return the target of the network that is made of a fitted one of scikit-learn."""
    if not isinstance(mlp, MLPClassifier):
        n_targets = mlp.n_outputs_
        y = np.zeros(1 if n_targets == 1 else (1, n_targets))
        return RegressionTarget(y, settings.loss, name=repr(made.loss), standardize=False)
    if mlp._label_binarizer.y_type_ == "multilabel-indicator":
        return class_target(np.eye(2, mlp.n_outputs_, dtype=int), settings.loss)
    return class_target(mlp.classes_, settings.loss)


def history_of(mlp, alpha):
    """Return the record of the losses and scores; nothing else is known."""
    curve = [float(loss) for loss in getattr(mlp, "loss_curve_", [mlp.loss_])]
    known = {"loss": curve}
    scores = getattr(mlp, "validation_scores_", None)
    if scores is not None:
        known |= {
            "validation_score": [*map(float, scores)],
            "validation_loss": [np.nan] * len(curve),
        }
    unknown = entries(np.nan, np.nan, alpha, np.nan, np.nan, np.nan)
    return {name: [value] * len(curve) for name, value in unknown.items()} | known


def chosen_of(mlp, n_rows):
    """Return the values that "auto" would stand for, as they were."""
    names = ["solver", "early_stopping", "max_iter"]
    takes_batches = mlp.solver != "lbfgs"
    names += ["learning_rate", "learning_rate_init"] if takes_batches else []
    size = min(200, int(n_rows)) if mlp.batch_size == "auto" else mlp.batch_size
    hidden = tuple(map(len, mlp.intercepts_[:-1]))
    known = {"hidden_layer_sizes": hidden, "batch_size": size, "numeric_encoding": None}
    return {name: getattr(mlp, name) for name in names} | known
