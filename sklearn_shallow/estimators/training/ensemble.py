"""The networks of an estimator: random seeds, initial values, and the best run of each.

Run 0 of network 0 has the random seed of a fit of a single network; that of run k of network i
depends on i and k only.
"""

from collections import UserDict
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import count
from math import ceil

import numpy as np
from joblib import effective_n_jobs
from sklearn.utils import check_random_state
from sklearn.utils.parallel import Parallel, delayed

from sklearn_shallow.estimators.parameters.checks import check_initial_parameters
from sklearn_shallow.estimators.training.fitted_network import FittedNetwork, scaling_key
from sklearn_shallow.estimators.training.run import InitialPoint, train
from sklearn_shallow.utils.threads import one_blas_thread_each

STREAMS = ("initial", "split", "shuffle", "dropout")
CONTINUED = ("shuffle", "dropout")  # streams that a warm start continues; the split is the same
NETWORK, RESTART = len(STREAMS), len(STREAMS) + 1  # origins of seeds, beside those of the streams


@dataclass(frozen=True, eq=False)
class Member:
    """A network that is to be trained.

    Attributes
    ----------
    seed : the `random_state` that it would have as an estimator of its own
    entropy : list of int, from which its random streams are made
    last : FittedNetwork to continue with, or None
    initial : tuple of coef_init and intercept_init
    """

    seed: object
    entropy: list
    last: FittedNetwork | None = None
    initial: tuple = (None, None)

    def n_starts(self, settings):
        """Return how often it will be trained."""
        return settings.n_init if self.last is None else 1

    def streams(self):
        """Return the random streams by purpose."""
        if self.last is None:
            return Streams(self.entropy)
        if self.last.resume is not None:
            return Streams(self.entropy, self.last.resume.streams)
        return Streams(self.entropy, Streams([*self.entropy, self.last.n_iter]))


class Streams(UserDict):
    """Independent generators by purpose, each made when it is first asked for.

    Using one more or less of one moves no other. (A derived class of dict has no place in skops.)

    Parameters
    ----------
    entropy : list of int
    earlier : Streams or None
        Those of which copies are continued.
    """

    def __init__(self, entropy, earlier=None):
        super().__init__()
        self._entropy, self._shared = dict.fromkeys(STREAMS, entropy), []
        if earlier is not None:
            self._entropy |= {name: earlier._entropy[name] for name in CONTINUED}
            self.data |= {name: earlier.data[name] for name in CONTINUED if name in earlier}
            self._shared, earlier._shared = list(self.data), list(self.data)

    def __getitem__(self, name):
        if name in self._shared:  # a copy, which takes longer than a step of 32 rows
            self._shared.remove(name)
            self[name] = deepcopy(self.data[name])
        return super().__getitem__(name)

    def __missing__(self, name):
        key = (STREAMS.index(name),)  # as SeedSequence.spawn numbers its children
        sequence = np.random.SeedSequence(self._entropy[name], spawn_key=key)
        self[name] = rng = np.random.default_rng(sequence)
        return rng


def draw_entropy(random_state):
    """Return the numbers from which the random streams of a network are made."""
    random = check_random_state(random_state)
    return random.randint(np.iinfo(np.int32).max, size=4).tolist()


def derived(entropy, origin, number):
    """Return numbers that depend on these, on an origin and on a number only."""
    sequence = np.random.SeedSequence(entropy, spawn_key=(origin, number))
    return sequence.generate_state(4).tolist()


def members(settings, networks):
    """Return the networks that are to be trained; those that there are already come first.

    Parameters
    ----------
    networks : sequence of FittedNetwork to continue with

    Raises
    ------
    ValueError
        If there are more of them than there are to be.
    """
    if len(networks) > settings.n_estimators:
        raise ValueError(
            f"n_estimators={settings.n_estimators}, but {len(networks)} networks are fitted, with "
            "which training would continue. Set n_estimators back or higher, or train from "
            "scratch: fit with warm_start=False, or clone."
        )
    found = [Member(last.seed, last.entropy, last) for last in networks]
    if not found:
        found = [Member(settings.random_state, draw_entropy(settings.random_state))]
    for number in range(len(found), settings.n_estimators):
        seed = derived(found[0].entropy, NETWORK, number)[0]
        found.append(Member(seed, draw_entropy(seed)))
    return found


def check_one_start(settings, coef_init, intercept_init):
    """Check that initial values of the user's are for one network and one run."""
    given = coef_init is not None or intercept_init is not None
    if given and (settings.n_estimators > 1 or settings.n_init > 1):
        raise ValueError(
            "coef_init and intercept_init are for one network trained once, got n_estimators="
            f"{settings.n_estimators} and n_init={settings.n_init}. Set both to 1, or leave the "
            "initial values out."
        )


def initial_points(data, member):
    """Return where the runs of a network begin: as many as `n_init` if at random."""
    numbers = range(1, member.n_starts(data.settings))
    entropies = (derived(member.entropy, RESTART, number) for number in numbers)
    streams = [member.streams(), *map(Streams, entropies)]
    return [
        InitialPoint(initial_theta(data, own["initial"], member), own, member.last)
        for own in streams
    ]


def initial_theta(data, rng, member):
    """Return the initial values: the user's, those of the last fit, or random ones."""
    last = member.last
    if last is not None:
        last.check_same_network(data.network_of_columns, data.settings.given)
    layout = data.network.layout
    theta = check_initial_parameters(*member.initial, layout)
    if theta is None and last is not None:
        if scaling_key(last) == scaling_key(data):
            return data.for_training(last.theta.astype(data.dtype))
        theta, layout = last.to_raw_units(), last.network.layout
    if theta is None:
        activations, inputs = data.network.activations, data.inputs
        theta = layout.initial(rng, activations, inputs.n_columns, has_gain=inputs.center)
        layout.unpack(theta).b[-1][...] = data.first_raw()
        return theta.astype(data.dtype)
    parts = layout.unpack(theta)
    for layer, transform in ((-1, data.target), (0, data.inputs)):
        W, b = transform.from_raw_units(parts.W[layer], parts.b[layer].copy())
        parts.W[layer][...], parts.b[layer][...] = W, b
    return data.for_training(theta.astype(data.dtype))


def sources_of_spectra(data, points):
    """Return for every run the number of the one with whose spectra it searches for the decay.

    The spectra of the first new network stand for those of the other new ones, and likewise among
    networks that are continued: they take most of the time of a search. With several runs per
    network, each run has its own, since the evidence decides between them.
    """
    settings, numbers = data.settings, range(len(points))
    seeks = settings.decay is None and settings.solver.takes_batches
    if not seeks or settings.n_init > 1 or data.stream is not None:
        return [*numbers]
    kinds = [start.last is None for start in points]
    return [kinds.index(kind) for kind in kinds]


def run_all(data, team, bridge):
    """Run the solver from every initial point, several at the same time if `n_jobs` says so.

    Parameters
    ----------
    team : list of Member
    bridge : CallbackBridge
        Callbacks see one run after the other.

    Returns
    -------
    best : list of RunResult
        The best of every network; None of those that none came to, after an interrupt or where a
        callback has asked for no more.
    interrupt : KeyboardInterrupt or StreamEnded that the runs so far survive, or None
    """
    starts = [initial_points(data, member) for member in team]
    points, names = [start for several in starts for start in several], [*_names(starts)]
    n_jobs = min(effective_n_jobs(data.settings.n_jobs), len(points))
    n_jobs = 1 if bridge.is_on or data.stream is not None else n_jobs
    sources, runs = sources_of_spectra(data, points), {}
    first = sorted(set(sources))
    stages = first, [i for i in range(len(points)) if i not in first]
    turns = sum(ceil(len(stage) / n_jobs) for stage in stages)
    most = data.settings.solver.max_time
    most = most and most / turns  # seconds of a run

    def job(i):
        """Return the arguments of `train` for a run; that with its spectra is done."""
        spectra = () if sources[i] == i else runs[sources[i]].spectra
        return data, replace(points[i], spectra=spectra), bridge.at_theta, names[i], most

    if n_jobs > 1:
        with one_blas_thread_each():
            for stage in stages:
                calls = (delayed(train)(*job(i)) for i in stage)
                found = Parallel(n_jobs=n_jobs, prefer="threads")(calls)
                runs |= zip(stage, found, strict=True)
        return best_runs(starts, runs), None
    for i, name in enumerate(names):
        listeners = bridge.begin_run(name)
        try:
            runs[i] = run = train(*job(i), listeners=listeners)
        except KeyboardInterrupt as error:
            if not (data.settings.warm_start and runs):
                raise
            return best_runs(starts, runs), error
        if bridge.end_run(run.result.theta) or run.interrupt is not None:
            return best_runs(starts, runs), run.interrupt
    return best_runs(starts, runs), None


def best_runs(starts, runs):
    """Return the best run of every network, or None of those that none came to."""
    numbers = count()
    of_networks = [[runs.get(next(numbers)) for _ in several] for several in starts]
    return [
        min(filter(None, some), key=lambda run: run.criterion, default=None) for some in of_networks
    ]


def _names(starts):
    """Return the names of the runs in the log: empty if there is one."""
    for i, several in enumerate(starts):
        network = [f"network {i + 1} of {len(starts)}"] * (len(starts) > 1)
        for k in range(len(several)):
            restart = [f"start {k + 1} of {len(several)}"] * (len(several) > 1)
            yield ", ".join(network + restart)
