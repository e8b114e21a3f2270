"""The demonstration of the README: ``python -m sklearn_shallow``.

May import: the public names; numpy, pandas, scikit-learn, matplotlib.
"""


class DemoError(Exception):
    """An error that the user can correct; the message says how."""
