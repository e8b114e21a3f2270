"""Spaces that the first layer of a network is trained on.

Convention
----------
X : rows as the network sees them, (n_rows, n_columns + 1)
W : ndarray of shape (n_columns, n_units), or of what it is trained on
"""


class Space:
    """The columns; a subclass has something in their place, or behind them.

    Attributes
    ----------
    n_predictions : int
        How many linear predictions stand behind the columns.
    """

    n_predictions = 0

    def behind(self, inputs):
        """Return the inputs that write the rows to train on, or those that scores are taken of."""
        return inputs

    def rows_of(self, X):
        """Return the rows to train on, of those that these inputs have written."""
        return X

    def columns(self, X):
        """Return rows that begin with the columns, of the first ones that are trained on."""
        return X

    def for_columns(self, W):
        """Return the weights for X that do what those that were trained do."""
        return W

    def for_training(self, W):
        """Return the weights to train that do on the samples what those for X do."""
        return W

    def fingerprint(self):
        """Return bytes that tell whether the weights in training mean the same."""
        return b""


COLUMNS = Space()
