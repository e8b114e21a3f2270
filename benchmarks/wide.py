"""How many updates a default fit needs where columns outnumber rows.

    python benchmarks/wide.py

On the sets of `data_sets.py` with at least 24 columns and 300 rows, cut to 2,000, five splits: so
few rows train that there are 1.2 columns for each ("own"), or 150 rows on 1,000 columns, each a
random mixture of the standardised ones and of noise with half their spread ("mixtures"); the rest
tests. Our estimators with 768, 384 and 192 updates in place of the default, and MLP. Prints the
geometric means of the ratios of log-loss, or 1 - R2, and of the seconds, to those with 768 updates.
"""

from functools import partial

import numpy as np
from defaults_choice import ESTIMATORS
from defaults_measure import TASKS, load_sets, measure, quiet
from defaults_models import MODELS
from defaults_report import FLOOR
from scipy.stats import gmean
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

LEAST_ROWS, MOST_ROWS, BATCH_ROWS, N_SPLITS = 300, 2000, 32, 5
UPDATES = (768, 384, 192)
LEAST_COLUMNS, COLUMNS_PER_ROW = 24, 1.2
N_MIXTURES, MIXTURE_ROWS, NOISE = 1000, 150, 0.5
SPLITS = {"classification": StratifiedShuffleSplit, "regression": ShuffleSplit}


def own(X, rng):
    """Return the columns as they are, and how many rows are to train."""
    return X, int(X.shape[1] / COLUMNS_PER_ROW)


def mixtures(X, rng):
    """Return mixtures of the columns, and how many rows are to train."""
    Z = StandardScaler().fit_transform(X)
    mixed = Z @ rng.normal(size=(X.shape[1], N_MIXTURES)) / np.sqrt(X.shape[1])
    return mixed + NOISE * rng.normal(size=mixed.shape), MIXTURE_ROWS


def figures(task, view):
    """Return losses and seconds, (n_sets, n_models) each, of the sets that all models can fit."""
    losses, seconds = [], []
    for _, X, y in load_sets(task, max_rows=MOST_ROWS):
        if X.shape[1] < LEAST_COLUMNS or len(X) < LEAST_ROWS:
            continue
        X, n_rows = view(X, np.random.default_rng(0))
        per_epoch = -(-n_rows // BATCH_ROWS)
        make = partial(ESTIMATORS[task], batch_size=BATCH_ROWS, random_state=0)
        models = {n: make(max_iter=-(-n // per_epoch)) for n in UPDATES}
        models["MLP"] = MODELS[task]["MLP"]
        splits = SPLITS[task](N_SPLITS, train_size=n_rows, random_state=0)
        found = measure(models, X, y, splits, TASKS[task].scores)
        if not any("error" in entry for entry in found.values()):  # a class without rows to train
            losses.append([np.mean(entry[TASKS[task].loss]) for entry in found.values()])
            seconds.append([np.median(entry["seconds"]) for entry in found.values()])
    return np.maximum(losses, FLOOR), np.array(seconds)


def main():
    heads = " | ".join([*(f"{n} updates" for n in UPDATES), "MLP"])
    print(f"| columns | target | sets | {heads} |\n|---|---|--:|{'--:|' * 4}")
    for view in (own, mixtures):
        for task in TASKS:
            losses, seconds = figures(task, view)
            ratios = [gmean(values / values[:, :1]) for values in (losses, seconds)]
            cells = " | ".join(
                f"{loss:.3f}, {time:.2f}" for loss, time in zip(*ratios, strict=True)
            )
            print(f"| {view.__name__} | {task} | {len(losses)} | {cells} |", flush=True)


if __name__ == "__main__":
    quiet()
    with threadpool_limits(1):
        main()
