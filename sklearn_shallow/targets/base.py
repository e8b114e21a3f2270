"""The interface of a target, which encodes the user's y and decodes the raw output.

Convention
----------
y : the user's labels or numbers, checked
Y, raw : ndarray of shape (n_rows, n_outputs), see `losses.base`; nan where y is missing
"""

from sklearn_shallow.targets.limits import NO_LIMITS


class Target:
    """Base class of the targets, `RegressionTarget` and those of `class_target`.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,), or None for numbers
    n_kinds : int
        Number of values of an encoded label; 0 for numbers.
    n_outputs : int
    loss, link : the loss, and its link
    scaling : see `targets.scaling`
    limits : Limits of the predictions
    largest : float
        Largest absolute value of the scaled targets.
    """

    classes = None
    n_kinds = 0
    limits = NO_LIMITS

    @property
    def training_loss(self):
        """The loss to be minimised."""
        return self.loss

    def strata(self, y):
        """Return the groups for a stratified validation set, (n_rows,), or None."""
        return None

    def warn_if_suspicious(self, y, cost):
        """Warn of a y that is probably wrong or a target of another kind, and of weights that
        exclude all classes but one.

        Parameters
        ----------
        cost : ndarray of shape (n_rows,), or None
            The sample weights times the class weights.
        """
