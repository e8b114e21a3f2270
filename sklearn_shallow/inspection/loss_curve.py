"""Display of the training curves in `history_`."""

import numpy as np

from sklearn_shallow.inspection import fitted
from sklearn_shallow.inspection.plotting import CYCLE, GREY, LEGEND, Display

# What has axes below the losses, and the label of these axes.
SMALL = {"validation_score": "score", "learning_rate": "learning\nrate", "alpha": "weight\ndecay"}
LOGARITHMIC = 8  # largest over smallest value above which an axis is logarithmic


class LossCurveDisplay(Display):
    """Loss, penalty, validation, learning rate and weight decay along one or several fits.

    Create it with `from_estimator`. The upper axes hold the loss on the training data without the
    penalty, the penalty on top of it, the loss on the validation set if there was one, and the
    iteration whose parameters were returned. Below are the scores on the validation set, the
    learning rate and the decay, if they were recorded and have changed.

    Parameters
    ----------
    histories : list of dict
        `history_` of every training run.
    best_iterations : list of int
        The iteration of every run whose parameters were returned, counted from 1 in the history; 0
        if the history does not contain it.
    names : list of str
        Name of every run in the legend.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes with the losses.
    axes_ : dict of Axes
        All of them: "loss", and "validation_score", "learning_rate" and "alpha" where drawn.
    figure_ : matplotlib Figure
    lines_ : dict of lists of Line2D
        The curves, one per run that has them: "data_loss", "validation_loss" and the names of
        `axes_`.
    best_ : list of Line2D
        The marks of the best iterations.
    penalty_ : PolyCollection, or None
        The area between the losses with and without the penalty, for a single run.

    See Also
    --------
    sklearn_shallow.diagnose : What the curve and other measurements say, in words.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn_shallow import LossCurveDisplay, ShallowNetClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> net = ShallowNetClassifier(10, early_stopping=True, random_state=0).fit(X, y)
    >>> display = LossCurveDisplay.from_estimator(net)
    >>> sorted(display.axes_)
    ['alpha', 'learning_rate', 'loss']
    """

    def __init__(self, histories, best_iterations, names):
        self.histories = histories
        self.best_iterations = best_iterations
        self.names = names

    @classmethod
    def from_estimator(cls, estimator, *others, names=None, ax=None):
        """Draw the training of fitted estimators.

        Parameters
        ----------
        estimator : ShallowNetClassifier or ShallowNetRegressor
            A fitted estimator, a search for one, or a pipeline that ends in one. Several networks
            are drawn as several runs.
        *others : estimators
            More of them, to compare.
        names : list of str, default=None
            A name for every estimator; None: the parameters in which they differ.
        ax : matplotlib Axes, default=None
            Axes to draw in; None is a new figure.

        Returns
        -------
        display : LossCurveDisplay
        """
        nets = [fitted.unwrapped(one, None, cls.__name__)[0] for one in (estimator, *others)]
        names = fitted.display_names(nets) if names is None else list(names)
        if len(names) != len(nets):
            raise ValueError(f"names={names!r} must be one for each of {len(nets)} estimators.")
        histories, best, of_runs = [], [], []
        for net, name in zip(nets, names, strict=True):
            for number, run in enumerate(net.estimators_, 1):
                histories.append(fitted.history_of(run, cls.__name__))
                best.append(fitted.best_of_all(run))
                several = [f"network {number}"] * (len(net.estimators_) > 1)
                of_runs.append(", ".join([name] * bool(name) + several))
        return cls(histories, best, of_runs).plot(ax=ax)

    def _draw(self, ax):
        small = [
            name for name in SMALL if any(changes(one.get(name, [])) for one in self.histories)
        ]
        ratios = {"height_ratios": [3.2] + [1] * len(small), "hspace": 0.08}
        self._set_axes(ax, 1 + len(small), 1, row=0.9, base=2.5, sharex=True, **ratios)
        self.axes_ = dict(zip(["loss", *small], self.axes_, strict=True))
        self.lines_ = {name: [] for name in ("data_loss", "validation_loss", *small)}
        self.best_, self.penalty_ = [], None
        for number, history in enumerate(self.histories):
            self._draw_losses(number, history)
            for name in small:
                self._draw_small(name, number, history)
        self._finish()

    def _colours(self, number):
        """Return the colours of the training and of the validation of a run."""
        if len(self.histories) == 1:
            return CYCLE[0], CYCLE[1]
        return (CYCLE[number % len(CYCLE)],) * 2

    def _draw_losses(self, number, history):
        ax, alone, name = self.ax_, len(self.histories) == 1, self.names[number]
        training, validation = self._colours(number)
        loss, without = np.array(history["loss"]), np.array(history["data_loss"])
        steps = np.arange(1, len(loss) + 1)
        label = ", ".join([fitted.as_drawn(name)] * bool(name) + ["training"] * alone)
        [line] = ax.plot(steps, without, color=training, label=label)
        self.lines_["data_loss"].append(line)
        if alone and np.any(loss > without):
            style = {"color": training, "alpha": 0.18, "linewidth": 0, "label": "penalty"}
            self.penalty_ = ax.fill_between(steps, without, loss, **style)
        if np.isfinite(history.get("validation_loss", [])).any():
            style = {} if alone else {"linestyle": "--"}
            style |= {"color": validation, "label": "validation" if alone else "_"}
            [line] = ax.plot(steps, history["validation_loss"], **style)
            self.lines_["validation_loss"].append(line)
        self._mark_best(number, line)

    def _mark_best(self, number, line):
        best, losses = self.best_iterations[number], line.get_ydata()
        if not 1 <= best <= len(losses):
            return
        style = {"color": line.get_color(), "markeredgecolor": "white", "label": "_"}
        if len(self.histories) == 1:
            self.ax_.axvline(best, color=GREY, linewidth=0.8, linestyle=":")
            style["label"] = f"returned: {self._unit(number)} {best:,}"
        self.best_ += self.ax_.plot(best, losses[best - 1], "o", **style)

    def _draw_small(self, name, number, history):
        values = np.array(history.get(name, [np.nan] * len(history["loss"])))
        colour = self._colours(number)[name == "validation_score"]
        style = "steps-mid" if name == "alpha" else "default"
        steps = np.arange(1, len(values) + 1)
        self.lines_[name] += self.axes_[name].plot(steps, values, color=colour, drawstyle=style)
        if name == "alpha" and len(self.histories) == 1:
            for step in 1 + np.flatnonzero(values[1:] != values[:-1]):
                self.ax_.axvline(step + 1, color=GREY, linewidth=0.7, alpha=0.5, zorder=0)

    def _unit(self, number):
        """Return what a step of a run is called."""
        on_batches = np.isfinite(self.histories[number]["learning_rate"]).any()
        return "epoch" if on_batches else "iteration"

    def _finish(self):
        units = {self._unit(number) for number in range(len(self.histories))}
        *_, bottom = self.axes_.values()
        bottom.set_xlabel(" or ".join(sorted(units)))
        for name, ax in self.axes_.items():
            self._bare(ax)
            ax.set_ylabel(SMALL.get(name, name), fontsize="small" if name in SMALL else None)
            least, most = ax.dataLim.intervaly
            if name != "validation_score" and most > LOGARITHMIC * least > 0:
                ax.set_yscale("log")
        if len(self.histories) > 1 and self.lines_["validation_loss"]:
            self.ax_.plot([], [], color=GREY, label="training")
            self.ax_.plot([], [], color=GREY, linestyle="--", label="validation")
        if len(self.ax_.get_legend_handles_labels()[0]) > 1 or any(self.names):
            self.ax_.legend(**LEGEND)


def changes(values):
    """Return whether there are different finite numbers among the values."""
    known = np.array(values, float)
    known = known[np.isfinite(known)]
    return len(known) > 0 and np.ptp(known) > 0
