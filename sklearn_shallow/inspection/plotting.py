"""Axes and colours that all displays share.

The colours are those of Okabe & Ito (2008), which people with any colour vision can tell apart;
numbers with a sign have the diverging map PuOr: purple is positive, orange negative.
"""

COLOURS = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "black": "#000000",
}
CYCLE = list(COLOURS.values())
GREY = "#8C8C8C"
DIVERGING = "PuOr"
WIDTH, HEIGHT = 6.0, 3.6  # size of a figure with one axes, in inches; 600 pixels wide at 100 dpi
MAX_HEIGHT = 8.0
LEGEND = {"frameon": False, "fontsize": "small"}


class Display:
    """Base class of the displays; a subclass draws in `_draw`, and sets `ax_`."""

    def plot(self, ax=None):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw in, divided if there are several parts; None is a new figure.

        Returns
        -------
        display : Display
            This object.
        """
        self._draw(ax)
        self.figure_ = self.ax_.figure
        return self

    @staticmethod
    def _new_axes(ax, height=HEIGHT):
        """Return these axes, or new ones in a figure of that height in inches."""
        if ax is not None:
            return ax
        from matplotlib.pyplot import subplots

        return subplots(figsize=(WIDTH, min(height, MAX_HEIGHT)), layout="constrained")[1]

    def _set_axes(self, ax, n, in_a_row, row, *, base=0.7, sharex=False, sharey=False, **options):
        """Set `axes_` to n axes in a grid that takes the place of `ax`, or in a new figure.

        `ax_` is the first of them, and `_first_column` are those on the left.

        Parameters
        ----------
        in_a_row : int, axes at most
        row, base : float, inches of every row in a new figure, and of all else
        options : of the grid, such as `height_ratios`
        """
        n_columns = 2 if n == 4 and in_a_row > 1 else min(n, in_a_row)
        n_rows = -(-n // n_columns)
        ax = self._new_axes(ax, HEIGHT if n == 1 else base + row * n_rows)
        self.axes_ = [ax]
        if n > 1:
            place = ax.get_subplotspec()
            if place is None:
                raise ValueError(
                    "ax is divided into several axes, for which it must stand in a grid. Pass an "
                    "axes of plt.subplots(), or ax=None."
                )
            ax.set_axis_off()
            grid = place.subgridspec(n_rows, n_columns, **options)
            cells = grid.subplots(sharex=sharex, sharey=sharey, squeeze=False).ravel()
            for unused in cells[n:]:
                unused.remove()
            self.axes_ = cells[:n].tolist()
        self.ax_, self._first_column = self.axes_[0], self.axes_[::n_columns]

    def _add_legend(self, handles, names, *, above):
        """Draw the legend of several axes: above all of them, or within the first.

        Parameters
        ----------
        above : bool
            Whether the figure has no other axes than these.
        """
        if above:
            place = {"loc": "outside upper center", "ncols": 5 if len(names) > 3 else 3}
            self.ax_.figure.legend(handles, names, **place, **LEGEND)
        else:
            self.ax_.legend(handles, names, fontsize="x-small", framealpha=0.6, handlelength=1.3)

    @staticmethod
    def _bare(ax):
        """Remove the upper and the right edge of the frame, and draw a faint grid."""
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(alpha=0.25, linewidth=0.6)
        ax.set_axisbelow(True)
