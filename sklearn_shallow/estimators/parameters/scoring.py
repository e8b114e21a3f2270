"""Scorers of an estimator, by name or as functions."""

from inspect import signature

from sklearn.metrics import check_scoring, get_scorer_names

from sklearn_shallow.utils.names import suggestion

# Scorers of scikit-learn for two classes, and the corresponding means over several classes
OF_TWO_CLASSES = {
    "roc_auc": "roc_auc_ovr",
    **{name: f"{name}_macro" for name in ("f1", "precision", "recall", "jaccard")},
}


def scorer_of(estimator, scoring):
    """Return the scorer of the parameter `scoring`; None for "loss"."""
    if isinstance(scoring, str) and scoring == "loss":
        return None
    if isinstance(scoring, str) and scoring not in get_scorer_names():
        raise ValueError(
            f"scoring={scoring!r} must be 'loss', one of sklearn.metrics.get_scorer_names(), a "
            f"scorer, or None.{suggestion(scoring, get_scorer_names())}"
        )
    return check_scoring(estimator, scoring)


def check_scoring_of_classes(scoring, target):
    """Check that a scorer for two classes is not selected by name for more classes."""
    n_classes = target.n_kinds
    if n_classes > 2 and isinstance(scoring, str) and scoring in OF_TWO_CLASSES:
        raise ValueError(
            f"scoring={scoring!r} cannot be applied: it is for two classes, and y has {n_classes}. "
            f"Set scoring={OF_TWO_CLASSES[scoring]!r}, the mean over all of them."
        )


def takes_weight(scorer):
    """Return whether a scorer takes ``sample_weight``: not if its metric has no weights, or after
    ``set_score_request(sample_weight=False)``.
    """
    if hasattr(scorer, "_accept_sample_weight"):  # a scorer of scikit-learn
        requested = scorer.get_metadata_routing().score.requests.get("sample_weight")
        return requested is not False and scorer._accept_sample_weight()
    parameters = signature(scorer).parameters
    return "sample_weight" in parameters or any(
        parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()
    )
