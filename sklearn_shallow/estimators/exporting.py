"""Export methods of the estimators: files, ONNX, code, networks of scikit-learn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import DTypeLike
from sklearn.utils.validation import check_is_fitted

from sklearn_shallow.estimators.saving import save
from sklearn_shallow.export.code.c import c_code
from sklearn_shallow.export.code.python import python_code
from sklearn_shallow.export.describe import describe
from sklearn_shallow.export.onnx.model import model_of
from sklearn_shallow.utils.names import unknown_name

LANGUAGES = {"python": python_code, "c": c_code}


def described(net, dtype=None):
    """Return the description of the predictions of a fitted estimator or search."""
    check_is_fitted(net)
    net = getattr(net, "best_estimator_", net)
    names = getattr(net, "feature_names_in_", [f"x{i}" for i in range(net.n_features_in_)])
    return describe(net._networks, type(net).__name__, names, net._table, dtype)


class ExportingMixin:
    """Exports to other formats: what `predict` and `predict_proba` do, with all transforms of X."""

    _is_member = False  # of `estimators_`

    def __dir__(self):
        """Return the names of all attributes; a member of `estimators_` has no `estimators_` among
        them, or programs that follow the attributes, as skl2onnx does, would not come to an end.
        """
        names = super().__dir__()
        return [name for name in names if name != "estimators_"] if self._is_member else names

    def save(self, path: str | Path) -> None:
        """Write the estimator to a file without pickle, see `sklearn_shallow.load`.

        The file has everything that predicts and that training continues with. Callbacks and
        requests for metadata are left out.

        Parameters
        ----------
        path : str or Path
            The file. It is there as a whole or not at all: one that existed is replaced at the end.

        Raises
        ------
        ValueError
            If a parameter or a part of the network is a custom object, such as an activation, a
            loss, a scorer or a transformer. The message names it and the way out.
        """
        save(self, path)

    def to_sklearn(self) -> Any:
        """Return a fitted network of scikit-learn that predicts the same.

        Returns
        -------
        model : estimator
            MLPClassifier or MLPRegressor; in a Pipeline behind SimpleImputer, StandardScaler,
            MinMaxScaler, OneHotEncoder and ColumnTransformer where gaps are filled, or X is
            limited, encoded or far from zero; for several networks, VotingClassifier or
            VotingRegressor. Limits of predictions are a last layer of relu units, or with another
            activation a TransformedTargetRegressor.

        Raises
        ------
        ValueError
            If scikit-learn's networks have no such activation, link, encoding or posterior. The
            message says which it is, and what to use instead.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn_shallow import ShallowNetClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> net = ShallowNetClassifier(5, standardize=True, random_state=0).fit(X, y)
        >>> mlp = net.to_sklearn()
        >>> mlp
        MLPClassifier(...)
        >>> print(f"{abs(mlp.predict_proba(X) - net.predict_proba(X)).max():.6f}")
        0.000000
        """
        # Here, because scikit-learn's ensembles take a tenth of the time of importing the package.
        from sklearn_shallow.export.scikit_learn.mlp import as_scikit_learn

        check_is_fitted(self)
        net: Any = getattr(self, "best_estimator_", self)
        return as_scikit_learn(net._networks, net._table, net._names(), net.solver)

    @classmethod
    def from_sklearn(cls, mlp: Any) -> Any:
        """Return a fitted estimator that predicts as a network of scikit-learn does.

        Parameters
        ----------
        mlp : fitted MLPClassifier or MLPRegressor
            Its parameters become those of the estimator, with ``standardize=False`` and
            ``numeric_encoding=None``, since its weights are for X as it is.

        Returns
        -------
        estimator : estimator of this class
            `partial_fit`, and `fit` with ``warm_start=True``, continue from its weights, with a new
            state of the solver.

        Raises
        ------
        ValueError
            If it is no such network.
        NotFittedError
            If it is not fitted.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.neural_network import MLPClassifier
        >>> from sklearn_shallow import ShallowNetClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> mlp = MLPClassifier(5, solver="lbfgs", tol=0.01, random_state=0).fit(X, y)
        >>> net = ShallowNetClassifier.from_sklearn(mlp)
        >>> print(f"{abs(net.predict_proba(X) - mlp.predict_proba(X)).max():.6f}")
        0.000000
        """
        from sklearn_shallow.estimators.from_mlp import estimator_of  # which imports settings

        return estimator_of(cls, mlp)

    def to_onnx(self, path: str | Path | None = None, *, dtype: DTypeLike | None = None) -> Any:
        """Return what the network predicts as an ONNX model.

        It takes X as `predict` does: gaps, categories and scaling are part of the model. Whole
        pipelines are converted by skl2onnx, see `register_skl2onnx`.

        Parameters
        ----------
        path : str or Path, default=None
            File that the model is also written to.
        dtype : {"float32", "float64"} or None, default=None
            Type of the numbers in input and output; None is that of the predictions, which is
            "float64" unless all X in `fit` was float32.

        Returns
        -------
        model : onnx.ModelProto
            Of opset 13. One input "X" of shape (n_samples, n_features) if all features are numbers;
            else one input of shape (n_samples, 1) per feature, by its name, of strings where the
            feature has strings. Outputs "label" and "probabilities" of a classifier, "variable" of
            a regressor, of shape (n_samples, 1) where `predict` returns (n_samples,).

        Raises
        ------
        ImportError
            If the package onnx is not installed.
        ValueError
            If a custom activation or transformer, or a posterior of a classifier, takes part in the
            prediction; if labels are neither strings nor integers; or if constants overflow the
            dtype.
        """
        model = model_of(described(self, dtype))
        if path is not None:
            Path(path).write_bytes(model.SerializeToString())
        return model

    def export_code(
        self,
        language: str = "python",
        path: str | Path | None = None,
        *,
        dtype: DTypeLike | None = None,
        name: str = "predict",
    ) -> str:
        """Return the source of a function that predicts one sample, without dependencies.

        It takes a sample as `predict` does: gaps, categories and scaling are part of the function.

        Parameters
        ----------
        language : {"python", "c"}, default="python"
            Python with its standard library, or C99 with math.h, without allocation.
        path : str or Path, default=None
            File that the source is also written to.
        dtype : {"float32", "float64"} or None, default=None
            In C, float or double; None is that of the predictions, as in `to_onnx`. Python computes
            in double precision; "float32" makes its constants shorter.
        name : str, default="predict"
            Name of the function, with which all other public names begin.

        Returns
        -------
        source : str
            In Python ``predict(x)`` for a list of numbers and strings, and ``predict_proba(x)`` of
            a classifier. In C ``void predict(const double *x, double *out)``, which writes the
            probabilities of a classifier, and ``size_t predict_label(const double *out)``, the
            place of the label in ``predict_classes``.

        Raises
        ------
        ValueError
            If a custom activation or transformer, or a posterior of a classifier, takes part in the
            prediction; if labels are neither strings nor numbers; or if constants overflow the
            dtype.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn_shallow import ShallowNetClassifier
        >>> X, y = load_iris(return_X_y=True, as_frame=True)
        >>> net = ShallowNetClassifier(5, random_state=0).fit(X, y)
        >>> scope = {}
        >>> exec(net.export_code("python"), scope)
        >>> scope["predict"]([5.1, 3.5, 1.4, 0.2])
        0
        """
        if not isinstance(language, str) or language not in LANGUAGES:
            raise ValueError(unknown_name("language", language, LANGUAGES))
        if dtype is None and language == "python":
            dtype = "float64"
        source = LANGUAGES[language](described(self, dtype), name)
        if path is not None:
            Path(path).write_text(source, encoding="utf-8", newline="\n")
        return source
