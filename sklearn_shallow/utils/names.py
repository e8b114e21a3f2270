"""Error messages for unknown names, with the option that may be meant."""

from difflib import get_close_matches

NAMES_ELSEWHERE = {
    "silu": "swish",
    "identity": "linear purelin",
    "squared_error": "mse meansquarederror l2 sse",
    "absolute_error": "mae meanabsoluteerror l1",
    "huber": "smoothl1 logcosh",
    "quantile": "pinball",
    "log_loss": "crossentropy binarycrossentropy categoricalcrossentropy bce nll entropy ce",
    "adam": "rmsprop adagrad trainadam",
    "sgd": "backprop traingdm traingd traingda traingdx",
    "lbfgs": "rprop rprop+ trainscg trainrp trainbfg",
    "lm": "levenbergmarquardt trainlm trainbr",
    "logistic": "logsig",
    "relu": "poslin",
    "roc_auc": "auc",
    "neg_root_mean_squared_error": "rmse",
    "adaptive": "plateau reduceonplateau reducelronplateau",
}
"""Names in other libraries, by the nearest option here; in lower case and without separators."""
ALIASES = {alias: name for name, aliases in NAMES_ELSEWHERE.items() for alias in aliases.split()}
KEYWORDS = {
    name: meant
    for meant, names in {
        "X_val and y_val to fit": "eval_set validation_data validation_set valid_sets",
        "sample_weight_val": "sample_weight_eval_set eval_sample_weight",
        "sample_weight": "weight weights sample_weights",
        "hidden_layer_sizes": "size units hidden_units hidden hidden_dim layers layer_sizes",
        "alpha": "decay weight_decay l2 l2_regularization reg_lambda",
        "learning_rate_init": "lr eta learning_rate_initial",
        "solver": "optimizer algorithm",
        "loss": "objective criterion",
        "random_state": "seed random_seed",
        "max_iter": "epochs n_epochs max_epochs nb_epoch num_epochs maxit",
        "n_iter_no_change": "early_stopping_rounds patience",
        "validation_fraction": "validation_split",
        "numeric_encoding": "max_bins n_bins",
        "verbose": "trace disp show",
        "classes to partial_fit": "classes",
        "the counts divided by the exposure as y, and the exposure as sample_weight": "exposure",
        "y - offset; with loss='poisson', y / exp(offset) and sample_weight=exp(offset)": (
            "offset init_score base_margin"
        ),
        "them to set_callbacks, with scikit-learn 1.9 or newer": "callbacks",
        "groups to the splitter of a search": "groups",
    }.items()
    for name in names.split()
}
"""Parameter, or text on what to pass, by the argument name of another library."""


def fields_of(made):
    """Return the fields of a dataclass object, by name.

    The fields of an estimator are its parameters. (`get_params` is slower, since it inspects the
    signature, and misses parameters that the constructor of a subclass does not take.)
    """
    return {name: getattr(made, name) for name in made.__dataclass_fields__}


def column_in_words(names, number):
    """Return the name of a column of X for messages, or its number if there are no names."""
    return f"column {number if names is None else repr(names[number])}"


def by_name(parameter, value, registry, kind, also):
    """Return the entry of a registry with a name; an object of class `kind` is returned unchanged.

    Parameters
    ----------
    also : str, further permitted values, for the message
    """
    if isinstance(value, kind):
        return value
    if isinstance(value, type) and issubclass(value, kind):
        made = f"{parameter}={value.__name__}"
        raise ValueError(f"{made} is a class. Pass an object of it: {made}(...).")
    if isinstance(value, str) and value in registry:
        return registry[value]
    raise ValueError(unknown_name(parameter, value, registry, also))


def unknown_name(parameter, value, options, also=""):
    """Return the error message for a value that is none of the options of a parameter."""
    return (
        f"{parameter}={value!r} must be one of {sorted(options)}{also}.{suggestion(value, options)}"
    )


def suggestion(value, options):
    """Return a sentence with a similar option, or an empty string."""
    name = str(getattr(value, "__name__", value)).lower().replace("-", "_").replace(" ", "_")
    alias = ALIASES.get(name.replace("_", ""))
    known = alias, f"neg_mean_{alias}", name.removesuffix("_score")  # the last two are scorers
    found = [option for option in known if option in options]
    found = found or get_close_matches(name, options, n=1)
    return f" Did you mean {found[0]!r}?" if found else ""
