"""
The benchmarks in three plots
=============================

The figures are those of the table of the benchmarks: means over 62 classifications and 23
regressions, everything at its defaults (`python benchmarks/defaults.py`).
"""

# %%
import matplotlib.pyplot as plt

models = ["this library", "five networks", "MLP", "linear", "gradient boosting", "random forest"]
models.append("RealMLP")
figures = {
    "log-loss": [0.2736, 0.2717, 0.3172, 0.3844, 0.3697, 0.4209, 0.3460],
    "1 - R2": [0.1700, 0.1679, 0.2289, 0.4349, 0.2060, 0.2135, 0.1824],
    "seconds, relative": [1.00, 3.59, 2.11, 0.03, 0.77, 1.12, 27.99],
}
colours = ["#0072B2", "#56B4E9"] + ["0.7"] * 5
figure, axes = plt.subplots(1, 3, figsize=(10, 3), sharey=True, layout="constrained")
for ax, (name, values) in zip(axes, figures.items(), strict=True):
    bars = ax.barh(models, values, color=colours)
    ax.bar_label(bars, fmt="%.3g", padding=2, fontsize=8)
    ax.set(xlabel=name, xlim=(0, 1.2 * max(values)))
axes[0].invert_yaxis()
axes[2].set(xscale="log", xlim=(0.02, 120))
