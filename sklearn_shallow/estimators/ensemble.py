"""Several networks in one estimator: their seeds, the runs that train them, the best of each.

Convention
----------
net : the estimator
nets : list of the single networks in it, estimators of its class; of one network, itself

The first network is the one that the estimator would be by itself, and the first run of a network
the one that it would have by itself. The seeds of the others hang on nothing but their number.
"""

import copy
from math import ceil

import numpy as np
from joblib import effective_n_jobs
from sklearn.utils import check_random_state
from sklearn.utils.parallel import Parallel, delayed

from sklearn_shallow.estimators.auto import CHOSEN
from sklearn_shallow.estimators.early_stopping import probe
from sklearn_shallow.estimators.fitted import OF_THE_DATA, fitted_state, forget
from sklearn_shallow.estimators.training import train
from sklearn_shallow.utils.scikit_learn import without_callbacks
from sklearn_shallow.utils.threads import one_blas_thread_each

__all__ = [
    "best_runs",
    "check_one_start",
    "draw_entropy",
    "new_streams",
    "restart_streams",
    "run_all",
    "single_nets",
]

STREAMS = ("initial", "split", "shuffle", "dropout")
NETWORK, RESTART = len(STREAMS), len(STREAMS) + 1  # origins of seeds, beside those of the streams


def draw_entropy(random_state):
    """Return what the random streams of a network are made of."""
    random = check_random_state(random_state)
    return random.randint(np.iinfo(np.int32).max, size=4).tolist()


def new_streams(entropy):
    """Return independent generators by purpose; using one more or less of one moves no other."""
    children = np.random.SeedSequence(entropy).spawn(len(STREAMS))
    return dict(zip(STREAMS, map(np.random.default_rng, children), strict=True))


def restart_streams(entropy, number):
    """Return the streams of a further run from new initial values, of which there are many."""
    return new_streams(_seeds(entropy, RESTART, number))


def _seeds(entropy, origin, number):
    sequence = np.random.SeedSequence(entropy, spawn_key=(origin, number))
    return sequence.generate_state(4).tolist()


def check_one_start(net, coef_init, intercept_init):
    """Check that initial values of the caller's are for one network and one run."""
    given = coef_init is not None or intercept_init is not None
    if given and (net.n_estimators > 1 or net.n_restarts > 1):
        raise ValueError(
            "coef_init and intercept_init are for one network trained once, got n_estimators="
            f"{net.n_estimators} and n_restarts={net.n_restarts}. Set both to 1, or leave the "
            "initial values out."
        )


def single_nets(net):
    """Return the networks that are to be trained, those that are there already with their state.

    Raises
    ------
    ValueError
        If there are more already than there are to be.
    """
    before = net._nets if net.__sklearn_is_fitted__() else ()
    if len(before) > net.n_estimators:
        raise ValueError(
            f"n_estimators={net.n_estimators}, but {len(before)} networks are fitted, and training "
            "was to go on with them. Set n_estimators back or higher, or begin anew: fit with "
            "warm_start=False, or clone."
        )
    if net.n_estimators == 1:
        if not before:
            net._entropy = draw_entropy(net.random_state)
        return [net]
    nets = [_single(net, fitted_state(old), old.random_state) for old in before]
    if not nets:
        nets = [_single(net, {"_entropy": draw_entropy(net.random_state)}, net.random_state)]
    for number in range(len(nets), net.n_estimators):
        seed = _seeds(nets[0]._entropy, NETWORK, number)[0]
        nets.append(_single(net, {"_entropy": draw_entropy(seed)}, seed))
    return nets


def _single(net, state, random_state):
    """Return an estimator for one network, with this fitted state."""
    single = copy.copy(net)
    data = {name: value for name, value in vars(net).items() if name in (*OF_THE_DATA, *CHOSEN)}
    forget(single)
    without_callbacks(single)  # they belong to the fit as a whole
    vars(single).update(state | data)
    return single.set_params(n_estimators=1, random_state=random_state)


def run_all(net, nets, task, starts, bridge):
    """Run the solver from every start, and return the runs of every network.

    Parameters
    ----------
    starts : list of lists of Start, one for every network
    bridge : CallbackBridge or None

    Returns
    -------
    runs : list of lists of Run; shorter than the starts after an interrupt, or where a callback has
        asked for no more
    interrupt : KeyboardInterrupt that the runs so far survive, or None
    """
    jobs = [(i, start) for i, several in enumerate(starts) for start in several]
    one_by_one = len(jobs) == 1 or bridge is not None
    n_jobs = 1 if one_by_one else min(effective_n_jobs(net.n_jobs), len(jobs))
    time = None if net.max_time is None else net.max_time / ceil(len(jobs) / n_jobs)
    calls = [
        ((nets[i], task, start), {"max_time": time, "name": name, "n_after": after // n_jobs})
        for (i, start), name, after in zip(
            jobs, _names(starts), reversed(range(len(jobs))), strict=True
        )
    ]
    if n_jobs == 1:
        done, interrupt = _one_by_one(net, calls, bridge)
    else:
        with one_blas_thread_each():
            parallel = Parallel(n_jobs=n_jobs, prefer="threads")
            done = parallel(delayed(train)(*args, **kwargs) for args, kwargs in calls)
        interrupt = None
    runs = [[] for _ in nets]
    for (i, _), run in zip(jobs, done, strict=False):
        runs[i].append(run)
    return runs, interrupt


def _one_by_one(net, calls, bridge):
    done = []
    for args, kwargs in calls:
        try:
            run, is_last = _reported(bridge, *args, **kwargs)
        except KeyboardInterrupt as interrupt:
            if not (net.warm_start and done):
                raise
            return done, interrupt
        done.append(run)
        if is_last or run.interrupt is not None:
            return done, run.interrupt
    return done, None


def _reported(bridge, net, task, start, **options):
    """Return a run of the solver, and whether a callback has asked for no more runs."""
    if bridge is None:
        return train(net, task, start, **options), False
    bridge.begin_run(options["name"])
    run = train(net, task, start, **options, listeners=[bridge.listener])
    at_theta = probe(net, task.model, task.target)
    return run, bridge.end_run(lambda: at_theta(run.result.theta))


def _names(starts):
    """Return what the runs are called: nothing if there is one."""
    for i, several in enumerate(starts):
        network = [f"network {i + 1} of {len(starts)}"] if len(starts) > 1 else []
        for k in range(len(several)):
            restart = [f"start {k + 1} of {len(several)}"] if len(several) > 1 else []
            yield ", ".join(network + restart)


def best_runs(runs):
    """Return of every network the run with the lowest criterion, or None without any."""
    return [min(several, key=lambda run: run.criterion, default=None) for several in runs]
