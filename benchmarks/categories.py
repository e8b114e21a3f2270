"""Tables with hundreds and thousands of categories in a feature.

    python benchmarks/categories.py [--max-rows 12000] [--folds 2] [--sets NAME ...]

Of `table_sets.py`'s source are tables whose samples belong to students, schools, films, aircraft or
jobs. Ours with nothing set, ours and boosting behind `TargetEncoder` for the features of more than
255 categories, and CatBoost if it is installed. Prints 1 - R2 or the log-loss, and seconds, the
means over the folds, on one thread, of the processor.
"""

import argparse
from importlib.util import find_spec

import numpy as np
import pandas as pd
from defaults_measure import TASKS, measure, quiet, splitter
from defaults_models import MODELS, CatBoost
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, TargetEncoder
from table_sets import Table, read
from threadpoolctl import threadpool_limits

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


def load(task, table, max_rows):
    """Return X and y: categories of dtype "category", with their gaps, and at most so many rows."""
    columns = read(table)
    columns = columns.sample(min(len(columns), max_rows), random_state=0)
    y, codes = columns.pop(table.target), table.codes.split()
    for name, column in columns.items():
        if name in codes or not pd.api.types.is_numeric_dtype(column):
            columns[name] = column.map(str, na_action="ignore").astype("category")
    X = columns.reset_index(drop=True)
    return X, LabelEncoder().fit_transform(y) if task == "classification" else y.to_numpy(float)


def models_of(task, X):
    """Return the models for X by name."""
    models = {
        "ours": MODELS[task]["ours"],
        "ours, TargetEncoder": behind_encoder(X, MODELS[task]["ours"]),
        "boosting, TargetEncoder": behind_encoder(X, MODELS[task]["boosting"]),
    }
    return models | ({"CatBoost": CatBoost(task)} if find_spec("catboost") else {})


def behind_encoder(X, model):
    """Return a model of X in which features of many categories are means of the target."""
    many = [name for name in X.select_dtypes("category") if X[name].nunique() > MANY]
    encoder = make_column_transformer(
        (TargetEncoder(random_state=0), many),
        remainder="passthrough",
        verbose_feature_names_out=False,
    )
    return make_pipeline(encoder.set_output(transform="pandas"), model)


def row(name, task, table, options):
    """Return the line of a table: of every model the loss and the seconds of a fit."""
    X, y = load(task, table, options.max_rows)
    folds, scores = splitter(task, options.folds), TASKS[task].scores
    sizes = sorted(X.select_dtypes("category").nunique(), reverse=True)
    cells = [f"{name}, {len(X):,} x {X.shape[1]}", ", ".join(f"{n:,}" for n in sizes if n > MANY)]
    for found in measure(models_of(task, X), X, y, folds, scores).values():
        loss, seconds = (np.mean(found[figure]) for figure in (TASKS[task].loss, "seconds"))
        cells.append(f"{loss:.4f}, {seconds:.2f} s")
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
            names = [*models_of(task, pd.DataFrame())]
            print(f"\n{task}\n\n| set | categories | {' | '.join(names)} |")
            print(f"|---|--:|{'--:|' * len(names)}")
            for name, table in tables.items():
                if options.sets is None or name in options.sets:
                    print(row(name, task, table, options), flush=True)


if __name__ == "__main__":
    main()
