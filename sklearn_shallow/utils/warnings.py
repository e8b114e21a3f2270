"""Warnings at the user's line that called the library."""

import os
import sys
import warnings
from pathlib import Path

import joblib
import sklearn

FOLDERS = [Path(__file__).parents[1], *(Path(p.__file__).parent for p in (joblib, sklearn))]
NOT_THE_USERS = tuple(f"{folder}{os.sep}" for folder in FOLDERS)


def warn_user(message, category=UserWarning):
    """Warn at the innermost line that is not of this package, of scikit-learn or of joblib.

    A fixed `stacklevel` would be wrong, since the number of scikit-learn's wrappers depends on its
    release. (`warnings.warn` has ``skip_file_prefixes`` from Python 3.12 on.)
    """
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(NOT_THE_USERS):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
