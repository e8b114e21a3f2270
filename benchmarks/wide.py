"""Default fits where features outnumber samples: on the scores of the samples, and on the columns.

    python benchmarks/wide.py [--task classification]

On the sets of `data_sets.py` with at least 300 rows, cut to 2,000, two splits, in four views:
columns as they are, with so few rows to train that there are 1.6 columns for each ("own"); or 150
rows on 1,000 random mixtures of the standardised columns, each with noise of half their spread
("mixtures"); on the columns and 500 of noise ("noise"); on 1,500 random Fourier features
("fourier"). The rest tests. Our estimators as they are, which train on scores there; on columns;
on scores with 768 updates; and MLP. Prints the geometric means of the ratios of
log-loss, or 1 - R2, and of the seconds, to those on columns, and the worst ratio of losses.
"""

import argparse
from unittest import mock

import numpy as np
from defaults_measure import TASKS, load_sets, measure, quiet
from defaults_models import MODELS
from defaults_report import FLOOR
from scipy.stats import gmean
from sklearn.base import clone
from sklearn.kernel_approximation import RBFSampler
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.estimators.training import input_steps

MIN_ROWS, MAX_ROWS, BATCH_ROWS, N_SPLITS = 300, 2000, 32, 2
UPDATES = (768,)
MIN_COLUMNS, COLUMNS_PER_ROW = 24, 1.6
N_MIXTURES, N_NOISE, N_FOURIER, TRAIN_ROWS, NOISE = 1000, 500, 1500, 150, 0.5


class OnColumns:
    """Trains on columns whatever the shape of X."""

    def fit(self, X, y):
        with mock.patch.object(input_steps, "spans_few", return_value=False):
            return super().fit(X, y)


class Classifier(OnColumns, ShallowNetClassifier):
    pass


class Regressor(OnColumns, ShallowNetRegressor):
    pass


ON_COLUMNS = {"classification": Classifier, "regression": Regressor}


def own(X, rng):
    """Return the columns as they are, and how many rows are to train; None if they are few."""
    return (X, int(X.shape[1] / COLUMNS_PER_ROW)) if X.shape[1] >= MIN_COLUMNS else None


def mixtures(X, rng):
    """Return mixtures of the columns, and how many rows are to train."""
    Z = StandardScaler().fit_transform(X)
    mixed = Z @ rng.normal(size=(X.shape[1], N_MIXTURES)) / np.sqrt(X.shape[1])
    return mixed + NOISE * rng.normal(size=mixed.shape), TRAIN_ROWS


def noise(X, rng):
    """Return the columns with others of noise, and how many rows are to train."""
    return np.hstack([X, rng.normal(size=(len(X), N_NOISE))]), TRAIN_ROWS


def fourier(X, rng):
    """Return random Fourier features, and how many rows are to train."""
    features = RBFSampler(gamma=0.5 / X.shape[1], n_components=N_FOURIER, random_state=0)
    return features.fit_transform(StandardScaler().fit_transform(X)), TRAIN_ROWS


def figures(task, view):
    """Return losses and seconds, (n_sets, n_models) each, of the sets that all models can fit."""
    losses, seconds = [], []
    for _, X, y in load_sets(task, max_rows=MAX_ROWS):
        seen = view(X, np.random.default_rng(0)) if len(X) >= MIN_ROWS else None
        if seen is None:
            continue
        X, n_rows = seen
        ours = MODELS[task]["ours"]
        models = {"columns": ON_COLUMNS[task](random_state=0), "scores": ours}
        for n in UPDATES:
            epochs = -(-n // -(-n_rows // BATCH_ROWS))
            models[n] = clone(ours).set_params(batch_size=BATCH_ROWS, max_iter=epochs)
        models["MLP"] = MODELS[task]["MLP"]
        splits = TASKS[task].split(N_SPLITS, train_size=n_rows, random_state=0)
        found = measure(models, X, y, splits, TASKS[task].scores)
        if not any("error" in entry for entry in found.values()):  # a class without rows to train
            losses.append([np.mean(entry[TASKS[task].loss]) for entry in found.values()])
            seconds.append([np.median(entry["seconds"]) for entry in found.values()])
    return np.maximum(losses, FLOOR), np.array(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", choices=list(TASKS))
    options = parser.parse_args()
    heads = " | ".join(["scores", *(f"{n} updates" for n in UPDATES), "MLP"])
    print(f"| columns | target | sets | {heads} |\n|---|---|--:|{'--:|' * 3}")
    for view in (mixtures, fourier, noise, own):
        for task in [options.task] if options.task else TASKS:
            losses, seconds = figures(task, view)
            ratios = losses[:, 1:] / losses[:, :1]
            times = gmean(seconds[:, 1:] / seconds[:, :1])
            parts = zip(gmean(ratios), ratios.max(axis=0), times, strict=True)
            cells = " | ".join(f"{loss:.3f} ({w:.2f}), {t:.2f}" for loss, w, t in parts)
            print(f"| {view.__name__} | {task} | {len(losses)} | {cells} |", flush=True)


if __name__ == "__main__":
    quiet()
    with threadpool_limits(1):
        main()
