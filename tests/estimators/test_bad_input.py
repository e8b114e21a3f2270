"""Bad input gets an error that names it; a failed call loses nothing; arrays are never modified."""

import copy
import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from nets import SOLVERS, STOCHASTIC, small, stochastic
from scipy import sparse
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError

from sklearn_shallow import (
    ELU,
    Activation,
    LeakyReLU,
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    ShallowNetRegressor,
)
from sklearn_shallow.losses.registry import CLASSIFIER_LOSSES, REGRESSOR_LOSSES
from sklearn_shallow.network.activations import ACTIVATIONS

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = make_classification(60, n_features=6, n_informative=4, random_state=0)
X_sparse = sparse.csr_matrix(np.where(abs(X) > 0.5, X, 0))
Y_multilabel = np.column_stack([y, 1 - y, y])
KINDS = np.column_stack(
    [np.array(["ash", "birch", "cedar"])[np.arange(60) % 3], np.array(["f", "m"])[y]]
)
ONES = np.ones(len(y))
PREDICTIONS = ["predict", "predict_proba", "predict_log_proba", "decision_function"]
OF_BOTH = ["transform", "score", "fit", "partial_fit"]


def net(estimator=ShallowNetClassifier, **parameters):
    return small(estimator, **{"max_iter": 3, **parameters})


@cache
def fitted(estimator):
    """Return a fitted network, which a failed call is to leave as it is."""
    return net(estimator).fit(X, y)


def shown_by(model):
    """Return the probabilities or the numbers that a network predicts."""
    return getattr(model, "predict_proba", model.predict)(X)


# Labels that are numbers are for both.
CALLS = [
    *((ShallowNetClassifier, method) for method in (*PREDICTIONS, *OF_BOTH)),
    *((ShallowNetRegressor, method) for method in ("predict", *OF_BOTH)),
]
each_call = pytest.mark.parametrize(("estimator", "method"), CALLS)


def call(model, method, rows):
    """Call a method with rows and, if it takes them, targets."""
    targets = [] if method in (*PREDICTIONS, "transform") else [y[: rows.shape[0]]]
    return getattr(model, method)(rows, *targets)


def with_entry(array, value):
    """Return `array` as floats with its first (stored) entry replaced."""
    array = array.astype(float)
    (array.data if sparse.issparse(array) else array.reshape(-1))[0] = value
    return array


def table(cases):
    return [pytest.param(*case, id=name) for name, case in cases.items()]


# Parameters -------------------------------------------------------------------------------------

BAD_VALUES = {
    "hidden_layer_sizes": [
        *(0, -1, 2.5, "a", True, None, np.int64(0), {3}),
        *((10, 0), (10, 2.5), (True,), [[3]], ("a",)),
        *(np.array(5), np.array([5.0, 2.0]), np.ones((2, 2), int)),
    ],
    "activation": ["nope", None, 5, np.tanh, [5], ["nope"], ("nope",), [], ["tanh", "relu"]],
    "loss": ["hinge", None, 5],
    "alpha": [
        *(-1, np.nan, np.inf, "a", None, True, [1.0], (1.0, -1.0), (1.0, 2.0, 3.0)),
        *((1.0, np.inf), [1.0, "a"], {1.0, 2.0}, np.array(-1.0), np.array([1.0, np.nan])),
    ],
    "l1_ratio": [
        *(-0.1, 1.1, np.nan, "a", None, True, [0.5], (0.5, 1.5), (0.1, 0.2, 0.3)),
        *([0.5, None], {0.1, 0.2}, np.array([0.5, -0.5]), np.array(0.5)),
    ],
    "dropout": [1.0, -0.1, "a", (0.1, 0.2, 0.3), np.array(0.5)],
    "validation_fraction": [1.0, -0.5, "a"],
    "scoring": ["r3", 5],
    "learning_rate": ["sometimes", None],
    "solver": ["newton", None],
    "batch_size": [0, -1, 2.5, "half", None],
    "learning_rate_init": [0, -1, np.nan, np.inf],
    "max_iter": [0, 1.5],
    "tol": [-1, np.nan],
    "n_iter_no_change": [0],
    "momentum": [1, -0.1],
    "nesterovs_momentum": ["yes"],
    "beta_1": [1],
    "beta_2": [-1],
    "epsilon": [0],
    "class_weight": [
        {0: -1, 1: 1},
        {0: np.nan, 1: 1},
        {0: np.inf, 1: 1},
        [{0: 1, 1: 1}],
        [],
    ],
    "standardize": ["yes", "robust", 2, None],
    "shuffle": ["yes"],
    "random_state": ["a", -1],
}

BAD_VALUES_OF_REGRESSOR = {
    "loss": ["hinge", "log_loss", "mse", None, 5, np.abs, ["squared_error"]],
    "quantile": [
        *(0, 1, -0.5, 1.5, np.nan, "a", None, True, [], [0.1, "a"], [0.5, 0.5], [0.9, 0.1]),
        *((0.1, 1.0), [np.nan], [[0.1, 0.9]], {0.1, 0.9}, [0.1, None]),
    ],
}
BAD_PARAMETERS = [
    pytest.param(estimator, name, value, id=f"{name}={value!r}".replace("\n", ""))
    for estimator, of_names in (
        (ShallowNetClassifier, BAD_VALUES),
        (ShallowNetRegressor, BAD_VALUES_OF_REGRESSOR),
    )
    for name, values in of_names.items()
    for value in values
]
each_bad_parameter = pytest.mark.parametrize(("estimator", "name", "value"), BAD_PARAMETERS)


def read_by(estimator):
    """Return settings with which every parameter is read."""
    return {"loss": "quantile"} if estimator is ShallowNetRegressor else {}


def shown(name, value):
    """Return the pattern of a message's "name=value" or "Got value".

    The only entry of a list may stand for the list.
    """
    alone = isinstance(value, (list, tuple)) and len(value) == 1
    values = "|".join(re.escape(repr(each)) for each in ([value, *value] if alone else [value]))
    return rf"({name}=|[Gg]ot )({values})"


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@each_bad_parameter
def test_bad_parameter_is_named_with_its_value(estimator, name, value, method):
    # Without a solver that is known there is no `partial_fit`.
    method = "fit" if name == "solver" else method
    is_first = method == "partial_fit" and estimator is ShallowNetClassifier
    classes = {"classes": [0, 1]} if is_first else {}
    with pytest.raises(ValueError, match=name) as raised:
        getattr(net(estimator, **read_by(estimator) | {name: value}), method)(X, y, **classes)
    assert re.search(shown(name, value), str(raised.value))
    # Not a message of some function inside, which the user has not called.
    assert " parameter of compute_" not in str(raised.value)


@pytest.mark.parametrize(
    ("parameters", "known"),
    [
        ({"activation": "nope"}, ACTIVATIONS),
        ({"activation": ["tanh", "nope"], "hidden_layer_sizes": (5, 4)}, ACTIVATIONS),
        ({"loss": "nope"}, CLASSIFIER_LOSSES),
        ({"loss": "nope", "estimator": ShallowNetRegressor}, REGRESSOR_LOSSES),
        ({"solver": "nope"}, SOLVERS),
    ],
    ids=["activation", "activation list", "loss", "loss of numbers", "solver"],
)
def test_unknown_name_gets_the_known_ones(parameters, known):
    with pytest.raises(ValueError, match="'nope'") as raised:
        net(**parameters).fit(X, y)
    assert next(iter(parameters)) in str(raised.value)
    assert [name for name in known if f"'{name}'" not in str(raised.value)] == []


def test_bad_hidden_layer_sizes_get_the_way_out():
    with pytest.raises(ValueError, match=r"\(50, 20\).*\(\) for a linear model"):
        net(hidden_layer_sizes=-1).fit(X, y)


def test_activation_list_of_wrong_length_gets_both_lengths():
    with pytest.raises(ValueError, match=r"2 entries.* has 1\..*one for all"):
        net(activation=["tanh", "relu"]).fit(X, y)


@pytest.mark.parametrize(
    ("make", "named"),
    table(
        {
            "LeakyReLU(1.5)": (lambda: LeakyReLU(1.5), "negative_slope.*1.5.*identity"),
            "LeakyReLU(1)": (lambda: LeakyReLU(1), "negative_slope.*identity"),
            "LeakyReLU(-0.1)": (lambda: LeakyReLU(-0.1), "negative_slope.*-0.1"),
            "LeakyReLU(nan)": (lambda: LeakyReLU(np.nan), "negative_slope.*nan"),
            "ELU(0)": (lambda: ELU(0), "scale=0 .*relu"),
            "ELU(-1)": (lambda: ELU(-1), "scale=-1"),
            "ELU(nan)": (lambda: ELU(np.nan), "scale.*nan"),
        }
    ),
)
def test_bad_parameter_of_an_activation(make, named):
    with pytest.raises(ValueError, match=named):
        make()


def test_unknown_init_of_an_activation():
    with pytest.raises(ValueError, match=r"init='zeros'"):
        net(activation=Activation(np.sin, np.cos, init="zeros")).fit(X, y)


# Data -------------------------------------------------------------------------------------------

STRINGS = np.full((len(y), 6), "petal", dtype=object)

INF_AND_NAN = np.vstack([with_entry(X[:1], np.inf), with_entry(X[1:], np.nan)])

BAD_ROWS = {
    "inf": (with_entry(X, np.inf), "X contains infinity"),
    "-inf": (with_entry(X, -np.inf), "X contains infinity"),
    "inf beside NaN": (INF_AND_NAN, "X contains infinity"),
    "sparse NaN": (with_entry(X_sparse, np.nan), r"X contains NaN and is sparse.*X\.toarray\(\)"),
    "sparse inf": (with_entry(X_sparse, np.inf), "X contains infinity"),
    "no rows": (X[:0], "0 sample"),
    "one row as a vector": (X[0], "Expected 2D array"),
    "complex": (X + 1j, "Complex data not supported"),
    "strings": (STRINGS, "'petal'"),
}


@pytest.mark.parametrize(("bad", "named"), table(BAD_ROWS))
@each_call
def test_bad_rows(estimator, method, bad, named):
    with pytest.raises(ValueError, match=named):
        call(fitted(estimator), method, bad)


@pytest.mark.parametrize("rows", [X[:, :3], X_sparse[:, :3]], ids=["dense", "sparse"])
@pytest.mark.parametrize(
    ("estimator", "method"), [(kind, method) for kind, method in CALLS if method != "fit"]
)
def test_other_number_of_columns_than_in_fit(estimator, method, rows):
    with pytest.raises(ValueError, match=r"X has 3 features.* expecting 6"):
        call(fitted(estimator), method, rows)


def test_no_columns():
    with pytest.raises(ValueError, match="0 feature"):
        net().fit(X[:, :0], y)


IN_COLUMNS = {
    "both": (X.T, np.stack([y, 1 - y]), r"\(6, 60\) and y \(2, 60\).*Pass X.T and y.T"),
    "X": (X.T, y, r"\(6, 60\) and y \(60,\).*Pass X.T\."),
    "y": (X, y[None], r"\(60, 6\) and y \(1, 60\).*Pass y.T"),
    "lists": (X.T.tolist(), y.tolist(), "Pass X.T"),
    "one feature": (X[:, 0], y, "2D array"),
    "sparse": (X_sparse.T, y, "Pass X.T"),
    "a frame": (pd.DataFrame(X.T), y, "Pass X.T"),
}


@pytest.mark.parametrize(("rows", "target", "named"), table(IN_COLUMNS))
@pytest.mark.parametrize("estimator", [ShallowNetClassifier, ShallowNetRegressor])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_samples_in_columns_are_told_from_rows(estimator, method, rows, target, named):
    with pytest.raises(ValueError, match=named):
        getattr(net(estimator), method)(rows, target)


@pytest.mark.parametrize("estimator", [ShallowNetClassifier, ShallowNetRegressor])
def test_samples_in_one_row_are_no_sample_of_many_targets(estimator):
    with pytest.raises(ValueError, match=r"\(1, 60\).*pass X.T and y.T"):
        net(estimator).fit(X[:, :1].T, y[None])
    net(ShallowNetRegressor).partial_fit(X[:1, :3], X[:1, 3:])  # one sample of a stream


@pytest.mark.parametrize("method", PREDICTIONS)
def test_new_samples_in_columns_are_told_from_rows(method):
    with pytest.raises(ValueError, match=r"X has 60 features.* expecting 6.*pass X.T"):
        getattr(fitted(ShallowNetClassifier), method)(X.T)


@pytest.mark.parametrize("method", ["fit", "partial_fit", "predict"])
@pytest.mark.parametrize("with_category", [False, True])
def test_columns_of_the_same_name_are_named(method, with_category):
    frame = pd.DataFrame(X, columns=list("abcdef"))
    if with_category:
        frame["f"] = frame["f"].gt(0).map({True: "high", False: "low"})
    model = net().fit(frame, y) if method == "predict" else net()
    frame.columns = list("abbbee")
    with pytest.raises(ValueError, match=r"same name: 'b' 3 times, 'e' 2 times\..*duplicated"):
        call(model, method, frame)


DATES = pd.date_range("2020", periods=len(y))
TIMES = {
    "datetime64": DATES,
    "with a zone": DATES.tz_localize("UTC"),
    "periods": DATES.to_period("D"),
    "dates of Python": [None, *DATES.date[1:]],
    "spans": list((DATES - DATES[0]).to_pytimedelta()),
}


@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES)
def test_times_are_to_be_made_numbers(times):
    frame = pd.DataFrame(X).assign(day=pd.Series(times, dtype=getattr(times, "dtype", object)))
    frame.columns = frame.columns.astype(str)
    with pytest.raises(ValueError, match=r"in column 'day'.*example dates to day and month"):
        net().fit(frame, y)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_what_is_masked_is_missing(dtype):
    hidden = abs(X) > 2
    rows = np.ma.masked_array((10 * X).astype(dtype), mask=hidden)
    same = np.where(hidden, np.nan, rows.data).astype(np.result_type(dtype, np.float32))
    model = net().fit(rows, y)
    np.testing.assert_array_equal(model.predict_proba(rows), net().fit(same, y).predict_proba(same))
    with pytest.raises(ValueError, match="y contains NaN"):
        net().fit(X, np.ma.masked_array(y, mask=hidden[:, 0]))
    whole = net().fit(np.ma.masked_array(X), np.ma.masked_array(y))
    np.testing.assert_array_equal(whole.predict_proba(X), net().fit(X, y).predict_proba(X))


ARGUMENTS = {
    "eval_set": r"'eval_set'\. Pass X_val and y_val",
    "validation_data": "Pass X_val and y_val",
    "epochs": r"ShallowNetClassifier\(max_iter=",
    "verbose": r"ShallowNetClassifier\(verbose=",
    "classes": "Pass classes to partial_fit",
    "exposure": "counts divided by the exposure as y, and the exposure as sample_weight",
    "offset": r"Pass y - offset; with loss='poisson', y / exp\(offset\) and sample_weight",
    "callbacks": "Pass them to set_callbacks",
    "eval_metric": "Its arguments are X, y, sample_weight, and by name X_val",
}
OF_CONSTRUCTOR = {
    "max_bins": r"ShallowNetClassifier\(numeric_encoding=",
    "l2_regularization": r"ShallowNetClassifier\(alpha=",
    "max_epochs": r"ShallowNetClassifier\(max_iter=",
    "trace": r"ShallowNetClassifier\(verbose=",
    "size": r"ShallowNetClassifier\(hidden_layer_sizes=",
    "lr": r"ShallowNetClassifier\(learning_rate_init=",
    "eval_set": "Pass X_val and y_val to fit",
    "hidden_layer_size": "Did you mean 'hidden_layer_sizes'",
    "q": "Its arguments are hidden_layer_sizes, and by name activation",
}


@pytest.mark.parametrize(("name", "named"), OF_CONSTRUCTOR.items())
def test_unknown_parameter_gets_the_known_one(name, named):
    with pytest.raises(TypeError, match=f"^ShallowNetClassifier: .*'{name}'.*{named}"):
        ShallowNetClassifier(**{name: 1})


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("alpha", "Did you mean 'alphas'"),
        ("max_iter", r"Use ShallowNetClassifierCV\(ShallowNetClassifier\(max_iter="),
        ("epochs", r"Use ShallowNetClassifierCV\(ShallowNetClassifier\(max_iter="),
        ("size", r"Use ShallowNetClassifierCV\(hidden_layer_sizes="),
        ("param_grid", "Its arguments are estimator, and by name alphas"),
    ],
)
def test_a_search_names_the_parameter_of_its_estimator(name, named):
    with pytest.raises(TypeError, match=f"^ShallowNetClassifierCV: .*'{name}'.*{named}"):
        ShallowNetClassifierCV(**{name: 1})


@pytest.mark.parametrize(("name", "named"), ARGUMENTS.items())
def test_unknown_argument_of_fit_gets_the_known_one(name, named):
    with pytest.raises(TypeError, match=r"^ShallowNetClassifier\.fit: .*" + named):
        net().fit(X, y, **{name: 1})


def test_too_many_or_few_arguments_of_fit():
    with pytest.raises(TypeError, match=r"too many positional.*sample_weight, and by name X_val"):
        net().fit(X, y, ONES, X, y)
    with pytest.raises(TypeError, match="missing a required argument: 'y'"):
        net().fit(X)
    with pytest.raises(TypeError, match=r"too many positional.* by name activation"):
        ShallowNetClassifier(10, "relu")


BAD_VALIDATION = {
    "columns": {"X_val": X[:, :3]},
    "in columns": {"X_val": X.T},
    "inf": {"X_val": with_entry(X, np.inf)},
    "short": {"X_val": X[:5]},
    "weight": {"sample_weight_val": -ONES},
    "label": {"y_val": y + 5},
}


@pytest.mark.parametrize("bad", BAD_VALIDATION.values(), ids=BAD_VALIDATION)
def test_errors_of_a_validation_set_say_so(bad):
    with pytest.raises(ValueError, match=r"^In the validation set"):
        net().fit(X, y, **{"X_val": X, "y_val": y, **bad})


def test_errors_within_fit_are_not_those_of_arguments():
    def scorer(estimator, X, y):
        raise TypeError("of the scorer")

    with pytest.raises(TypeError, match=r"^of the scorer$"):
        net(scoring=scorer, early_stopping=True).fit(X, y)


BAD_TARGETS = {
    "NaN": (with_entry(y, np.nan), "y contains NaN"),
    "None among strings": ([None, *np.array(["a", "b", "c"])[y[1:]]], "y contains .*None"),
    "NA among strings": (pd.array([pd.NA, *["a", "b"] * 29, "a"], "string"), "y contains .*NA"),
    "lists of labels": ([["a", "b"], ["a"]] * 30, "different lengths.*MultiLabelBinarizer"),
    "inf": (with_entry(y, np.inf), "y contains infinity"),
    "short": (y[:5], re.escape("[60, 5]")),
    "none": (None, "y"),
    "continuous": (X[:, 0], "Unknown label type: continuous"),
    "numbers as objects": (y.astype(object), "objects of type int.*astype"),
    "booleans as objects": ((y > 0).astype(object), "objects of type bool.*astype"),
    "periods": (pd.period_range("2020", periods=2)[y], "objects of type Period.*astype"),
    "columns of strings": (KINDS, r"\(60, 2\) .*sklearn.multioutput.MultiOutputClassifier"),
    "columns of objects": (KINDS.astype(object), "MultiOutputClassifier"),
    "columns of strings with gaps": (
        np.where(np.arange(120).reshape(60, 2) % 7 == 0, None, KINDS.astype(object)),
        "MultiOutputClassifier",
    ),
    "columns of numbers": (np.arange(120).reshape(60, 2) % 3, "MultiOutputClassifier"),
    "columns of numbers with gaps": (
        np.where(np.arange(120).reshape(60, 2) % 7 == 0, np.nan, np.arange(120).reshape(60, 2) % 3),
        "MultiOutputClassifier",
    ),
    "a column of None": (
        np.column_stack([y.astype(object), np.full(60, None)]),
        "no value in column 1",
    ),
    "columns of numbers in a sparse matrix": (
        sparse.csr_matrix(np.arange(120).reshape(60, 2) % 3),
        "MultiOutputClassifier",
    ),
    "continuous in two columns": (X[:, :2], "no indicator, whose values are 0, 1 and nan"),
    "a column of nan": (np.column_stack([y, np.full(60, np.nan)]), "no value in column 1"),
    "3-D": (np.zeros((60, 2, 2)), "dim 3"),
    "one class": (np.full(60, 7), r"y has one class, \[7\].*two or more"),
    "indicator with 2": (2 * Y_multilabel, "indicator"),
    "indicator with -1": (2 * Y_multilabel - 1, "indicator"),
}


@pytest.mark.parametrize(("bad", "named"), table(BAD_TARGETS))
@pytest.mark.parametrize("solver", SOLVERS)
def test_bad_target(solver, bad, named):
    with pytest.raises(ValueError, match=named):
        net(solver=solver).fit(X, bad)


BAD_WEIGHTS = {
    "a name": ("balanced", "sample_weight='balanced'.*class_weight"),
    "by class": ({0: 1.0, 1: 2.0}, "sample_weight=.*class_weight"),
    "NaN": (with_entry(ONES, np.nan), "NaN"),
    "inf": (with_entry(ONES, np.inf), "infinity"),
    "negative": (with_entry(ONES, -1), "Negative"),
    "all zero": (0 * ONES, "zero"),
    "short": (ONES[:5], r"\(5,\).*\(60,\)"),
    "2-D": (np.ones((60, 2)), "1D"),
}


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_formula_is_not_read(method):
    with pytest.raises(ValueError, match=r"X='y ~ x' is text.*formulas"):
        getattr(net(), method)("y ~ x", y)


@pytest.mark.parametrize("sample", [{"a": 1.0, "b": 2.0}, [{"a": 1.0, "b": 2.0}]])
def test_what_json_holds_is_no_sample(sample):
    with pytest.raises(ValueError, match=r"X is made of dicts.*DataFrame"):
        net().fit(sample, [0])
    with pytest.raises(ValueError, match=r"X is made of dicts.*DataFrame"):
        net().fit(X, y).predict(sample)


@pytest.mark.parametrize(("weight", "named"), table(BAD_WEIGHTS))
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("estimator", [ShallowNetClassifier, ShallowNetRegressor])
def test_bad_sample_weight(estimator, method, weight, named):
    with pytest.raises(ValueError, match=named) as raised:
        getattr(fitted(estimator), method)(X, y, sample_weight=weight)
    # scikit-learn writes "Sample weights" in some of its messages.
    assert re.search("sample.weight", str(raised.value), re.IGNORECASE)


BAD_CLASS_WEIGHTS = {
    "too many dicts": ([{}] * 4, Y_multilabel, "class_weight.* 4 .* 3 "),
    "no 0 and 1": ([{}, {}, {"x": 1}], Y_multilabel, r"class_weight.*\['x'\].*\[0, 1\]"),
    "all zero, multilabel": ([{}, {}, {0: 0, 1: 0}], Y_multilabel, "class_weight.*positive weight"),
    "a list of words": ([{}, {}, "heavy"], Y_multilabel, "class_weight.*'heavy'"),
    "unknown label": ({0: 1, 7: 1}, y, r"class_weight.*\[7\].*\[0, 1\].*no weight for \[1\]"),
    "misspelt labels": ({"0": 1, "1": 2}, y, r"class_weight.*\['0', '1'\].*\[0, 1\]"),
    "all zero": ({0: 0, 1: 0}, y, "class_weight.*positive weight"),
    "dict for multilabel": ({0: 1, 1: 2}, Y_multilabel, "class_weight.*list with one dict per"),
    "too few dicts": ([{0: 1, 1: 1}], Y_multilabel, "class_weight.* 1 .* 3 "),
    "negative, multilabel": ([{0: -1, 1: 1}] * 3, Y_multilabel, "class_weight.*negative"),
    "NaN, multilabel": ([{0: np.nan, 1: 1}] * 3, Y_multilabel, "class_weight.*finite"),
}


@pytest.mark.parametrize(("class_weight", "target", "named"), table(BAD_CLASS_WEIGHTS))
def test_bad_class_weight(class_weight, target, named):
    with pytest.raises(ValueError, match=named):
        net(class_weight=class_weight).fit(X, target)


@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 1, 1: 2}])
@pytest.mark.parametrize("solver", SOLVERS)
def test_one_class_of_positive_weight_is_what_is_predicted(solver, class_weight):
    # Unlike one class in y: resampling weights may well leave out a class that is known to exist.
    rate = {} if solver == "lbfgs" else {"learning_rate_init": 0.1}
    model = net(solver=solver, max_iter=20, alpha=0.1, **rate)
    model.set_params(class_weight=class_weight)
    with pytest.warns(UserWarning, match="positive for samples of one class only"):
        model.fit(X, y, sample_weight=1.0 * (y == 1))
    np.testing.assert_array_equal(model.classes_, [0, 1])
    np.testing.assert_array_equal(model.predict(X[y == 1]), 1)


def test_objects_that_are_numbers_are_fine():
    objects = X.astype(object)
    np.testing.assert_array_equal(
        net().fit(objects, y).predict_proba(objects), net().fit(X, y).predict_proba(X)
    )


# partial_fit ------------------------------------------------------------------------------------

BAD_FIRST_CALLS = {
    "columns of labels": ([X, KINDS, ["ash", "birch", "cedar"]], {}, "MultiOutputClassifier"),
    "nan in classes": ([X, y, [0, 1, np.nan]], {}, "classes.*nan"),
    "lists of classes": ([X, y, [[0, 1], [0, 1, 2]]], {}, "classes.*one flat sequence"),
    "classes that are empty": ([X, y, []], {}, r"classes"),
    "weights of one": ([X, y, np.ones(60)], {}, r"like weights.*classes, sample_weight\).*by name"),
    "weights": ([X, y, np.linspace(2, 3, 60)], {}, r"like weights.*classes, sample_weight\)"),
    "no classes": ([X, y], {}, "classes=None.*first call"),
    "one class": ([X, 0 * y, [0]], {}, r"classes has one class, \[0\]"),
    "undeclared label": ([X, y + 6, [0, 1]], {}, r"\[6, 7\].*\[0, 1\].*Declare all classes"),
    "classes of another type": ([X, y, ["0", "1"]], {}, r"\[0, 1\].*\['0', '1'\]"),
    "NaN among the classes": ([X, y, [0, 1, np.nan]], {}, "classes.*nan"),
    "continuous": ([X, X[:, 0], [0, 1]], {}, "Unknown label type: continuous"),
    "too few labels": ([X, Y_multilabel, [0, 1]], {}, r"classes=\[0, 1\].*3 columns"),
    "indicator with 2": ([X, 2 * Y_multilabel], {}, "indicator"),
}


@pytest.mark.parametrize(("arguments", "parameters", "named"), table(BAD_FIRST_CALLS))
def test_bad_first_partial_fit(arguments, parameters, named):
    with pytest.raises(ValueError, match=named):
        net(**parameters).partial_fit(*arguments)


BAD_LATER_CALLS = {
    "undeclared label": ([X, np.where(y, 7, 0)], r"\[7\].*\[0, 1\].*Declare all classes"),
    "other classes": ([X, y, [0, 1, 2]], r"classes=\[0, 1, 2\].*\[0, 1\].*fit"),
    "other columns": ([X[:, :3], y], "X has 3 features.* expecting 6"),
    "several labels": ([X, Y_multilabel], r"\(60, 3\).*one label per sample"),
    "short y": ([X, y[:5]], re.escape("[60, 5]")),
    "negative weight": ([X, y, None, -ONES], "(?i)negative.*sample_weight"),
    "overflow": ([1e200 * X, y], "column 0 of X overflows"),
}
BAD_LATER_CALLS_OF_NUMBERS = {
    "nan in y": ([X, with_entry(y, np.nan)], "y contains NaN"),
    "other columns of a regressor": ([X[:, :3], y], "X has 3 features.* expecting 6"),
    "negative weight of a regressor": ([X, y, -ONES], "(?i)negative.*sample_weight"),
    "overflow of y": ([X, 1e200 * X[:, 0]], r"\by\b.*(large|overflow)"),
}


@pytest.mark.parametrize(
    ("estimator", "arguments", "named"),
    table(
        {name: (ShallowNetClassifier, *case) for name, case in BAD_LATER_CALLS.items()}
        | {name: (ShallowNetRegressor, *case) for name, case in BAD_LATER_CALLS_OF_NUMBERS.items()}
    ),
)
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_bad_later_partial_fit_leaves_no_trace(solver, estimator, arguments, named):
    model, undisturbed = (net(estimator, solver=solver, batch_size=7) for _ in range(2))
    first = {"classes": [0, 1]} if estimator is ShallowNetClassifier else {}
    for each in (model, undisturbed):
        each.partial_fit(X, y, **first)
    with pytest.raises(ValueError, match=named):
        model.partial_fit(*arguments)
    for each in (model, undisturbed):
        each.partial_fit(X, y)
    np.testing.assert_array_equal(shown_by(model), shown_by(undisturbed))
    assert model.history_["loss"] == undisturbed.history_["loss"]


BAD_LATER_INDICATORS = {
    "fewer columns": (Y_multilabel[:, :2], r"\(60, 2\).*3 labels"),
    "one column": (y, r"\(60,\).*3 labels"),
    "with 2": (2 * Y_multilabel, "indicator"),
    "with 0.5": (Y_multilabel / 2, "indicator"),
}


@pytest.mark.parametrize(("bad", "named"), table(BAD_LATER_INDICATORS))
def test_bad_later_indicator(bad, named):
    model = net().partial_fit(X, Y_multilabel)
    with pytest.raises(ValueError, match=named):
        model.partial_fit(X, bad)


def test_many_unknown_labels_do_not_flood_the_message():
    model = net().partial_fit(X, y, [0, 1])
    with pytest.raises(ValueError, match="labels") as raised:
        model.partial_fit(X, X[:, 0])
    assert len(str(raised.value)) < 400


NEED_ALL_ROWS = {
    "solver='lbfgs'.*Set solver='adam' or 'sgd'": {"solver": "lbfgs"},
    "early_stopping=True.*to 'auto' or False": {"early_stopping": True},
    "posterior='laplace'.*posterior=None": {"posterior": "laplace"},
    "alpha='evidence'.*as a number.*call fit": {"alpha": "evidence"},
    "class_weight='balanced'.*label: weight": {"class_weight": "balanced"},
}


@pytest.mark.parametrize(("named", "setting"), NEED_ALL_ROWS.items())
def test_partial_fit_is_there_only_if_no_setting_needs_all_rows(named, setting):
    model = net(**setting)
    assert not hasattr(model, "partial_fit")
    with pytest.raises(AttributeError) as raised:
        model.partial_fit(X, y, [0, 1])
    assert re.search(named, str(raised.value.__cause__))
    assert hasattr(net(), "partial_fit")


def test_a_found_decay_lets_partial_fit_go_on():
    model = net(alpha="evidence").fit(X, y)
    alpha = model.alpha_
    assert model.partial_fit(X, y).alpha_ == alpha


def test_sparse_rows_after_dense_ones_get_the_way_out():
    model = net().partial_fit(X, y, [0, 1])
    with pytest.raises(ValueError, match=r"sparse.*toarray.*standardize=False"):
        model.partial_fit(X_sparse, y)


# What stays as it was ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimator", "method"), [(kind, method) for kind, method in CALLS if "fit" not in method]
)
def test_not_fitted(estimator, method):
    with pytest.raises(NotFittedError, match=rf"{estimator.__name__}.*fit"):
        call(net(estimator), method, X)


@pytest.mark.parametrize("name", ["coefs_", "intercepts_", "relevance_"])
def test_no_parameters_before_fit(name):
    assert not hasattr(net(), name)


@each_bad_parameter
def test_fit_that_fails_for_a_parameter_loses_nothing(estimator, name, value):
    model = copy.copy(fitted(estimator))
    before, state = shown_by(model), set(vars(model))
    model.set_params(**read_by(estimator) | {name: value})
    with pytest.raises(ValueError, match=name):
        model.fit(X[:, :3], y)
    np.testing.assert_array_equal(shown_by(model), before)
    assert set(vars(model)) == state


@pytest.mark.parametrize(("bad", "named"), table(BAD_TARGETS))
def test_fit_that_fails_for_the_target_loses_nothing(bad, named):
    model = net().fit(X, y)
    before = model.predict_proba(X)
    with pytest.raises(ValueError, match=named):
        model.fit(X[:, :3], bad)
    np.testing.assert_array_equal(model.predict_proba(X), before)


def contents(array):
    """Return everything that a caller would see change in `array`."""
    parts = ("data", "indices", "indptr") if sparse.issparse(array) else ("T",)
    return [getattr(array, part) for part in parts]


ROWS = {
    "C": X.copy(),
    "Fortran": np.asfortranarray(X),
    "float32": X.astype(np.float32),
    "integer": np.round(X).astype(int),
    "CSR": X_sparse,
    "CSC": X_sparse.tocsc(),
    "CSR, descending columns": X_sparse[:, ::-1],
}


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
def test_arrays_of_the_caller_are_not_modified(rows, solver, standardize):
    arrays = (rows, y.copy(), Y_multilabel.copy(), np.linspace(0, 1, 60))
    before = copy.deepcopy(arrays)
    rows, labels, indicator, weight = arrays
    model = net(solver=solver, standardize=standardize, **stochastic(solver, batch_size=7))
    model.fit(rows, indicator, weight)
    model.fit(rows, labels, weight)
    if solver in STOCHASTIC:
        model.partial_fit(rows, labels, sample_weight=weight)
    for method in PREDICTIONS:
        getattr(model, method)(rows)
    for array, copied in zip(arrays, before, strict=True):
        for part, original in zip(contents(array), contents(copied), strict=True):
            np.testing.assert_array_equal(part, original)
