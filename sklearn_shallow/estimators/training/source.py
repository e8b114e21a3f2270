"""The samples of a fit as a source of training data: one preparation for all of them."""

from sklearn_shallow.estimators.training.data import TrainingData
from sklearn_shallow.estimators.training.short_fits import with_choices_made


class Source:
    """Samples in memory.

    Parameters
    ----------
    sample : Samples, checked, with the sample weights
        All of them here; subclasses have a sample that stands for all.
    """

    n_rows = 0  # how many there are in all, if the sample has some of them

    def __init__(self, sample):
        self.sample = sample

    def data(self, settings, samples, target, held_out, member):
        """Return the training data.

        Parameters
        ----------
        samples : Samples, those of `sample` that have a positive weight, with both weights
        held_out : Samples to validate on, or None
        member : Member, the first network that is to be trained
        """
        distinct = self.distinct(samples, settings, target)
        known = distinct, target, held_out, member
        settings = with_choices_made(settings, *known, n_samples=self.n_rows)
        return self.encoded(settings, *known, samples)

    def distinct(self, samples, settings, target):
        """Return the samples without copies, if there are many."""
        return samples.without_copies(settings, target)

    def encoded(self, settings, samples, target, held_out, member, passed):
        """Return the training data, with all choices made.

        Parameters
        ----------
        passed : Samples with the weights as they were passed
        """
        return TrainingData.of(settings, samples, target, member, held_out)
