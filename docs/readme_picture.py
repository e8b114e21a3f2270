"""The picture of the README: python docs/readme_picture.py writes docs/readme.png.

The figures on the right are those of benchmarks/results/defaults.csv.
"""

import csv
from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.datasets import make_moons
from sklearn.inspection import DecisionBoundaryDisplay

from sklearn_shallow import ShallowNetClassifier

ROOT = Path(__file__).parents[1]
NAMES = {
    "this library": "this library",
    "MLP, lbfgs CV": "MLP, decay by search",
    "MLP": "MLP",
    "RealMLP": "RealMLP",
    "gradient boosting": "gradient boosting",
    "logistic regression, ridge": "logistic regression",
    "random forest": "random forest",
}
with (ROOT / "benchmarks" / "results" / "defaults.csv").open() as file:
    rows = [row for row in csv.DictReader(file) if row["data"] == "62 and 23 sets"]
LOG_LOSS = {row["model"]: float(row["log-loss"]) for row in rows}
LOG_LOSS = {shown: LOG_LOSS[name] for name, shown in NAMES.items()}

plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
X, y = make_moons(300, noise=0.25, random_state=0)
net = ShallowNetClassifier(random_state=0).fit(X, y)
figure, (left, right) = plt.subplots(1, 2, figsize=(7.6, 2.6), layout="constrained")
DecisionBoundaryDisplay.from_estimator(
    net,
    X,
    ax=left,
    response_method="predict_proba",
    cmap="RdBu_r",
    alpha=0.7,
    vmin=0,
    vmax=1,
    eps=0.4,
)
for label, marker in ((0, "o"), (1, "^")):
    left.scatter(*X[y == label].T, s=8, marker=marker, c="k", alpha=0.5, lw=0)
left.set(xticks=[], yticks=[], xlabel="", ylabel="", title="probabilities, with nothing set")
bars = right.barh([*LOG_LOSS], [*LOG_LOSS.values()], color=["#0072B2"] + ["0.7"] * 6)
right.bar_label(bars, fmt="%.3f", padding=2)
right.invert_yaxis()
right.set(title="log-loss, mean of 62 data sets", xlim=(0, 0.49), xticks=[])
figure.savefig(Path(__file__).with_name("readme.png"), dpi=100, metadata={"Software": None})
