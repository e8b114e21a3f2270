"""The registration of the estimators with skl2onnx."""

from sklearn_shallow.estimators.cross_validation import BaseShallowNetCV
from sklearn_shallow.estimators.exporting import described
from sklearn_shallow.estimators.saving import ESTIMATORS
from sklearn_shallow.export.onnx.skl2onnx import register


def register_skl2onnx() -> None:
    """Teach skl2onnx to convert the estimators of this package, in pipelines too.

    Call it once, before ``skl2onnx.to_onnx(pipeline, X[:1])`` or ``convert_sklearn``; calling it
    again changes nothing. The options "zipmap", "nocl", "output_class_labels" and "raw_scores" of
    skl2onnx work as for its own classifiers.

    Raises
    ------
    ImportError
        If skl2onnx is not installed.
    """
    searches = [kind for kind in ESTIMATORS if issubclass(kind, BaseShallowNetCV)]
    classifies = {kind: hasattr(kind, "predict_proba") for kind in ESTIMATORS}
    register(classifies, searches, described)
