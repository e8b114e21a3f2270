"""
A rare class
============

One sample in twenty is positive. The probabilities are right; only the decision threshold has to be
chosen, by the costs of missed cases and false alarms.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_classification
from sklearn.metrics import precision_recall_curve

from sklearn_shallow import ShallowNetClassifier

X, y = make_classification(4000, 10, n_informative=5, weights=[0.95], random_state=1)
X_train, y_train, X_test, y_test = X[:2000], y[:2000], X[2000:], y[2000:]
net = ShallowNetClassifier(numeric_encoding=None, random_state=0).fit(X_train, y_train)
p = net.predict_proba(X_test)[:, 1]
for threshold in (0.5, 0.1):
    alarm = p > threshold
    print(
        f"threshold {threshold}: {np.mean(alarm[y_test == 1]):.0%} of the positives found, "
        f"{np.mean(y_test[alarm]):.0%} of the alarms right"
    )

precision, recall, thresholds = precision_recall_curve(y_test, p)
figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
ax.semilogx(thresholds, precision[:-1], color="#0072B2", label="alarms that are right")
ax.semilogx(thresholds, recall[:-1], "--", color="#D55E00", label="positives that are found")
ax.set(xlabel="threshold", xlim=(1e-3, 1), ylim=(0, 1.05))
ax.legend(frameon=False)
