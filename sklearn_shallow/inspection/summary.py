"""`summary`: a fitted estimator and the choices of "auto" as text.

Convention
----------
net : fitted ShallowNetClassifier or ShallowNetRegressor
has_short_fits : bool, whether short fits choose what "auto" leaves open
first : its first network, an estimator that has the attributes of one network
"""

import numpy as np

from sklearn_shallow.inspection.fitted import counted, in_lines
from sklearn_shallow.utils.names import fields_of

MAX_NAMES = 4  # number of features in a line
ANNEALED = "flat_cosine"  # the schedule whose rate ends at zero


def summarize(net, has_short_fits):
    """Return what a fitted estimator is, what "auto" chose and why, in lines of text."""
    first, network, parameters = net.estimators_[0], net._networks[0], fields_of(net)
    settings, reasons = first.settings_, _reasons(first, parameters, has_short_fits)
    on_batches, rate = "learning_rate" in settings, ""
    if on_batches:
        rate = f"{settings['learning_rate']} from {settings['learning_rate_init']:.4g}"
    parts = {
        "network": _architecture(first, network.network.layout, parameters, len(net.estimators_))
        + reasons["hidden_layer_sizes"],
        "data": _data(first),
        "solver": f"{settings['solver']}{reasons['solver']}",
        "learning rate": rate + reasons["learning_rate_init"] * on_batches,
        "batches": f"{settings['batch_size']:,} samples{reasons['batch_size']}"
        if on_batches
        else "all samples",
        "length": _length(net, reasons["max_iter"]),
        "validation": _validation(first) + reasons["early_stopping"],
        "weight decay": f"alpha_ = {first.alpha_:.4g}{reasons['alpha']}",
        "effective": _effective(first),
        "loss": _losses(first, network.calibration),
        "features": _compressed(first)
        + _limited(first, network.target.limits)
        + _rare(network.inputs),
        "linear part": _linear_part(network.space.n_predictions),
        "numbers": _encoded(settings["numeric_encoding"]) + reasons["numeric_encoding"],
        "outputs": _calibrated(network.calibration),
        "time": _time(net),
    }
    return "\n".join([type(net).__name__, *in_lines(parts)])


def _reasons(first, parameters, has_short_fits):
    """Return, by parameter, why "auto" is what it is; empty for what the user has set."""
    settings, finds_decay = first.settings_, hasattr(first, "log_evidence_")
    on_batches, anneals = "learning_rate" in settings, settings.get("learning_rate") == ANNEALED
    is_auto = {
        name: isinstance(given, str) and given == "auto" for name, given in parameters.items()
    }
    by_relevance = ", with a relevance of every feature" * hasattr(first, "relevance_")
    why = {
        "hidden_layer_sizes": "two layers if short fits prefer them"
        if has_short_fits
        else "one layer, no short fits",
        "solver": "suits most data",
        "learning_rate_init": f"for {len(first.input_names_)} input columns"
        if anneals
        else "a rate that may not end at zero",
        "batch_size": "an eighth of the samples, within limits",
        "max_iter": "64, more for few samples, fewer for many samples or noisy targets"
        if anneals
        else "200, more for few samples, with this schedule",
        "early_stopping": f"{('no', 'a')[settings['early_stopping']]} validation set was passed",
        "numeric_encoding": "bins if short fits prefer them, from 100 samples on"
        if has_short_fits and on_batches
        else "no bins with these settings",
        "alpha": f"found by the evidence{by_relevance}" if finds_decay else "not searched for",
    }
    return {name: f" (auto: {text})" if is_auto[name] else "" for name, text in why.items()}


def _architecture(first, layout, parameters, n_networks):
    units, n_params = " -> ".join(map(str, layout.units)), layout.n_params
    activation = parameters["activation"] if len(layout.units) > 2 else "no hidden layer"
    several = f", {n_networks} networks" if n_networks > 1 else ""
    return f"{units} ({activation}, {first.out_activation_}), {n_params:,} parameters{several}"


def _data(first):
    n_passes = max(len(first.loss_curve_), 1)
    samples = counted(first.t_ // n_passes, "sample")
    if first.settings_.get("max_iter") is None:  # after partial_fit, every call with other samples
        samples = f"{counted(first.t_, 'sample')} in {counted(n_passes, 'epoch')}"
    features = counted(first.n_features_in_, "feature") + _kinds(first)
    classes = getattr(first, "classes_", None)
    labels = "" if classes is None else f", {len(classes)} classes"
    return f"{samples}, {features}{labels}"


def _kinds(first):
    """Return how many features are categorical, and how many numbers have gaps."""
    columns = first.preprocessor_.columns
    n_levels = sum(len(category.table) - 1 for category in columns.categories)
    parts = []
    if columns.categories:
        parts.append(f"{len(columns.categories)} categorical with {n_levels:,} levels")
    if len(columns.gappy):
        parts.append(f"{len(columns.gappy):,} with gaps")
    return f" ({', '.join(parts)})" if parts else ""


def _length(net, reason):
    most = net.settings_.get("max_iter")
    of_most = "" if most is None else f" of {most:,}"
    if "learning_rate" in net.settings_:
        return f"{net.n_iter_:,}{of_most} epochs{reason if of_most else ''}"
    searches = hasattr(net.estimators_[0], "log_evidence_")
    counted = ", those of the search for the decay included" if searches else of_most
    return f"{net.n_iter_:,} iterations{counted}"


def _validation(first):
    if not first.settings_["early_stopping"]:
        return "none"
    best, at = first.best_validation_score_, first.best_iteration_
    criterion = f"loss {-best:.4g}" if first.scoring == "loss" else f"score {best:.4g}"
    return f"best {criterion} at iteration {at:,}"


def _effective(first):
    if not hasattr(first, "n_effective_params_"):
        return ""
    evidence = getattr(first, "log_evidence_", None)
    logarithm = "" if evidence is None else f", log evidence {evidence:.5g}"
    return f"{first.n_effective_params_:.4g} parameters are determined by the data{logarithm}"


def _losses(first, calibration):
    curve = first.history_["data_loss"]
    if not curve:
        return f"{first.loss_:.4g} with the penalty, after no iteration"
    if np.isnan(curve[-1]):  # trained elsewhere, see `from_sklearn`
        return f"{first.loss_:.4g} with the penalty"
    ends = f"from {curve[0]:.4g} to {curve[-1]:.4g}"
    ends += ", before the calibration" * (calibration is not None)
    return f"{first.loss_:.4g} with the penalty; without it {ends}"


def _compressed(first):
    before = first.preprocessor_
    columns = before.columns.numbers[before.compression.columns]
    if not len(columns):
        return "none compressed"
    names = getattr(first, "feature_names_in_", np.arange(first.n_features_in_))[columns]
    more = ", ..." if len(names) > MAX_NAMES else ""
    shown = ", ".join(map(str, names[:MAX_NAMES]))
    return f"{len(columns)} of {first.n_features_in_} compressed for heavy tails: {shown}{more}"


def _limited(first, limits):
    if first.preprocessor_.compression.low is None:
        return ""
    of_predictions = "" if limits.low is None else ", predictions to that of y + 50 %"
    return f"; new values limited to the training range + 10 %{of_predictions}"


def _rare(inputs):
    return "; rare columns count more, by ridge regressions" * inputs.favours_rare


def _linear_part(n_predictions):
    if not n_predictions:
        return ""
    regressions = counted(n_predictions, "ridge regression")
    return f"{regressions} as further inputs, merged into coefs_[0] after training"


def _calibrated(calibration):
    if calibration is None:
        return ""
    spread, level = calibration
    return f"calibrated by a short fit: spread times {spread:.2f}, mean times {level:.2f}"


def _encoded(kind):
    if kind is None:
        return "without bins"
    return f"in at most {kind} bins each" if isinstance(kind, int) else f"encoded by {kind!r}"


def _time(net):
    seconds = [one.history_["seconds"][-1] for one in net.estimators_ if one.history_["seconds"]]
    return f"{np.sum(seconds):.3g} s of training" if np.all(np.isfinite(seconds)) else ""
