"""
Learning curves
===============

The score against the number of samples, with nothing set. Decay, learning rate and epochs adapt to
the data, so that the network is no worse than a linear model for few samples.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_friedman1
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import LearningCurveDisplay, ShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_shallow import ShallowNetRegressor

X, y = make_friedman1(700, noise=1.0, random_state=0)
models = {
    "ShallowNetRegressor": ShallowNetRegressor(random_state=0),
    "RidgeCV": make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 3, 20))),
}
figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
for (name, model), colour in zip(models.items(), ("#0072B2", "#D55E00"), strict=True):
    LearningCurveDisplay.from_estimator(
        model,
        X,
        y,
        train_sizes=[30, 60, 120, 240, 480],
        cv=ShuffleSplit(3, random_state=0),
        score_type="test",
        ax=ax,
        line_kw={"color": colour, "marker": "o"},
        fill_between_kw={"color": colour, "alpha": 0.2},
    )
    ax.get_lines()[-1].set_label(name)
ax.set(xscale="log", xlabel="training samples", ylabel="R2 on new samples", ylim=(0, 1))
ax.legend(frameon=False, loc="lower right")
