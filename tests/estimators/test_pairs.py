"""Every pair of settings, data and calls: a sound model, untouched inputs, and the neutral law.

The law: an option at the value where it has no effect leaves every bit of a fit as it is.
"""

import pickle
import warnings
from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest
from covering import covering_array, is_forbidden, pairs_to_cover
from pairs import (
    CORE,
    DONE,
    ESTIMATORS,
    FACTORS,
    IN_DOUBLE,
    NOTHING_SET,
    UNSET,
    Watch,
    refusals,
    settings_of,
)
from pairs_data import make_data
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from sklearn_shallow.estimators.scikit_learn import HAS_CALLBACKS
from sklearn_shallow.solvers.registry import make_solver, options_of

KINDS = list(FACTORS)
OWN_FIT = ("fit", "fit_twice", "fit_and_pickle", "in_threads", "fit_a_clone")


@cache
def rows_of(kind):
    """Return the rows: one factor at a time, then the pairs that are not in these."""
    forbidden = [combination for combination, _ in refusals(kind)]
    factors, nothing = FACTORS[kind], NOTHING_SET[kind]
    alone = [{**nothing, name: value} for name in factors for value in factors[name][1:]]
    rows = [nothing, *(row for row in alone if not is_forbidden(row, forbidden))]
    core = {name: factors[name] if name in CORE else factors[name][:1] for name in factors}
    core["max_iter"] = factors["max_iter"][1:]  # a number, since these rows are many
    rows += covering_array(core, forbidden, given=rows)
    return rows + covering_array(factors, forbidden, given=rows)


CASES = [(kind, number) for kind in KINDS for number in range(len(rows_of(kind)))]
each_row = pytest.mark.parametrize(("kind", "number"), CASES)


def quietly(call):
    """Call with all warnings as errors but those that the settings of a row ask for."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "No effect")
        warnings.filterwarnings("ignore", ".*far outside the training range")  # X=heavy
        warnings.filterwarnings("ignore", "With a number for alpha, sample_weight")  # a survey's
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", module="sklearn.ensemble", category=RuntimeWarning)
        return call()


def do(kind, row, data, **further):
    """Return what the row leads to, fitted, and check that its parameters are as they were."""
    listens = further.pop("callbacks", False)
    net = ESTIMATORS[kind](**{"random_state": 0, **settings_of(row), **further})
    if listens:
        net.set_callbacks(Watch())
    before = net.get_params()
    fitted = quietly(lambda: DONE[row["done"]](net, data))
    after = net.get_params()
    assert all(after[name] is before[name] for name in before), "fit has changed a parameter"
    return fitted


def outputs(kind, fitted, X):
    """Return predictions, and probabilities or deviations, as a list of arrays."""
    found = [fitted.predict(X)]
    if kind == "classifier":
        probability = fitted.predict_proba(X)
        found += probability if isinstance(probability, list) else [probability]
    elif getattr(fitted, "posterior", None) is not None:
        found += fitted.predict(X, return_std=True)
    return found


def contents(data):
    """Return what the data hold, as bytes."""
    X = data.X.toarray() if sparse.issparse(data.X) else np.asarray(data.X)
    return pickle.dumps([X, data.y.tolist(), data.weight])


@cache
def outcome(kind, number):
    """Return what a row of the array leads to, and its outputs for the new rows."""
    row = rows_of(kind)[number]
    data = make_data(row)
    before = contents(data)
    fitted = do(kind, row, data)
    found = quietly(lambda: outputs(kind, fitted, data.X_new))
    assert contents(data) == before, "the data have been changed"
    return fitted, found


def network_of(fitted):
    """Return the fitted network, or the first of several."""
    fitted = getattr(fitted, "best_estimator_", fitted)
    return fitted if isinstance(fitted, tuple(ESTIMATORS.values())) else fitted.estimators_[0]


def solver_of(net):
    return make_solver(net.settings_["solver"], net.get_params())


def fitted_network(kind, number):
    return network_of(outcome(kind, number)[0])


# A sound model ------------------------------------------------------------------------------------


def weakness(row):
    """Return why a row need not beat the constant by much, or None."""
    is_number = isinstance(row["alpha"], float) or row["done"] == "cross_validated"
    if row["alpha"] == 0.0:
        return "nothing keeps it from learning the noise"
    if is_number and (row["weight"] == "sum to 1" or row["done"] == "boosted"):
        return "the decay that is asked for outweighs all rows"
    if is_number and row["weight"] == "survey":
        return "all rows outweigh the decay that is asked for"
    if is_number and row["hidden_layer_sizes"] == (5, 4) and row["loss"] == "squared_error":
        return "the decay that is asked for silences two layers"
    if row["l1_ratio"] is not UNSET and row["hidden_layer_sizes"] == (5, 4):
        return "the absolute values that are asked for silence two layers"
    if is_number and row["l1_ratio"] is not UNSET and row["X"] == "wide":
        return "the absolute values that are asked for outweigh 72 rows"
    if row["done"] == "boosted" and row["loss"] in ("absolute_error", "quantile"):
        return "rows that are drawn again and again count as so many observations"
    has_log_link = row["y"] == "counts" and row["loss"] not in ("squared_error", "quantile", UNSET)
    sees_parts = row["done"] in ("boosted", "partial_fit")
    if sees_parts and row["standardize"] is False and has_log_link:
        return "nothing limits the exponential of columns as they are, of some of the rows"
    if row["weight"] == "counts" and row["y"] == "counts":
        return "a row counted often seems certain, and is far from new ones"
    if row["beta_2"] == 0.1:
        return "with so short a memory of gradients, steps overshoot"
    if row["early_stopping"] is True:
        return "seven rows are no measure"
    if row["solver"] == "sgd":
        return "its rate is for the user to choose"
    is_slow = row["learning_rate"] == "invscaling" or row["done"] == "partial_fit"
    if is_slow and row["learning_rate_init"] is UNSET:
        return "the rate that is asked for is low"
    return None


def columns(y):
    """Return the columns of y, each with which of its entries are known."""
    Y = y if y.ndim == 2 else y[:, np.newaxis]
    known = np.array([[entry == entry for entry in line] for line in Y])
    return [(Y[:, k], known[:, k]) for k in range(Y.shape[1])]


def classifier_skill(row, fitted, found, data):
    """Return the part of the errors of the most frequent class that is avoided, per column."""
    skills = []
    predicted = columns(found[0])
    for (old, known), (new, is_new), (guess, _) in zip(
        columns(data.y), columns(data.y_new), predicted, strict=True
    ):
        labels, counts = np.unique(old[known].astype(str), return_counts=True)
        wrong = (new[is_new].astype(str) != labels[counts.argmax()]).mean()
        skills.append(1 - (guess[is_new] != new[is_new]).mean() / wrong)
    return skills


def regressor_skill(row, fitted, found, data):
    """Return the part of the loss of the best constant that is avoided, per column and level."""
    levels = np.atleast_1d(0.5 if row["quantile"] is UNSET else row["quantile"])
    if row["loss"] != "quantile":
        levels = [0.5] if row["loss"] in ("absolute_error",) else [None]
    predicted = found[0].reshape(len(data.y_new), -1, len(levels))
    skills = []
    for k, ((old, known), (new, is_new)) in enumerate(
        zip(columns(data.y), columns(data.y_new), strict=True)
    ):
        for j, level in enumerate(levels):
            old_, new_ = old[known].astype(float), new[is_new].astype(float)
            best = old_.mean() if level is None else np.quantile(old_, level)
            residual, of_constant = new_ - predicted[is_new, k, j], new_ - best
            skills.append(1 - cost(residual, level) / cost(of_constant, level))
    return skills


def cost(residual, level):
    if level is None:
        return np.mean(residual**2)
    return np.mean(np.maximum(level * residual, (level - 1) * residual))


SKILL = {"classifier": classifier_skill, "regressor": regressor_skill}


def check_finite(row, fitted, found):
    for array in found:
        assert array.dtype.kind in "OU" or np.isfinite(array).all(), "not finite"
    for net in network_of(fitted).estimators_:
        assert len({len(entries) for entries in net.history_.values()}) == 1
        has_validation_set = net.settings_["early_stopping"] or row["done"] == "validated"
        assert ("validation_loss" in net.history_) == has_validation_set
        assert np.isfinite([net.loss_, *net.loss_curve_]).all()
        assert all(np.isfinite(W).all() for W in net.coefs_ + net.intercepts_)


def check_classes(row, fitted, found, data):
    """Check the labels and probabilities; AdaBoost has its own."""
    assert found[0].shape == data.y_new.shape
    for (old, known), (guess, _) in zip(columns(data.y), columns(found[0]), strict=True):
        assert set(guess) <= set(old[known])
    for probability in found[1:]:
        assert probability.shape == (len(data.y_new), len(fitted.classes_))
        assert ((probability >= 0) & (probability <= 1)).all()
        if not row["y"].startswith("multilabel"):
            np.testing.assert_allclose(probability.sum(axis=1), 1, rtol=1e-5)


def check_numbers(row, fitted, found, data):
    levels = (3,) if row["loss"] == "quantile" and isinstance(row["quantile"], list) else ()
    assert found[0].shape == data.y_new.shape + levels
    if levels:
        assert (np.diff(found[0], axis=-1) >= 0).all()
    if row["loss"] in ("poisson", "gamma", "tweedie"):
        assert (found[0] >= 0).all()
    for deviation in found[2:]:
        assert (deviation > 0).all()


CHECK = {"classifier": check_classes, "regressor": check_numbers}


@each_row
def test_a_row_makes_a_sound_model(kind, number):
    row = rows_of(kind)[number]
    data = make_data(row)
    fitted, found = outcome(kind, number)
    check_finite(row, fitted, found)
    if isinstance(fitted, ESTIMATORS[kind]):
        dtype = np.float32 if row["X"] == "float32" else np.float64
        assert {array.dtype for array in found if array.dtype.kind == "f"} <= {np.dtype(dtype)}
    CHECK[kind](row, fitted, found, data)
    if weakness(row) is None:
        skill = np.mean(SKILL[kind](row, fitted, found, data))
        assert skill > 0.05, f"{skill:.2f} of the constant's loss is avoided: {told(row)}"


def told(row):
    return {name: value for name, value in row.items() if value is not UNSET}


# The neutral law ----------------------------------------------------------------------------------

SHORT = {"max_iter": 12}  # every phase of a fit, from the first decay to the last rate, is as short
NEVER = 1e-17  # a rate of dropout, or less than the smallest random number in float64


def neutral(row, net):
    """Return what has no effect on the row: settings, or changes of the data, by name."""
    values = {
        "dropout": NEVER if row["solver"] is IN_DOUBLE else 0.0,
        "l1_ratio": 0.0,
        "n_estimators": 1,
        "n_init": 1,
        "n_jobs": 1,
        "posterior": None,
        "verbose": True,
        "class_weight": None,
    }
    if row["done"] in ("fit", "fit_a_clone"):
        values["warm_start"] = True
    return {name: value for name, value in {**values, **idle(net)}.items() if name in row} | (
        chosen(net) if row["done"] in OWN_FIT else {}
    )


def idle(net):
    """Return the settings that this network does not use."""
    values = {"momentum": 0.3, "nesterovs_momentum": False, "max_fun": 3}
    values |= {"beta_1": 0.5, "beta_2": 0.5, "epsilon": 0.1}
    solver = solver_of(net)
    if isinstance(net.solver, str):  # an object has options of its own
        read = options_of(type(solver))
        values = {name: values[name] for name in values if name not in read}
    if not solver.takes_batches:
        values |= {"batch_size": 7, "learning_rate": "constant", "learning_rate_init": 0.5}
        values |= {"shuffle": False, "dropout": 0.3, "power_t": 0.3}
    elif net.settings_["learning_rate"] != "invscaling":
        values |= {"power_t": 0.9}
    if not net.settings_["early_stopping"]:
        values |= {"validation_fraction": 0.4}
    return values | ({} if net.loss == "quantile" else {"quantile": 0.3})


def chosen(net):
    """Return what stands for the settings that are "auto", with limits that nothing reaches."""
    solver = solver_of(net)
    limits = {"max_time": 1e6, **({"clip_norm": 1e30} if solver.takes_batches else {})}
    given = {name: value for name, value in net.settings_.items() if name not in SHORT}
    return {**given, "solver": replace(solver, **limits)}


def changes(row, net):
    """Return the neutral changes of a row, each as a function of settings and data."""
    unset = {name: value for name, value in neutral(row, net).items() if row[name] is UNSET}
    found = {f"{name}={value!r}": ({name: value}, {}) for name, value in unset.items()}
    if row["weight"] == "none":
        found["weights of one"] = ({}, {"weight": np.ones})
    if row["done"] in OWN_FIT and HAS_CALLBACKS:
        found["a callback"] = ({"callbacks": True}, {})
    if row["done"] in OWN_FIT and row["early_stopping"] is not True and row["scoring"] is UNSET:
        found["X_val"] = ({"early_stopping": False}, {"watches": True})
    return found


def changed(kind, row, some):
    """Return the outputs of the row with some of its neutral changes."""
    settings = {} if row["done"] == "boosted" else {**SHORT}  # boosting wants some accuracy
    data = make_data(row)
    for further, of_data in some:
        settings |= further
        if "weight" in of_data:
            data = data._replace(weight=np.ones(data.X.shape[0]))
        if "watches" in of_data:
            data = data._replace(watches=True)
    fitted = do(kind, row, data, **settings)
    return quietly(lambda: outputs(kind, fitted, data.X_new))


def is_same(one, two):
    return all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def error_or_difference(kind, row, some, expected):
    """Return what the changes do that should do nothing, or None."""
    try:
        found = changed(kind, row, some)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None if is_same(expected, found) else "another fit"


def neutral_pairs(kind):
    """Return, for every row, its neutral changes, each with every value of the row."""
    pairs = []
    for number, row in enumerate(rows_of(kind)):
        names = {name.partition("=")[0] for name in changes(row, fitted_network(kind, number))}
        values = [(name, FACTORS[kind][name].index(value)) for name, value in row.items()]
        pairs.append(set(product(names, values)))
    return pairs


def few_that_cover(sets):
    """Yield the numbers of few of the sets that hold all elements, by a greedy search."""
    waiting = set().union(*sets)
    while waiting:
        number = max(range(len(sets)), key=lambda number: len(sets[number] & waiting))
        waiting -= sets[number]
        yield number


def what_is_not_neutral(kind, number):
    """Return what should change nothing in a row and does, or None."""
    row = rows_of(kind)[number]
    expected = changed(kind, row, [])
    some = changes(row, fitted_network(kind, number))
    effect = error_or_difference(kind, row, some.values(), expected)
    if effect is None:
        return None
    for name in list(some):  # leave out what is not to blame
        fewer = {other: some[other] for other in some if other != name}
        if error_or_difference(kind, row, fewer.values(), expected) is not None:
            some = fewer
    return f"{list(some) or 'the same again'}: {effect}: {told(row)}"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_neutral_changes_no_bit(kind):
    """In rows enough that every neutral change meets every value that it meets in any row."""
    effects = [what_is_not_neutral(kind, n) for n in few_that_cover(neutral_pairs(kind))]
    assert not any(effects), "\n".join(filter(None, effects))


# What does not go together, and the array itself --------------------------------------------------


def refused():
    for kind in KINDS:
        for combination, names in refusals(kind):
            if names is not None:
                for values in product(*combination.values()):
                    yield kind, dict(zip(combination, values, strict=True)), names


@pytest.mark.parametrize(("kind", "combination", "names"), list(refused()))
def test_what_does_not_go_together_is_refused_by_name(kind, combination, names):
    row = {**NOTHING_SET[kind], "hidden_layer_sizes": 6, **combination}
    with pytest.raises((ValueError, AttributeError)) as caught:
        do(kind, row, make_data(row))
    assert names in f"{caught.value} {caught.value.__cause__}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_allowed_pair_is_in_a_row(kind):
    factors = FACTORS[kind]
    forbidden = [combination for combination, _ in refusals(kind)]
    rows = rows_of(kind)
    for (one, i), (two, j) in pairs_to_cover(factors, forbidden):
        pair = [(one, factors[one][i]), (two, factors[two][j])]
        assert any(all(row[name] is value for name, value in pair) for row in rows), pair
    assert not any(is_forbidden(row, forbidden) for row in rows)
