"""The samples of a fit as a source of training data, in memory or as a base of streams."""

from sklearn_shallow.estimators.training.calibration import with_calibration
from sklearn_shallow.estimators.training.data import TrainingData
from sklearn_shallow.estimators.training.ridge_choices import with_rarity_chosen
from sklearn_shallow.estimators.training.short_fits import with_choices_made


class Source:
    """Samples in memory.

    Parameters
    ----------
    sample : Samples, checked, with the sample weights
        All samples; in subclasses, a random sample.
    """

    n_rows = 0  # number of all samples, in subclasses

    def __init__(self, sample):
        self.sample = sample

    def data(self, settings, samples, target, held_out, member):
        """Return the training data.

        Parameters
        ----------
        samples : Samples, the samples of positive weight, with both weights
        held_out : Samples of the user's validation set, or None
        member : Member, the first network to be trained
        """
        distinct = self.distinct(samples, settings, target)
        known = distinct, target, held_out, member
        settings = with_choices_made(settings, *known, n_samples=self.n_rows)
        settings = with_rarity_chosen(settings, distinct, target, member.last)
        settings = with_calibration(settings, distinct, target, member, n_samples=self.n_rows)
        return self.encoded(settings, *known, samples)

    def distinct(self, samples, settings, target):
        """Return the samples without copies, if these are many."""
        return samples.without_copies(settings, target)

    def encoded(self, settings, samples, target, held_out, member, passed):
        """Return the training data, with all choices made.

        Parameters
        ----------
        passed : Samples with the weights as passed
        """
        return TrainingData.of(settings, samples, target, member, held_out)
