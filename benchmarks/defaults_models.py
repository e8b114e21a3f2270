"""The models of `defaults.py`: ours with nothing set, or but for two hidden layers, and those of
others.

Inputs are standardised for linear models and scikit-learn's networks unless the name says "raw",
for a regression the target too, and as they are for the others; "MLP, lbfgs CV" is MLP with L-BFGS
and its decay by a search. RealMLP (Holzmüller, Grinsztajn & Steinwart 2024) has a preprocessing of
its own, and holds out a fifth of the rows to stop by.
"""

import logging
from importlib.util import find_spec

import numpy as np
from bundled import on_standardised
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor

ALPHAS = np.logspace(-4, 2, 5)  # that the search for MLP's decay tries
TWO_LAYERS = (64, 64)
REALMLP = {"RealMLP": "RealMLP_TD_S", "RealMLP TD": "RealMLP_TD"}
INSTALL_REALMLP = "RealMLP needs torch and pytabkit: pip install pytabkit"


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


def models_of(task, names=None):
    """Return a dict from names to models, by default all that can run but "RealMLP TD"."""
    if names is None:
        names = [*MODELS[task], *(["RealMLP"] if find_spec("pytabkit") else [])]
    return {
        name: _realmlp(name, task) if name in REALMLP else MODELS[task][name]
        for name in names
        if name in REALMLP or name in MODELS[task]
    }


def known_names():
    """Return the names that `models_of` takes, in the order of the tables."""
    return list(dict.fromkeys([*CLASSIFIERS, *REGRESSORS, *REALMLP]))


def _realmlp(name, task):
    try:
        import pytabkit
        import torch
    except ImportError as error:
        raise ImportError(INSTALL_REALMLP) from error
    torch.set_num_threads(1)
    for logger in ("lightning", "pytorch_lightning"):
        logging.getLogger(logger).setLevel(logging.ERROR)
    kind = {"classification": "Classifier", "regression": "Regressor"}[task]
    estimator = getattr(pytabkit, f"{REALMLP[name]}_{kind}")
    return estimator(random_state=0, device="cpu", n_threads=1)
