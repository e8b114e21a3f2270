"""ShallowNetClassifier beside MLPClassifier on scikit-learn's bundled classification sets.

    python benchmarks/bundled.py

Five stratified folds; standardised inputs for both; one BLAS thread; the models in turns, the
median of three rounds for the seconds. Prints the table of the README.
"""

import time
import warnings

import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import sklearn_shallow
from sklearn_shallow import ShallowNetClassifier

SETS = {
    "iris": load_iris,
    "wine": load_wine,
    "breast cancer": load_breast_cancer,
    "digits": load_digits,
}
MODELS = {
    "MLPClassifier()": make_pipeline(StandardScaler(), MLPClassifier(random_state=0)),
    "MLPClassifier(lbfgs)": make_pipeline(
        StandardScaler(), MLPClassifier(solver="lbfgs", random_state=0)
    ),
    "ShallowNetClassifier()": ShallowNetClassifier(random_state=0),
    "ShallowNetClassifier(lbfgs)": ShallowNetClassifier(solver="lbfgs", random_state=0),
}
N_ROUNDS = 3


def measure(model, X, y):
    """Return accuracy, log-loss and seconds of five-fold cross-validation."""
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    start = time.perf_counter()
    probability = cross_val_predict(model, X, y, cv=folds, method="predict_proba")
    seconds = time.perf_counter() - start
    return accuracy_score(y, probability.argmax(axis=1)), log_loss(y, probability), seconds


def main():
    print(
        f"sklearn_shallow {sklearn_shallow.__version__}, scikit-learn {sklearn.__version__}, "
        f"numpy {np.__version__}, 1 thread\n"
    )
    print("| data | model | accuracy | log-loss | seconds |\n|---|---|---|---|---|")
    for name, load in SETS.items():
        X, y = load(return_X_y=True)
        rounds = [
            {model: measure(MODELS[model], X, y) for model in MODELS} for _ in range(N_ROUNDS)
        ]
        for model in MODELS:
            accuracy, loss, seconds = np.median([results[model] for results in rounds], axis=0)
            print(f"| {name} | {model} | {accuracy:.3f} | {loss:.3f} | {seconds:.2f} |")


if __name__ == "__main__":
    with threadpool_limits(1), warnings.catch_warnings():
        # Both run into their default number of epochs; the figures say what that yields.
        warnings.simplefilter("ignore", ConvergenceWarning)
        main()
