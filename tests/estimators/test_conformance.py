"""scikit-learn's own checks, over a table of instances."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_shallow import (
    SGD,
    Activation,
    Adam,
    Huber,
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    ShallowNetRegressor,
    ShallowNetRegressorCV,
)
from sklearn_shallow.losses.registry import CLASSIFIER_LOSSES, REGRESSOR_LOSSES
from sklearn_shallow.solvers.registry import SOLVERS, make_solver

SMALL = {"hidden_layer_sizes": (10,), "max_iter": 100}
FAST = {"hidden_layer_sizes": (10,), "max_iter": 60, "learning_rate_init": 0.02}
DEEP = {"hidden_layer_sizes": (10, 5), "activation": ["tanh", "silu"]}
SEVERAL = {"hidden_layer_sizes": (10,), "n_estimators": 2, "n_init": 2, "n_jobs": 2}
SEVERAL |= {"solver": "lbfgs", "alpha": 0.1, "max_iter": 20}

# Every solver, loss and kind of network, and every option that changes what a fit does, is in one
# instance: a check looks at the interface, which does not depend on how they are combined.
CLASSIFIERS = [
    ShallowNetClassifier(),
    ShallowNetClassifier(max_iter=60, early_stopping=True),
    ShallowNetClassifier(
        **SMALL,
        solver="sgd",
        learning_rate_init=0.3,
        momentum=0,
        batch_size="full",
        class_weight="balanced",
    ),
    ShallowNetClassifier((), solver="adam", learning_rate_init=0.1, max_iter=100),
    ShallowNetClassifier((3,), solver="lm", max_iter=30, posterior="laplace"),
    ShallowNetClassifier((5,), solver="lbfgs", alpha="evidence", max_iter=100),
    ShallowNetClassifier(**DEEP, loss="squared_error", solver="lbfgs", alpha=0.01),
    ShallowNetClassifier(  # without a decay, probabilities become ties at 1 by rounding
        **SMALL, standardize=False, loss="absolute_error", alpha=1.0, learning_rate_init=0.05
    ),
    ShallowNetClassifier(
        **FAST,
        solver=Adam(dtype="float64"),
        activation=Activation(np.sin, np.cos),
        l1_ratio=0.5,
        alpha=0.1,
    ),
    ShallowNetClassifier(**SEVERAL),
]
REGRESSORS = [
    ShallowNetRegressor(),
    ShallowNetRegressor(max_iter=60, early_stopping=True),
    ShallowNetRegressor((), solver="lbfgs"),
    ShallowNetRegressor((), l1_ratio=0.5, alpha=0.1, learning_rate_init=0.1, max_iter=100),
    ShallowNetRegressor((3,), solver="lm", max_iter=30, posterior="laplace"),
    ShallowNetRegressor(**SMALL, loss="absolute_error", solver=SGD(clip_norm=1.0)),
    ShallowNetRegressor(**FAST, loss="quantile"),
    ShallowNetRegressor(**FAST, loss="gamma"),
    ShallowNetRegressor(**SMALL, loss="tweedie", solver="lbfgs", alpha=0.1),
    ShallowNetRegressor(**SMALL, loss="poisson", solver="lbfgs", alpha=0.1, posterior="laplace"),
    ShallowNetRegressor(**DEEP, loss=Huber(1.0), solver="lbfgs", alpha=0.01, standardize=False),
    ShallowNetRegressor(**SEVERAL, loss="huber"),
]

SEEDED = {"hidden_layer_sizes": (4,), "solver": "lbfgs", "max_iter": 20, "random_state": 0}
SEARCHES = [  # one of an estimator, one of the default
    ShallowNetClassifierCV(ShallowNetClassifier(**SEEDED), alphas=[0.1, 1.0], cv=2),
    ShallowNetRegressorCV(alphas=[1.0], cv=2, random_state=0),
]
BRIEF = {"hidden_layer_sizes": (10,), "max_iter": 60}
ONE_EACH = [  # for what does not depend on the settings
    ShallowNetClassifier(**BRIEF),
    ShallowNetRegressor(**BRIEF),
    ShallowNetClassifierCV(ShallowNetClassifier(**SEEDED), alphas=[0.1, 1.0], cv=2),
    ShallowNetRegressorCV(ShallowNetRegressor(**SEEDED), alphas=[0.1, 1.0], cv=2),
]

ZERO = "passes y = 0, which the gamma distribution does not have"
NEGATIVE = "passes y < 0, whatever the tag positive_only says"
EXPECTED_FAILURES = [
    ("loss", "gamma", "check_transformer_general", ZERO),
    ("loss", "gamma", "check_regressor_multioutput", NEGATIVE),
    ("loss", "poisson", "check_regressor_multioutput", NEGATIVE),
    ("loss", "tweedie", "check_regressor_multioutput", NEGATIVE),
]
"""A parameter, its value, the check that then fails, and why."""


def expected_failures(estimator):
    return {
        check: reason
        for parameter, value, check, reason in EXPECTED_FAILURES
        if getattr(estimator, parameter, None) == value
    }


CHECKS = parametrize_with_checks(
    CLASSIFIERS + REGRESSORS + SEARCHES + ONE_EACH, expected_failed_checks=expected_failures
)
# Data of any form become the same arrays before anything looks at the settings, what is refused is
# refused before, and calls go the same way: these checks, some of a dozen fits, and those that are
# made again on memory-mapped arrays, are made with one small instance of each class.
OF_FORMS = {
    "check_classifier_data_not_an_array",
    "check_classifiers_classes",
    "check_classifiers_multilabel_representation_invariance",
    "check_dtype_object",
    "check_estimator_sparse_array",
    "check_estimator_sparse_matrix",
    "check_estimator_sparse_tag",
    "check_estimators_dtypes",
    "check_f_contiguous_array_estimator",
    "check_fit2d_predict1d",
    "check_fit_score_takes_y",
    "check_n_features_in_after_fitting",
    "check_readonly_memmap_input",
    "check_regressor_data_not_an_array",
    "check_regressors_int",
    "check_sample_weight_equivalence_on_sparse_data",
    "check_sample_weights_list",
    "check_sample_weights_not_an_array",
    "check_sample_weights_not_overwritten",
    "check_sample_weights_pandas_series",
    "check_sample_weights_shape",
    "check_supervised_y_2d",
    "check_transformer_data_not_an_array",
    "check_transformer_preserve_dtypes",
}
OF_REFUSALS = {
    "check_all_zero_sample_weights_error",
    "check_classifiers_one_label",
    "check_classifiers_regression_target",
    "check_complex_data",
    "check_estimators_empty_data_messages",
    "check_estimators_unfitted",
    "check_fit1d",
    "check_requires_y_none",
    "check_supervised_y_no_nan",
    "check_transformers_unfitted",
}
OF_CALLS = {
    "check_classifiers_multilabel_output_format_decision_function",
    "check_classifiers_multilabel_output_format_predict",
    "check_classifiers_multilabel_output_format_predict_proba",
    "check_dont_overwrite_parameters",
    "check_estimators_fit_returns_self",
    "check_fit_check_is_fitted",
    "check_n_features_in",
    "check_pipeline_consistency",
    "check_transformer_n_iter",
}


def cases():
    """Yield the cases of all checks."""
    for case in CHECKS.args[1]:
        estimator, check = getattr(case, "values", case)  # of a failure that is expected
        on_other_arrays = {"readonly_memmap", "X_dtype"} & {*check.keywords}
        once = on_other_arrays or check.func.__name__ in OF_FORMS | OF_REFUSALS | OF_CALLS
        if bool(once) == any(estimator is one for one in ONE_EACH):
            yield case


# The checks set options without asking which of them have an effect.
@pytest.mark.filterwarnings("ignore:No effect")
@pytest.mark.filterwarnings("ignore:sample_weight and class_weight are positive")  # one class left
@pytest.mark.filterwarnings("ignore:The least populated class")  # in checks of scikit-learn 1.7
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(CHECKS.args[0], list(cases()), **CHECKS.kwargs)
def test_conformance(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("estimators", "losses"), [(CLASSIFIERS, CLASSIFIER_LOSSES), (REGRESSORS, REGRESSOR_LOSSES)]
)
def test_every_solver_and_loss_is_in_an_instance(estimators, losses):
    assert {*losses} <= {estimator.loss for estimator in estimators}
    solvers = [
        make_solver("adam" if net.solver == "auto" else net.solver, net.get_params())
        for net in estimators
    ]
    assert {type(solver) for solver in solvers} == {*SOLVERS.values()}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_the_order_of_rows_matters_to_single_precision_only_by_rounding(solver):
    rng = np.random.default_rng(0)
    X, order = rng.uniform(0, 3, size=(20, 3)).astype(np.float32), rng.permutation(20)
    net = ShallowNetClassifier(**SMALL, solver=solver).fit(X, X[:, 0] // 1)
    for method in (net.predict_proba, net.decision_function, net.transform):
        np.testing.assert_allclose(method(X[order]), method(X)[order], rtol=1e-5, atol=1e-5)
