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
WIDTH = 6.0  # inches: 600 pixels at 100 dots per inch


class Display:
    """Base of the displays; a subclass draws in `_draw`, and sets `ax_`."""

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
    def _new_axes(ax, height):
        """Return these axes, or new ones in a figure of that height in inches."""
        if ax is not None:
            return ax
        from matplotlib.pyplot import subplots

        return subplots(figsize=(WIDTH, height), layout="constrained")[1]

    def _draw_grid(self, ax, n, n_columns, height, *, share=(), **options):
        """Return n axes in a grid that takes the place of `ax`, or in a new figure.

        Parameters
        ----------
        height : inches of a new figure
        share : names of the axes that all share, such as ``("x",)``
        options : of the grid, such as `height_ratios`
        """
        ax = self._new_axes(ax, height)
        if n == 1:
            return [ax]
        place = ax.get_subplotspec()
        if place is None:
            raise ValueError(
                "ax is divided into several axes, for which it must stand in a grid. Pass an axes "
                "of plt.subplots(), or ax=None."
            )
        ax.set_axis_off()
        grid, made = place.subgridspec(-(-n // n_columns), n_columns, **options), []
        for number in range(n):
            shared = {f"share{name}": made[0] for name in share} if made else {}
            cell = grid[number // n_columns, number % n_columns]
            made.append(ax.figure.add_subplot(cell, **shared))
        return made

    @staticmethod
    def _add_legend(axes, handles, names, *, above):
        """Draw the legend of several axes: above all of them, or within the first.

        Parameters
        ----------
        above : bool
            Whether the figure has no other axes than these.
        """
        if above:
            columns = 5 if len(names) > 3 else 3
            place = {"loc": "outside upper center", "ncols": columns}
            axes[0].figure.legend(handles, names, frameon=False, fontsize="small", **place)
        else:
            axes[0].legend(handles, names, fontsize="x-small", framealpha=0.6, handlelength=1.3)

    @staticmethod
    def _add_legend_below(ax, y, *content, **options):
        """Draw the legend of axes below them, at that height in parts of the axes."""
        place = {"loc": "upper center", "bbox_to_anchor": (0.5, y)}
        ax.legend(*content, frameon=False, fontsize="small", **place, **options)

    @staticmethod
    def _bare(ax):
        """Remove the upper and the right edge of the frame, and draw a faint grid."""
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(alpha=0.25, linewidth=0.6)
        ax.set_axisbelow(True)


def shape_of_grid(n, most):
    """Return the numbers of rows and columns of a grid of n axes, with at most `most` in a row."""
    n_columns = min(n, most) if n != 4 else 2
    return -(-n // n_columns), n_columns
