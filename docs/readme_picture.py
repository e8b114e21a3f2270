"""The picture of the README: python docs/readme_picture.py writes docs/readme.png.

The figures on the right are those of the table below it (`python benchmarks/defaults.py`).
"""

from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.datasets import make_moons
from sklearn.inspection import DecisionBoundaryDisplay

from sklearn_shallow import ShallowNetClassifier

LOG_LOSS = {
    "this library": 0.2736,
    "MLP, decay by search": 0.2939,
    "MLP": 0.3172,
    "RealMLP": 0.3460,
    "gradient boosting": 0.3697,
    "logistic regression": 0.3844,
    "random forest": 0.4209,
}

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
