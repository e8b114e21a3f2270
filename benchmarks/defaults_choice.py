"""Settings of our estimators beside their defaults: what to choose, and how far that carries.

    python benchmarks/defaults_choice.py [--max-rows 2000] [--json file]
    python benchmarks/defaults_choice.py --json file --report

Every candidate is fitted on three quarters of every set, those of `defaults.py`, with --tables too,
and scored on the rest: log-loss, or 1 - R2. Prints

- per candidate the ratios of its losses to those of the defaults: geometric mean, median, largest,
  on how many sets it is better and worse, and the geometric mean of the ratios of the seconds. The
  losses count as FLOOR if they are less, so that sets without noise do not decide;
- the candidate that is best on one half of the sets, and its ratio there and on the other half;
  then the same the other way round, and the mean over many halves: what a choice on some data
  sets is worth on others, which the table alone overstates.
"""

import numpy as np
from defaults_measure import TASKS, Results, parser_of, quiet, run, selection
from defaults_models import MODELS, on_frames
from defaults_report import FLOOR, averages, having, print_failures
from scipy.stats import gmean
from sklearn.base import clone
from threadpoolctl import threadpool_limits

DEFAULT = "default"
CANDIDATES = {
    DEFAULT: {},
    "lbfgs": {"solver": "lbfgs"},
    "alpha=0.1": {"alpha": 0.1},
    "alpha=1": {"alpha": 1.0},
    "alpha=10": {"alpha": 10.0},
    "early stopping": {  # by patience, with one decay
        "early_stopping": True,
        "alpha": 1.0,
        "learning_rate": "constant",
    },
    "rate 0.003": {"learning_rate_init": 0.003},
    "rate 0.01": {"learning_rate_init": 0.01},
    "rate 0.02": {"learning_rate_init": 0.02},
    "rate 0.03": {"learning_rate_init": 0.03},
    "beta_2=0.99": {"beta_2": 0.99},
    "beta_2=0.999": {"beta_2": 0.999},
    "batches of 32": {"batch_size": 32},
    "batches of 200": {"batch_size": 200},
    "50 units": {"hidden_layer_sizes": 50},
    "200 units": {"hidden_layer_sizes": 200},
    "64, 64 units": {"hidden_layer_sizes": (64, 64)},
    "tanh": {"activation": "tanh"},
    "silu": {"activation": "silu"},
    "gelu": {"activation": "gelu"},
    "elu": {"activation": "elu"},
    "dropout=0.05": {"dropout": 0.05},
    "dropout=0.1": {"dropout": 0.1},
    "dropout=0.2": {"dropout": 0.2},
    "standardize=True": {"standardize": True},
    "5 networks": {"n_estimators": 5},
}
N_HALVINGS = 1000


def candidates(task, names, tables=False):
    ours = MODELS[task]["ours"]
    models = {name: clone(ours).set_params(**CANDIDATES[name]) for name in names}
    return on_frames(models) if tables else models


def figures(results, tasks, names, score=None):
    """Return the sets, and losses (or the score) and seconds of shape (n_sets, n_candidates)."""
    sets, losses, seconds = [], [], []
    for task in tasks:
        entries = results.kept.get(task, {})
        shared = having(entries, *names)
        sets += shared
        losses += [*averages(entries, shared, names, score or TASKS[task].loss)]
        seconds += [*averages(entries, shared, names, "seconds")]
    return sets, np.array(losses), np.array(seconds)


def print_ablation(sets, names, ratios, seconds):
    """Print a row per candidate; `ratios` are its losses divided by those of the first."""
    print("\n| candidate | geo. mean | median | largest | better | worse | seconds |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for k, name in enumerate(names):
        ratio, worst = ratios[:, k], ratios[:, k].argmax()
        better, worse = np.sum(ratio < 1), np.sum(ratio > 1)
        print(
            f"| {name} | {gmean(ratio):.3f} | {np.median(ratio):.3f} "
            f"| {ratio[worst]:.2f} ({sets[worst]}) | {better} | {worse} "
            f"| {gmean(seconds[:, k] / seconds[:, 0]):.2f} |"
        )


def choose(logarithms):
    """Return the candidate of the least mean; `logarithms` of ratios, (n_sets, n_candidates)."""
    return logarithms.mean(axis=0).argmin()


def print_choice(names, ratios):
    """Print the best candidate of each half of the sets, and what it does on the other half."""
    logarithms, rng = np.log(ratios), np.random.default_rng(0)
    n_sets = len(ratios)
    first = rng.permutation(n_sets) < n_sets // 2
    for told, half in (("one half", first), ("the other half", ~first)):
        best = choose(logarithms[half])
        there, elsewhere = (gmean(ratios[rows, best]) for rows in (half, ~half))
        print(
            f"Best on {told} ({half.sum()} sets): {names[best]}, ratio {there:.3f}, "
            f"and {elsewhere:.3f} on the rest."
        )
    chosen, there, elsewhere = [], [], []
    for _ in range(N_HALVINGS):
        half = rng.permutation(n_sets) < n_sets // 2
        best = choose(logarithms[half])
        chosen.append(best)
        there.append(logarithms[half, best].mean())
        elsewhere.append(logarithms[~half, best].mean())
    counts = np.bincount(chosen, minlength=len(names))
    often = ", ".join(f"{names[k]} {counts[k] / N_HALVINGS:.0%}" for k in counts.argsort()[:-5:-1])
    print(
        f"Over {N_HALVINGS} halves: {np.exp(np.mean(there)):.3f}, and "
        f"{np.exp(np.mean(elsewhere)):.3f} on the rest. Most often chosen: {often}."
    )


def report(results, tasks, names, score=None):
    """Print the tables on the candidates that have figures, for the tasks together."""
    entries = {s: e for task in tasks for s, e in results.kept.get(task, {}).items()}
    print_failures(entries, names)
    names = [name for name in names if having(entries, name)]
    sets, losses, seconds = figures(results, tasks, names, score)
    if len(sets) < 2:
        return
    print(f"{len(sets)} of {len(entries)} sets have figures of all {len(names)} candidates.")
    losses = np.maximum(losses, FLOOR)
    ratios = losses / losses[:, :1]
    print_ablation(sets, names, ratios, seconds)
    print()
    print_choice(names, ratios)


def main():
    parser = parser_of(__doc__.splitlines()[0])
    parser.add_argument("--candidates", nargs="+", choices=CANDIDATES, metavar="NAME")
    parser.add_argument("--score", help="choose by another score of labels, like 'error rate'")
    options = parser.parse_args()
    if options.score and options.task != "classification":
        parser.error("--score needs --task classification: a regression has one score")
    names = [name for name in CANDIDATES if name in (options.candidates or CANDIDATES)]
    names = list(dict.fromkeys([DEFAULT, *names]))
    tasks = [options.task] if options.task else list(TASKS)
    results = Results(options.json)
    for task in [] if options.report else tasks:
        run(
            task,
            candidates(task, names, options.tables),
            results,
            1,
            options.again,
            **selection(options),
        )
    for some in [[task] for task in tasks] + ([tasks] if len(tasks) > 1 else []):
        print(f"\n{' and '.join(some)}")
        report(results, some, names, options.score)


if __name__ == "__main__":
    quiet()
    with threadpool_limits(1):
        main()
