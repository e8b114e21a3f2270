"""What a temperature that is fitted on held-out rows does to the log-loss of the defaults.

    python benchmarks/temperature.py [--max-rows 10000] [--sets ...]

Three quarters of every set of `data_sets.py` with labels train, the rest tests. "all rows" is our
classifier with nothing set on the rows to train on; "four fifths" on four fifths of them;
"temperature" is the latter with scikit-learn's temperature scaling (Guo et al. 2017, ICML) on the
fifth left over. Prints the mean log-loss, and the geometric mean of its ratios to "all rows".
"""

import argparse
from itertools import pairwise

import numpy as np
from defaults_measure import load_sets, quiet, splitter
from defaults_report import FLOOR
from scipy.stats import gmean
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

from sklearn_shallow import ShallowNetClassifier

LEAST = 40  # rows of a class: CalibratedClassifierCV wants five in the part that is left over
SIZES = (0, 1000, 5000, np.inf)  # rows of the sets in a row of the table


def losses(X, y):
    """Return the log-losses of the three."""
    train, test = next(splitter("classification", 1).split(X, y))
    part, rest = train_test_split(train, test_size=0.2, random_state=0, stratify=y[train])
    whole = ShallowNetClassifier(random_state=0).fit(X[train], y[train])
    net = ShallowNetClassifier(random_state=0).fit(X[part], y[part])
    scaled = CalibratedClassifierCV(FrozenEstimator(net), method="temperature")
    models = whole, net, scaled.fit(X[rest], y[rest])
    return [log_loss(y[test], m.predict_proba(X[test]), labels=m.classes_) for m in models]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", help="default: all")
    parser.add_argument("--max-rows", type=int, default=10_000)
    options = parser.parse_args()
    rows, found = [], []
    for _, X, y in load_sets(
        "classification", options.sets, max_rows=options.max_rows, least=LEAST
    ):
        if y.any():
            rows.append(len(y))
            found.append(losses(X, y))
    rows, found = np.array(rows), np.array(found)
    ratios = np.maximum(found, FLOOR) / np.maximum(found[:, :1], FLOOR)
    print("| rows | sets | all rows | four fifths | temperature | ratios | lower |")
    print("|---|--:|--:|--:|--:|---|--:|")
    for low, high in pairwise(SIZES):
        some = (rows >= low) & (rows < high)
        if some.any():
            means = " | ".join(f"{mean:.4f}" for mean in found[some].mean(axis=0))
            of_all = ", ".join(f"{ratio:.3f}" for ratio in gmean(ratios[some][:, 1:]))
            lower = np.mean(found[some, 2] < found[some, 0])
            print(f"| from {low:,} | {some.sum()} | {means} | {of_all} | {100 * lower:.0f} % |")


if __name__ == "__main__":
    quiet()
    with threadpool_limits(1):
        main()
