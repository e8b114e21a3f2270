"""
A data frame with categories and missing values
===============================================

Pass the data frame to `fit`: text columns are one-hot encoded, missing values are imputed, with
indicators.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sklearn_shallow import ShallowNetRegressor

rng = np.random.default_rng(0)
n = 800
frame = pd.DataFrame(
    {
        "district": rng.choice(["harbour", "hill", "old town"], n),
        "area": rng.uniform(30, 150, n),
        "year": rng.integers(1900, 2020, n).astype(float),
    }
)
price = (
    4 * frame["area"]
    + frame["district"].map({"harbour": 0, "hill": 150, "old town": 80})
    + 0.6 * (frame["year"] - 1900)
    + 20 * rng.normal(size=n)
)
frame.loc[rng.random(n) < 0.2, "year"] = np.nan  # one house in five has no year
frame.head()

# %%
train, test = slice(0, 600), slice(600, None)
net = ShallowNetRegressor(20, random_state=0).fit(frame[train], price[train])
print("columns that the network sees:", ", ".join(net.input_names_))
print(f"R2 on new samples: {net.score(frame[test], price[test]):.2f}")

# %%
# The effect of a district on an otherwise average house:
average = pd.DataFrame(
    {"district": ["harbour", "hill", "old town"], "area": 90.0, "year": [1960.0, 1960.0, 1960.0]}
)
figure, ax = plt.subplots(figsize=(5, 2.6), layout="constrained")
bars = ax.barh(average["district"], net.predict(average), color="#0072B2")
ax.bar_label(bars, fmt="%.0f", padding=3)
ax.set(xlabel="price of 90 square metres of 1960", xlim=(0, 640))
