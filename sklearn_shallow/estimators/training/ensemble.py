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
CONTINUED = ("shuffle", "dropout")  # streams that a warm start continues
NETWORK, RESTART = len(STREAMS), len(STREAMS) + 1  # keys of derived seeds, after those of STREAMS


@dataclass(frozen=True, eq=False)
class Member:
    """A network that is to be trained.

    Attributes
    ----------
    seed : the `random_state` with which a single network would be the same
    entropy : list of int, a random seed for all streams
    last : FittedNetwork to continue with, or None
    initial : tuple of coef_init and intercept_init
    """

    seed: object
    entropy: list
    last: FittedNetwork | None = None
    initial: tuple = (None, None)

    def n_starts(self, settings):
        """Return the number of runs."""
        return settings.n_init if self.last is None else 1

    def streams(self):
        """Return the random streams by purpose."""
        if self.last is None:
            return Streams(self.entropy)
        if self.last.resume is not None:
            return Streams(self.entropy, self.last.resume.streams)
        return Streams(self.entropy, Streams([*self.entropy, self.last.n_iter]))


class Streams(UserDict):
    """Independent random generators by purpose, each made on first access.

    Numbers drawn from one do not affect the others. (skops cannot save a subclass of dict.)

    Parameters
    ----------
    entropy : list of int
    earlier : Streams or None
        Streams whose copies are continued.
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
    """Return a random seed for the streams of a network, a list of int."""
    random = check_random_state(random_state)
    return random.randint(np.iinfo(np.int32).max, size=4).tolist()


def derived(entropy, origin, number):
    """Return a seed, a list of int, that depends on another seed, an origin and a number."""
    sequence = np.random.SeedSequence(entropy, spawn_key=(origin, number))
    return sequence.generate_state(4).tolist()


def members(settings, networks):
    """Return the networks to be trained, first those to continue with.

    Parameters
    ----------
    networks : sequence of FittedNetwork to continue with

    Raises
    ------
    ValueError
        If there are more than `n_estimators` networks to continue with.
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
    """Check that the user's initial values are for one network and one run."""
    given = coef_init is not None or intercept_init is not None
    if given and (settings.n_estimators > 1 or settings.n_init > 1):
        raise ValueError(
            "coef_init and intercept_init are for one network trained once, got n_estimators="
            f"{settings.n_estimators} and n_init={settings.n_init}. Set both to 1, or leave the "
            "initial values out."
        )


def initial_points(data, member):
    """Return the initial points of the runs of a network: `n_init` if it is new."""
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
    """Return, for every run, the index of the run that estimates its spectra.

    All new networks use the spectra of the first one, and all continued networks those of the first
    of them, since spectra take most of the time of a search for the decay. With several runs per
    network, each run has its own, since the evidence decides between them.
    """
    settings, numbers = data.settings, range(len(points))
    seeks = settings.decay is None and settings.solver.takes_batches
    if not seeks or settings.n_init > 1 or data.stream is not None:
        return [*numbers]
    kinds = [start.last is None for start in points]
    return [kinds.index(kind) for kind in kinds]


def run_all(data, team, bridge):
    """Run the solver from every initial point, `n_jobs` at the same time.

    Parameters
    ----------
    team : list of Member
    bridge : CallbackBridge
        With callbacks, runs are sequential.

    Returns
    -------
    best : list of RunResult
        The best run of every network; None for networks that were not trained, after an interrupt
        or at the request of a callback.
    interrupt : KeyboardInterrupt or StreamEnded after which finished runs are kept, or None
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
        """Return the arguments of `train` for a run, after the run that estimates its spectra."""
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
    """Return the best run of every network, None for networks that were not trained."""
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
