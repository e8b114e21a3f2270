"""Facts about all samples of a fit that looks at them a part at a time."""

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse
from sklearn.utils.multiclass import check_classification_targets

from sklearn_shallow.inputs.facts import FeatureFacts
from sklearn_shallow.inputs.sample_weights import total


@dataclass(eq=False)
class Facts:
    """Facts about samples, which add up.

    Attributes
    ----------
    n_rows : int
    total_weight : float
    labels : Counter of the weights of all labels, which may be zero; empty if y is no column of
        labels
    features : FeatureFacts, or None if X is sparse
    levels : dict of ndarrays, of every categorical feature the weight of every code, and of gaps;
        None where these are not known
    """

    n_rows: int = 0
    total_weight: float = 0.0
    labels: Counter = field(default_factory=Counter)
    features: FeatureFacts | None = None
    levels: dict | None = None

    def add(self, X, y, weight, *, has_labels):
        """Take samples of positive weight into account."""
        if not X.shape[0]:
            return
        self.n_rows += X.shape[0]
        self.total_weight += total(weight, X.shape[0])
        if not sparse.issparse(X):
            self.features = self.features or FeatureFacts(X.shape[1])
            self.features.add(X, weight)
        if has_labels and y.ndim == 1:
            check_classification_targets(y)
            labels, codes = np.unique(y, return_inverse=True)
            weights = np.bincount(codes, weight)
            self.labels.update(dict(zip(labels.tolist(), weights.tolist(), strict=True)))

    def both(self, other):
        """Return the facts about these samples and others."""
        features = self.features or other.features
        if self.features and other.features:
            features = self.features.both(other.features)
        levels = {i: sizes + other.levels[i] for i, sizes in self.levels.items()}
        sums = self.n_rows + other.n_rows, self.total_weight + other.total_weight
        found = Facts(*sums, self.labels.copy(), features, levels)
        found.labels.update(other.labels)
        return found

    def with_class_weights(self, settings):
        """Return the settings with numbers in place of "balanced"."""
        if not isinstance(settings.class_weight, str):
            return settings
        if not self.labels:
            raise ValueError(
                f"class_weight={settings.class_weight!r} of a multilabel y needs all samples. "
                "Pass the weights themselves, one dict {0: weight, 1: weight} for every label."
            )
        weights = {label: weight for label, weight in self.labels.items() if weight}
        mean = self.total_weight / len(weights)
        return replace(settings, class_weight={label: mean / w for label, w in weights.items()})
