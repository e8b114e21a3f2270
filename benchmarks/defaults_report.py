"""The report of `defaults.py`, on the sets of one task.

Per score, of each of which less is better: its mean and median over the sets and the mean rank, on
the sets that have figures of all models; on how many sets the first model is better, equal or worse
than each other, equal if the mean difference over the folds is within two standard errors; and the
set on which each is furthest behind the best. Then the first model beside MLP, set by set; the sets
in parts, smaller and larger ones, and those of `table_sets.py` in their halves; and the seconds to
fit, the median of the folds, relative to the first model, and in parts to MLP.

Convention
----------
entries : dict from sets to ``{"data": ..., "models": {model: {score: list of float, per fold}}}``
"""

import numpy as np
from scipy.stats import gmean, rankdata

PEER = "MLP"
AVERAGED = " x "  # in the names of several networks
SCALED = "ours, scaled"
FLOOR = 0.005  # of a score in ratios, so that sets without noise do not decide
DIGITS = 12  # of a score; less is rounding, and nobody is better by it
LARGE = 5000  # rows; smaller and larger sets are apart in the table of the seconds


def report(entries, names, sets=None, half=None):
    """Print the report on the models among `names`, in that order, and on the sets named or all.

    `half` returns "choose" or "judge" for the name of a set.
    """
    entries = {name: entry for name, entry in entries.items() if not sets or name in sets}
    models = [name for name in names if having(entries, name)]
    print_failures(entries, names)
    if not models:
        return
    shared = having(entries, *models)
    print(f"\n{len(shared)} of {len(entries)} sets have figures of all of {'; '.join(models)}.")
    for score in [score for score in scores_of(entries, models[0]) if score != "seconds"]:
        print_score(entries, models, score)
        if PEER in models[1:]:
            print_beside(entries, models[0], PEER, score)
        if SCALED in models[1:]:
            print_invariance(entries, models[0], score)
        print_parts(parts(entries, models, half), models, score)
    print_seconds(entries, models)
    if PEER in models[1:]:
        print_parts_of_seconds(parts(entries, models, half), models)


def parts(entries, models, half=None):
    """Return a dict from titles to the entries with figures of all models that belong there."""
    shared = {name: entries[name] for name in having(entries, *models)}
    found = {"all": shared}
    for name, entry in shared.items():
        size = f"{'below' if entry['data']['rows'] < LARGE else 'from'} {LARGE:,} rows"
        found.setdefault(f"{half(name)}, {size}" if half else size, {})[name] = entry
    return {f"{part}: {len(found[part])} sets": found[part] for part in sorted(found)}


def having(entries, *models):
    """Return the sets that have figures of all these models."""
    found = {name: entry["models"] for name, entry in entries.items()}
    return [
        name
        for name, figures in found.items()
        if all("seconds" in figures.get(model, ()) for model in models)
    ]


def scores_of(entries, model):
    """Return the names of the scores, and "seconds"."""
    return list(entries[having(entries, model)[0]]["models"][model])


def averages(entries, sets, models, score, average=np.mean):
    """Return the averages over the folds, ndarray of shape (n_sets, n_models)."""
    found = [entries[name]["models"] for name in sets]
    return np.array([[average(figures[model][score]) for model in models] for figures in found])


def differences(entries, sets, model, reference, score):
    """Return the mean over the folds of model's score less reference's, and its standard error."""
    folds = [
        np.subtract(*(entries[name]["models"][which][score] for which in (model, reference)))
        for name in sets
    ]
    mean = np.array([fold.mean() for fold in folds])
    return mean, np.array([fold.std(ddof=1) / np.sqrt(len(fold)) for fold in folds])


def print_failures(entries, names):
    """Print, per model, the sets that it failed on, and the error on the first of them."""
    for model in names:
        errors = {
            name: entry["models"][model]["error"]
            for name, entry in entries.items()
            if "error" in entry["models"].get(model, ())
        }
        if errors:
            print(f"{model} failed on {'; '.join(errors)}: {next(iter(errors.values()))}")


def print_score(entries, models, score):
    sets = having(entries, *models)
    if not sets:
        return
    means = averages(entries, sets, models, score).round(DIGITS)
    ranks = rankdata(means, axis=1).mean(axis=0)
    print(f"\n| {score}, {len(sets)} sets | mean | median | mean rank | better | equal | worse |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for k, model in enumerate(models):
        counts = _outcomes(entries, model, models[0], score) if k else ("", "", "")
        print(
            f"| {model} | {means[:, k].mean():.4f} | {np.median(means[:, k]):.4f} "
            f"| {ranks[k]:.2f} | {' | '.join(map(str, counts))} |"
        )
    behind = means - means.min(axis=1, keepdims=True)
    worst = zip(models, behind.argmax(axis=0), behind.max(axis=0), strict=True)
    told = (f"{model} on {sets[s]} (by {by:.3f})" for model, s, by in worst)
    print(f"\nFurthest behind the best: {'; '.join(told)}.")


def _outcomes(entries, model, reference, score):
    """Return on how many sets the reference is better, equal and worse."""
    sets = having(entries, model, reference)
    mean, error = differences(entries, sets, model, reference, score)
    mean = mean.round(DIGITS)
    clear = np.where(np.abs(mean) > 2 * error, np.sign(mean), 0)
    return [int(np.sum(clear == sign)) for sign in (1, 0, -1)]


def print_beside(entries, model, peer, score):
    sets = having(entries, model, peer)
    mean, error = differences(entries, sets, model, peer, score)
    lower = int(np.sum(mean < 0))
    worse = [
        f"{name} (by {by:.4f})"
        for name, by, noise in zip(sets, mean, error, strict=True)
        if by > 2 * noise and by > 0
    ]
    print(
        f"{model} has a lower mean than {peer} on {lower} of {len(sets)} sets "
        f"({lower / max(len(sets), 1):.0%}), and is worse by more than two standard errors on "
        f"{len(worse)}: {', '.join(worse) or 'none'}."
    )


def print_invariance(entries, model, score):
    sets = having(entries, model, SCALED)
    mean, _ = differences(entries, sets, model, SCALED, score)
    if sets:
        most = np.abs(mean).argmax()
        print(
            f"{model} and {SCALED} differ by {np.abs(mean).mean():.2g} on average, and most on "
            f"{sets[most]}: {np.abs(mean[most]):.2g}."
        )


def print_parts(parts, models, score):
    """Print per part the mean rank, and the ratio to the first and its wins and losses.

    The rank is that among the models of one network, and of several that in place of the first.
    """
    print(f"\n| {score}: rank, ratio, better-worse | {' | '.join(parts)} |")
    print(f"|---{'|--:' * len(parts)}|")
    means = [averages(part, part, models, score).round(DIGITS) for part in parts.values()]
    single = [k for k, model in enumerate(models) if AVERAGED not in model]
    for k, model in enumerate(models):
        others = [other for other in single[k not in single :] if other != k]
        cells = [_beside_first(part, k, others) for part in means]
        print(f"| {model} | {' | '.join(cells)} |")


def _beside_first(means, k, others):
    rank = rankdata(means[:, [k, *others]], axis=1)[:, 0].mean()
    ratio = gmean(np.maximum(means[:, k], FLOOR) / np.maximum(means[:, 0], FLOOR))
    better, worse = (np.sum(np.sign(means[:, k] - means[:, 0]) == sign) for sign in (1, -1))
    return f"{rank:.2f}, {ratio:.3f}, {better}-{worse}" if k else f"{rank:.2f}"


def print_parts_of_seconds(parts, models):
    """Print per part the median of the seconds relative to MLP's, and where a model is slower."""
    print(f"\n| seconds / those of {PEER}: median, sets above 1 | {' | '.join(parts)} |")
    print(f"|---{'|--:' * len(parts)}|")
    for model in models:
        ratios = [_ratios(part, model, PEER)[1] for part in parts.values()]
        cells = [f"{np.median(ratio):.2f}, {np.sum(ratio > 1)}" for ratio in ratios]
        print(f"| {model} | {' | '.join(cells)} |")


def print_seconds(entries, models):
    reference = models[0]
    for told, is_in in (
        (f"below {LARGE:,} rows", lambda rows: rows < LARGE),
        (f"from {LARGE:,} rows", lambda rows: rows >= LARGE),
    ):
        chosen = {name: entry for name, entry in entries.items() if is_in(entry["data"]["rows"])}
        if not having(chosen, reference):
            continue
        print(f"\n| seconds / those of {reference}, {told} | sets | geometric mean | median |")
        print("|---|--:|--:|--:|")
        for model in models:
            _, ratios = _ratios(chosen, model, reference)
            if len(ratios):
                print(
                    f"| {model} | {len(ratios)} | {gmean(ratios):.2f} | {np.median(ratios):.2f} |"
                )
    sets, ratios = _ratios(entries, reference, PEER)
    if PEER in models[1:] and sets:
        print(f"\nThe most that {reference} takes of the seconds of {PEER}: ", end="")
        slowest = np.argsort(ratios)[::-1][:3]
        print("; ".join(f"{ratios[s]:.2f} on {sets[s]}" for s in slowest) + ".")


def _ratios(entries, model, reference):
    """Return the sets that have both models, and the ratios of the seconds."""
    sets = having(entries, model, reference)
    if not sets:
        return sets, np.array([])
    seconds = averages(entries, sets, [model, reference], "seconds", np.median)
    return sets, seconds[:, 0] / seconds[:, 1]
