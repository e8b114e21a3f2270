"""Error messages for unknown names, with the option that may be meant."""

from difflib import get_close_matches

ALIASES = {
    "swish": "silu",
    "linear": "identity",
    "mse": "squared_error",
    "meansquarederror": "squared_error",
    "l2": "squared_error",
    "mae": "absolute_error",
    "meanabsoluteerror": "absolute_error",
    "l1": "absolute_error",
    "smoothl1": "huber",
    "logcosh": "huber",
    "pinball": "quantile",
    "crossentropy": "log_loss",
    "binarycrossentropy": "log_loss",
    "categoricalcrossentropy": "log_loss",
    "bce": "log_loss",
    "nll": "log_loss",
    "entropy": "log_loss",
    "ce": "log_loss",
    "sse": "squared_error",
    "rmsprop": "adam",
    "adagrad": "adam",
    "backprop": "sgd",
    "rprop": "lbfgs",
    "rprop+": "lbfgs",
    "levenbergmarquardt": "lm",
    "trainlm": "lm",
    "trainbr": "lm",
    "trainscg": "lbfgs",
    "trainrp": "lbfgs",
    "trainbfg": "lbfgs",
    "trainadam": "adam",
    "traingdm": "sgd",
    "traingd": "sgd",
    "traingda": "sgd",
    "traingdx": "sgd",
    "logsig": "logistic",
    "purelin": "identity",
    "poslin": "relu",
    "auc": "roc_auc",
    "rmse": "neg_root_mean_squared_error",
    "plateau": "adaptive",
    "reduceonplateau": "adaptive",
    "reducelronplateau": "adaptive",
}
"""Names of other libraries, in lower case and without separators, and the nearest thing here."""


def column_in_words(names, number):
    """Return what a column of X is called: by its name, or by its number if there are no names."""
    return f"column {number if names is None else repr(names[number])}"


def unknown_name(parameter, value, options, also=""):
    """Return the error message for a value that is not among the options of a parameter."""
    return must_be_one_of(parameter, value, options, also) + suggestion(value, options)


def must_be_one_of(parameter, value, options, also=""):
    """Return the same without a guess at what was meant."""
    return f"{parameter}={value!r} must be one of {sorted(options)}{also}."


def suggestion(value, options):
    """Return a sentence with a similar option, or an empty string."""
    name = str(value).lower().replace("-", "_").replace(" ", "_")
    alias = ALIASES.get(name.replace("_", ""))
    known = alias, f"neg_mean_{alias}", name.removesuffix("_score")  # the last two are scorers
    found = [option for option in known if option in options]
    found = found or get_close_matches(name, options, n=1)
    return f" Did you mean {found[0]!r}?" if found else ""
