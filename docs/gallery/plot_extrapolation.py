"""
Beyond the training data
========================

By default, new values are limited to the training range plus a tenth of it: a misplaced decimal
point does no harm, but a trend does not continue. `standardize=True` has no limits.
"""

# %%
import warnings

import matplotlib.pyplot as plt
import numpy as np

from sklearn_shallow import ShallowNetRegressor

rng = np.random.default_rng(0)
time = np.linspace(0, 10, 100)[:, np.newaxis]
sales = 1 + 2 * time[:, 0] + 0.5 * rng.normal(size=100)
later = np.linspace(0, 16, 200)[:, np.newaxis]

figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
ax.plot(time[:, 0], sales, ".", color="0.6")
for standardize, colour in (("auto", "#D55E00"), (True, "#0072B2")):
    net = ShallowNetRegressor(20, standardize=standardize, random_state=0).fit(time, sales)
    with warnings.catch_warnings(action="ignore"):  # that new values are far outside
        predicted = net.predict(later)
    print(f"standardize={standardize!r}: at 16 {predicted[-1]:.0f} (trend: 33)")
    ax.plot(later[:, 0], predicted, color=colour, label=f"standardize={standardize!r}")
ax.set(xlabel="time")
ax.legend(frameon=False)
