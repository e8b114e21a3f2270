"""The three plots of the results, from the stored tables in `results/`.

    python benchmarks/plots.py    # needs matplotlib

`quality.png`: quality against time, for all models with nothing set, from `defaults.csv`, the means
that `defaults.py` reports. `scale_rows.png`, `scale_columns.png`: time against rows and columns,
from `scale.csv`, which `scale.py` writes.
"""

import csv
from pathlib import Path

import matplotlib.pyplot as plt

RESULTS = Path(__file__).parent / "results"
DATA = "62 and 23 sets"
SCORES = {"log-loss": "seconds, labels", "1 - R2": "seconds, numbers"}
OURS = ("this library", "the same")  # what the names of our models begin with
COLOURS = {"ours": "#0072B2", "MLP": "#D55E00", "boosting": "0.45"}
UNITS = {"rows": "rows of 28 columns", "columns": "columns, 200 rows"}
RIGHT = {"ha": "left", "xytext": (6, -3)}
PLACES = {
    "this library": {"ha": "right", "xytext": (-6, -3)},
    "gradient boosting": {"ha": "right", "xytext": (-6, -3)},
    "the same, n_estimators=5": {"ha": "center", "xytext": (0, -13)},
    "MLP, lbfgs CV": {"ha": "center", "xytext": (0, 6)},
}


def table(name):
    """Return the rows of a stored table, as dictionaries."""
    with (RESULTS / name).open() as file:
        return list(csv.DictReader(file))


def plot_quality():
    """Draw quality against time: the lower and the further left, the better."""
    figure, axes = plt.subplots(2, 1, figsize=(6, 8), layout="constrained")
    for ax, (score, seconds) in zip(axes, SCORES.items(), strict=True):
        for row in table("defaults.csv"):
            if row["data"] != DATA:
                continue
            x, y, name = float(row[seconds]), float(row[score]), row["model"]
            colour = COLOURS["ours" if name.startswith(OURS) else "boosting"]
            ax.plot(x, y, "o", color=colour)
            style = {"textcoords": "offset points", "fontsize": 9, "color": colour}
            ax.annotate(name.replace("the same, ", ""), (x, y), **style, **PLACES.get(name, RIGHT))
        ax.set(xlabel="time of a fit, this library = 1", ylabel=score, xscale="log")
        ax.set(xlim=(0.02, 150))
        ax.margins(y=0.09)
        ax.grid(alpha=0.3)
    figure.savefig(RESULTS / "quality.png", dpi=110)


def plot_scale(against):
    """Draw the seconds of a default fit against rows or columns."""
    figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
    for name, colour in COLOURS.items():
        rows = [
            row for row in table("scale.csv") if (row["against"], row["model"]) == (against, name)
        ]
        sizes, seconds = ([float(row[key]) for row in rows] for key in ("size", "seconds"))
        ax.loglog(sizes, seconds, "o-", color=colour, label=name)
    ax.set(xlabel=UNITS[against], ylabel="seconds of a fit")
    ax.legend(frameon=False)
    ax.grid(alpha=0.3)
    figure.savefig(RESULTS / f"scale_{against}.png", dpi=110)


if __name__ == "__main__":
    plot_quality()
    for against in UNITS:
        plot_scale(against)
