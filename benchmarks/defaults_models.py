"""The models of `defaults.py`: ours with nothing set, or but for two hidden layers, and those of
others.

Inputs are standardised for linear models and scikit-learn's networks unless the name says "raw",
for a regression the target too, and as they are for the others; "MLP, lbfgs CV" is MLP with L-BFGS
and its decay by a search. RealMLP (Holzmüller, Grinsztajn & Steinwart 2024) has a preprocessing of
its own, and holds out a fifth of the rows to stop by, as does TabM (Gorishniy, Kotelnikov & Babenko
2025). Of a frame, ours, boosting and CatBoost (Prokhorenkova et al. 2018) get the categories and
gaps as they are, RealMLP and TabM the categories; the others get one-hot columns. Where there may
be no gaps there are means, and columns that say so.
"""

import logging
from functools import partial
from importlib.util import find_spec

import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.compose import (
    TransformedTargetRegressor,
    make_column_selector,
    make_column_transformer,
)
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor

ALPHAS = np.logspace(-4, 2, 5)  # that the search for MLP's decay tries
TWO_LAYERS = (64, 64)
OURS = ("ours", "ours x 5", "ours, 64-64 x 5")  # that take a frame
PYTABKIT = {"RealMLP": "RealMLP_TD_S", "RealMLP TD": "RealMLP_TD", "TabM": "TabM_D"}
INSTALL_PYTABKIT = "RealMLP and TabM need torch and pytabkit: pip install pytabkit"


def on_standardised(model):
    """Return the model behind a standardisation of X, and of y where that is a number."""
    model = make_pipeline(StandardScaler(), model)
    if is_classifier(model):
        return model
    return TransformedTargetRegressor(model, transformer=StandardScaler())


def networks(ours, theirs):
    """Return our models and scikit-learn's network, as far as both tasks have the same."""
    return {
        "ours": ours(random_state=0),
        "ours, scaled": make_pipeline(StandardScaler(), ours(random_state=0)),
        "ours x 5": ours(n_estimators=5, random_state=0),
        "ours, 64-64 x 5": ours(TWO_LAYERS, n_estimators=5, random_state=0),
        "MLP": on_standardised(theirs(random_state=0)),
        "MLP, raw": theirs(random_state=0),
    }


CLASSIFIERS = networks(ShallowNetClassifier, MLPClassifier) | {
    "MLP, lbfgs CV": GridSearchCV(
        on_standardised(MLPClassifier(solver="lbfgs", random_state=0)),
        {"mlpclassifier__alpha": ALPHAS},
        scoring="neg_log_loss",
        cv=StratifiedKFold(3, shuffle=True, random_state=0),
    ),
    "logistic": on_standardised(LogisticRegression(max_iter=1000)),
    "boosting": HistGradientBoostingClassifier(random_state=0),
    "forest": RandomForestClassifier(random_state=0),
}
REGRESSORS = networks(ShallowNetRegressor, MLPRegressor) | {
    "MLP, lbfgs CV": GridSearchCV(
        on_standardised(MLPRegressor(solver="lbfgs", random_state=0)),
        {"regressor__mlpregressor__alpha": ALPHAS},
        scoring="r2",
        cv=KFold(3, shuffle=True, random_state=0),
    ),
    "ridge": on_standardised(RidgeCV(np.logspace(-3, 3, 13))),
    "boosting": HistGradientBoostingRegressor(random_state=0),
    "forest": RandomForestRegressor(random_state=0),
}
MODELS = {"classification": CLASSIFIERS, "regression": REGRESSORS}
KINDS = {"classification": "Classifier", "regression": "Regressor"}


def models_of(task, names=None, tables=False):
    """Return a dict from names to models, by default all that can run but "RealMLP TD" and "TabM".

    For `tables` they take frames.
    """
    made = {name: partial(_of_pytabkit, name) for name in PYTABKIT} | {"CatBoost": CatBoost}
    if names is None:
        installed = {"CatBoost": "catboost", "RealMLP": "pytabkit"}
        names = [*MODELS[task], *(name for name in installed if find_spec(installed[name]))]
    models = {
        name: made[name](task) if name in made else MODELS[task][name]
        for name in names
        if name in made or name in MODELS[task]
    }
    return on_frames(models) if tables else models


def known_names():
    """Return the names that `models_of` takes, in the order of the tables."""
    return list(dict.fromkeys([*CLASSIFIERS, *REGRESSORS, "CatBoost", *PYTABKIT]))


def on_frames(models):
    """Return the models for frames: behind one-hot categories and filled gaps if they need that."""
    categories = make_column_selector(dtype_include="category")
    gaps = SimpleImputer(add_indicator=True)
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    filled = make_column_transformer(("passthrough", categories), remainder=gaps)
    before = dict.fromkeys(models, make_column_transformer((one_hot, categories), remainder=gaps))
    before |= dict.fromkeys(PYTABKIT, filled.set_output(transform="pandas"))
    before |= dict.fromkeys(("boosting", "CatBoost", *OURS), "passthrough")
    return {name: make_pipeline(before[name], model) for name, model in models.items()}


class CatBoost(BaseEstimator):
    """CatBoost with nothing set; of a frame it is told the categories, and a gap there is one."""

    def __init__(self, task):
        self.task = task

    def fit(self, X, y):
        import catboost

        X, categories = _without_gaps(X)
        self.model_ = getattr(catboost, f"CatBoost{KINDS[self.task]}")(
            cat_features=categories,
            random_seed=0,
            thread_count=1,
            verbose=False,
            allow_writing_files=False,
        )
        self.model_.fit(X, y)
        return self

    def predict(self, X):
        return self.model_.predict(_without_gaps(X)[0]).ravel()

    def predict_proba(self, X):
        return self.model_.predict_proba(_without_gaps(X)[0])


def _without_gaps(X):
    """Return X with "gap" in the gaps of the categories, and the names of these columns."""
    if not hasattr(X, "columns"):
        return X, []
    categories = X.select_dtypes("category")
    filled = {
        name: column.cat.add_categories("gap").fillna("gap") for name, column in categories.items()
    }
    return X.assign(**filled), list(filled)


def _of_pytabkit(name, task):
    try:
        import pytabkit
        import torch
    except ImportError as error:
        raise ImportError(INSTALL_PYTABKIT) from error
    torch.set_num_threads(1)
    for logger in ("lightning", "pytorch_lightning"):
        logging.getLogger(logger).setLevel(logging.ERROR)
    estimator = getattr(pytabkit, f"{PYTABKIT[name]}_{KINDS[task]}")
    return estimator(random_state=0, device="cpu", n_threads=1)
