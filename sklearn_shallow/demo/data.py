"""The data of the demonstration: a bundled data set or a CSV file, and their preprocessing."""

import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sklearn_shallow.demo import DemoError

BUNDLED = ("breast_cancer", "diabetes", "digits", "iris", "wine")
# A test set takes a quarter; each of five folds needs a sample of each class, and R2 needs two.
MIN_SAMPLES_PER_CLASS, MIN_SAMPLES = 8, 14


def load(source: str, target: str) -> tuple[pd.DataFrame, pd.Series]:
    """Load X and y, without samples that have no target and features that have no values."""
    table = _load_bundled(source) if source in BUNDLED else _read_csv(source)
    if target not in table:
        names = ", ".join(map(repr, table.columns[:20]))
        raise DemoError(f"{source!r} has no column {target!r}; set --target to one of {names}.")
    table = table.replace([np.inf, -np.inf], np.nan).dropna(subset=target)
    X = table.drop(columns=target).dropna(axis="columns", how="all")
    if X.empty:
        raise DemoError(f"{source!r} has no values beside those of {target!r}; add features.")
    for name in X.select_dtypes(exclude="number"):
        # Booleans become text too: beside the text for missing values, only text can be encoded.
        X[name] = X[name].map(str, na_action="ignore").astype(object)
    return X, table[target]


def make_preprocessor() -> ColumnTransformer:
    """Make a transformer that imputes numbers by their median and one-hot encodes categories."""
    numeric = SimpleImputer(strategy="median", keep_empty_features=True)
    categorical = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="missing", keep_empty_features=True),
        # Limited, so that a column of names does not become thousands of features.
        OneHotEncoder(handle_unknown="ignore", max_categories=50, sparse_output=False),
    )
    return make_column_transformer(
        (numeric, make_column_selector(dtype_include="number")),
        (categorical, make_column_selector(dtype_exclude="number")),
    )


def check_classes(y: pd.Series) -> pd.Series:
    """Return labels as text, or raise DemoError if there is one class or one is too small."""
    labels = y.map(str).str.replace("$", r"\$")  # for the picture: two dollars are a formula
    counts = labels.value_counts()
    if len(counts) < 2 or counts.iloc[-1] < MIN_SAMPLES_PER_CLASS:
        raise DemoError(
            f"{y.name!r} has {len(counts)} classes, {counts.index[-1]!r} with {counts.iloc[-1]} "
            f"samples; classification needs two, each with {MIN_SAMPLES_PER_CLASS}. Merge "
            "or remove small classes, or set --task regression."
        )
    return labels


def check_numbers(y: pd.Series) -> pd.Series:
    """Return targets as numbers, or raise DemoError if they are text, constant or few."""
    try:
        numbers = y.astype(float)
    except ValueError as error:
        raise DemoError(f"{y.name!r}: {error}; set --task classification for classes.") from None
    if len(numbers) < MIN_SAMPLES or numbers.nunique() < 2:
        raise DemoError(
            f"{y.name!r} is constant or has under {MIN_SAMPLES} samples; set another --target."
        )
    return numbers


def _load_bundled(name: str) -> pd.DataFrame:
    bunch = getattr(datasets, f"load_{name}")(as_frame=True)
    names = bunch.get("target_names")
    return bunch.frame if names is None else bunch.frame.assign(target=names[bunch.target])


def _read_csv(path: str) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, na_values="?", skipinitialspace=True, low_memory=False)
    except (OSError, ValueError) as error:
        raise DemoError(f"{error}; --data needs a CSV file or {', '.join(BUNDLED)}.") from None
    if not isinstance(table.index, pd.RangeIndex):
        raise DemoError(f"{path!r} has rows with more cells than the header; correct the header.")
    return table
