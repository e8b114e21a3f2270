"""Tables with hundreds and thousands of categories in a feature.

    python benchmarks/categories.py [--max-rows 12000] [--folds 2] [--sets NAME ...]

Of `table_sets.py`'s source are tables whose samples belong to students, schools, films, aircraft or
jobs. Ours with nothing set, ours and boosting behind `TargetEncoder` for the features of more than
255 categories, and CatBoost if it is installed. Prints 1 - R2 or the log-loss, and seconds, the
means over the folds, on one thread.
"""

import argparse
import time
from functools import partial
from importlib.util import find_spec

import numpy as np
import pandas as pd
from defaults_measure import quiet
from defaults_models import CatBoost
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, r2_score
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, TargetEncoder
from table_sets import Table, source
from threadpoolctl import threadpool_limits

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor

MANY = 255
NLSWORK = "birth_yr ind_code occ_code"
FLIGHTS = "year day dep_time dep_delay arr_time arr_delay sched_arr_time time_hour minute"
TABLES = {  # `codes` are categories, whatever their type
    "regression": {
        "films": Table("dslabs/movielens", "rating", "movieId genres", "userId title"),
        "teachers": Table("lme4/InstEval", "y", "", "s d dept studage lectage service"),
        "mathematics": Table("mlmRev/egsingle", "math", "", "childid schoolid"),
        "young women": Table("sampleSelection/nlswork", "ln_wage", NLSWORK, "idcode race"),
        "chemistry": Table("mlmRev/Chem97", "score", "student gcsecnt", "school lea gender"),
        "young men": Table("wooldridge/wagepan", "lwage", "", "nr"),
        "hours": Table("plm/LaborSupply", "lnhr", "", "id"),
        "car lines": Table("openintro/epa2021", "comb_mpg", "city_mpg hwy_mpg model_type_index"),
        "loans by job": Table(
            "openintro/loans_full_schema",
            "interest_rate",
            "grade sub_grade installment balance loan_status paid_total paid_principal "
            "paid_interest paid_late_fees",
        ),
        "hotels by day": Table(
            "modeldata/hotel_rates", "avg_price_per_room", "arrival_date_num", "arrival_date"
        ),
        "time in the air": Table(
            "nycflights13/flights", "air_time", f"distance {FLIGHTS}", "flight"
        ),
    },
    "classification": {
        "insults": Table("lme4/VerbAgg", "r2", "resp", "id"),
        "union": Table("sampleSelection/nlswork", "union", NLSWORK, "idcode race"),
        "marriage": Table("wooldridge/wagepan", "married", "", "nr"),
        "grades": Table("mlmRev/Chem97", "score", "student gcsecnt", "school lea gender"),
        "stars": Table("dslabs/movielens", "rating", "movieId genres", "userId title"),
        "evaluations": Table("lme4/InstEval", "y", "", "s d dept studage lectage service"),
        "airlines": Table("nycflights13/flights", "origin", f"distance {FLIGHTS}", "flight"),
    },
}
OURS = {"regression": ShallowNetRegressor, "classification": ShallowNetClassifier}
BOOSTING = {
    "regression": HistGradientBoostingRegressor,
    "classification": HistGradientBoostingClassifier,
}


def load(task, table, max_rows):
    """Return X and y: categories of dtype "category", with their gaps, and at most so many rows."""
    columns = source()(*table.source.split("/")).drop(columns="rownames", errors="ignore")
    columns = columns.drop(columns=table.without.split())
    columns = columns[columns[table.target].notna()]
    columns = columns.sample(min(len(columns), max_rows), random_state=0)
    y, codes = columns.pop(table.target), table.codes.split()
    for name, column in columns.items():
        if name in codes or not pd.api.types.is_numeric_dtype(column):
            columns[name] = column.map(str, na_action="ignore").astype("category")
    X = columns.reset_index(drop=True)
    return X, LabelEncoder().fit_transform(y) if task == "classification" else y.to_numpy(float)


def models_of(task):
    """Return functions that make a model for X, by name."""
    models = {
        "ours": lambda X: OURS[task](random_state=0),
        "ours, TargetEncoder": lambda X: behind_encoder(X, OURS[task](random_state=0)),
        "boosting, TargetEncoder": lambda X: behind_encoder(
            X, BOOSTING[task](random_state=0, categorical_features="from_dtype")
        ),
    }
    return models | ({"CatBoost": lambda X: CatBoost(task)} if find_spec("catboost") else {})


def behind_encoder(X, model):
    """Return a model of X in which features of many categories are means of the target."""
    many = [name for name in X.select_dtypes("category") if X[name].nunique() > MANY]
    encoder = make_column_transformer(
        (TargetEncoder(random_state=0), many),
        remainder="passthrough",
        verbose_feature_names_out=False,
    )
    return make_pipeline(encoder.set_output(transform="pandas"), model)


def measured(make, task, X, y, folds):
    """Return the mean score over the folds, less is better, and the mean seconds of a fit."""
    found = []
    for train, test in folds:
        begin = time.perf_counter()
        model = make(X).fit(X.iloc[train], y[train])
        seconds = time.perf_counter() - begin
        if task == "regression":
            score = 1 - r2_score(y[test], model.predict(X.iloc[test]))
        else:
            score = log_loss(y[test], model.predict_proba(X.iloc[test]), labels=np.unique(y))
        found.append((score, seconds))
    return np.mean(found, axis=0)


def row(name, task, table, options):
    """Return the line of a table."""
    X, y = load(task, table, options.max_rows)
    kind = KFold if task == "regression" else StratifiedKFold
    folds = list(kind(options.folds, shuffle=True, random_state=0).split(X, y))
    sizes = sorted(X.select_dtypes("category").nunique(), reverse=True)
    cells = [f"{name}, {len(X):,} x {X.shape[1]}", ", ".join(f"{n:,}" for n in sizes if n > MANY)]
    for make in models_of(task).values():
        score, seconds = measured(partial(make), task, X, y, folds)
        cells.append(f"{score:.4f}, {seconds:.2f} s")
    return f"| {' | '.join(cells)} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--max-rows", type=int, default=12_000)
    parser.add_argument("--folds", type=int, default=2)
    parser.add_argument("--sets", nargs="+")
    options = parser.parse_args()
    quiet()
    with threadpool_limits(1):
        for task, tables in TABLES.items():
            names = [*models_of(task)]
            print(f"\n{task}\n\n| set | categories | {' | '.join(names)} |")
            print(f"|---|--:|{'--:|' * len(names)}")
            for name, table in tables.items():
                if options.sets is None or name in options.sets:
                    print(row(name, task, table, options), flush=True)


if __name__ == "__main__":
    main()
