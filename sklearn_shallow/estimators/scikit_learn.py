"""Private names of scikit-learn, and differences between its releases: no other file has any."""

import re

from sklearn.utils import estimator_html_repr
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks

    HAS_CALLBACKS = True
except ImportError:  # before scikit-learn 1.9
    HAS_CALLBACKS = False

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Substitute for the mixin of later releases."""

    def with_callbacks(method):
        """Return the method as it is."""
        return method


# The address of a page per class in the documentation: set here, and nowhere else.
API_PAGE = (
    "https://sklearn-shallow.readthedocs.io/en/stable/api/sklearn_shallow.{estimator_name}.html"
)
CALLBACKS = "_skl_callbacks"  # the attribute of an estimator that has some
LIST_OF_OUTPUTS = re.compile(
    r'<div class="features[^>]*>\s*<details>.*?</details>\s*</div>', re.DOTALL
)


class NotebookViewMixin:
    """The view in a notebook: links to the documentation, and no list of all hidden units.

    Since scikit-learn 1.9, the view of a transformer lists the columns that it makes.
    """

    _doc_link_module = "sklearn_shallow"
    _doc_link_template = API_PAGE

    def _html_repr(self):
        return LIST_OF_OUTPUTS.sub("", estimator_html_repr(self))


def validate_parameters(estimator):
    """Check the parameters against the declared constraints."""
    estimator._validate_params()


def makes_frames(estimator):
    """Return whether `set_output` asks for data frames."""
    return _get_output_config("transform", estimator)["dense"] != "default"


def has_callbacks(estimator):
    """Return whether callbacks were set."""
    return bool(getattr(estimator, CALLBACKS, None))


def begin_callbacks(estimator, max_subtasks):
    """Return the context of a fit whose callbacks are called."""
    return estimator._init_callback_context(max_subtasks=max_subtasks)
