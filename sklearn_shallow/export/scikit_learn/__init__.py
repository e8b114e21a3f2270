"""Fitted networks as MLPClassifier and MLPRegressor, behind transformers of scikit-learn."""
