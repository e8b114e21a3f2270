"""
Calibrated probabilities
========================

Of a hundred samples with a probability of 80 %, eighty should belong to the class. With the
default decay they nearly do; without a decay the network is overconfident.
"""

# %%
import matplotlib.pyplot as plt
from sklearn.calibration import CalibrationDisplay
from sklearn.datasets import make_classification
from sklearn.metrics import log_loss

from sklearn_shallow import ShallowNetClassifier

X, y = make_classification(3500, 12, n_informative=6, class_sep=0.7, flip_y=0.1, random_state=0)
X_train, y_train, X_test, y_test = X[:500], y[:500], X[500:], y[500:]

figure, ax = plt.subplots(figsize=(4.5, 4.5), layout="constrained")
for alpha, colour in (("auto", "#0072B2"), (0, "#D55E00")):
    net = ShallowNetClassifier(alpha=alpha, random_state=0).fit(X_train, y_train)
    p = net.predict_proba(X_test)[:, 1]
    name = f"alpha={alpha!r}: log-loss {log_loss(y_test, p):.2f}"
    CalibrationDisplay.from_predictions(y_test, p, n_bins=8, ax=ax, name=name, color=colour)
ax.set(xlabel="predicted probability", ylabel="fraction that belongs to the class")
