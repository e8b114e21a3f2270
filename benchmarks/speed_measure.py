"""The worker of the speed benchmark: `speed.py` starts it afresh for every process setting.

    python benchmarks/speed_measure.py '{"job": "time", "names": ["digits"], "n_rounds": 2}'

Prints one JSON object per line: the environment, then one result after the other.
"""

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time
import warnings
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from statistics import median

import sklearn.datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import scale
from speed_cases import LOADED, MEMORY, TIMED, make_data
from speed_peers import ESTIMATORS, PEERS
from threadpoolctl import threadpool_info

from sklearn_shallow import __version__

PACKAGES = ("numpy", "scipy", "scikit-learn", "torch")
# One thread has the time of the processor, which other processes do not lengthen.
CLOCK = time.process_time if os.environ.get("OMP_NUM_THREADS") == "1" else time.perf_counter
PAUSE = 0.02  # seconds; waiting threads of the peer before would go on spinning into the next
# It ends by itself should the benchmark be killed.
BUSY = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: sum(range(10**5))"


def environment():
    """Return what the figures depend on."""
    return {
        "python": platform.python_version(),
        "sklearn_shallow": __version__,
        **{name: _version(name) for name in PACKAGES},
        "cpu": _cpu_name(),
        "cores": _n_cores(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "pools": sorted({f"{p['internal_api']}: {p['num_threads']}" for p in threadpool_info()}),
    }


def _version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _cpu_name():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _n_cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def measure_time(case, n_rounds):
    """Run the peers in turns; seconds per step, iteration or call from the best runs."""
    X, y = make_data(case)
    peers = {
        name: make(case, X, y)
        for name, make in PEERS.items()
        if not (name == "torch" and case.kind == "lbfgs")
    }
    short, long = case.counts
    for peer in peers.values():
        peer.run(short or 1)  # imports, thread pools, caches
    seconds = {name: {short: [], long: []} for name in peers}
    for _ in range(n_rounds):
        for name, peer in peers.items():
            for count in case.counts:
                seconds[name][count].append(_seconds(peer.run, count))
    n_units = (long - short) * case.units_per_count
    return {
        name: {
            "per_unit": _positive((min(runs[long]) - min(runs[short])) / n_units),
            "seconds": min(runs[long]),
            "noise": median(runs[long]) / min(runs[long]) - 1,
        }
        for name, runs in seconds.items()
    }


def _positive(difference):
    """Return None in place of a difference that noise has made meaningless."""
    return difference if difference > 0 else None


def _seconds(function, *args):
    time.sleep(PAUSE)
    start = CLOCK()
    function(*args)
    return CLOCK() - start


def measure_memory(case, peer_name):
    """Return by how many MB the resident memory rises above that of model and data, at most."""
    make = PEERS[peer_name]
    small = replace(case, shape=(200, case.shape[1]))
    make(small, *make_data(small)).run(1)
    peer = make(case, *make_data(case))
    before = _reset_peak()
    peer.run(case.counts[1])
    return (_peak_bytes() - before) / 1e6


def _reset_peak():
    """Return the peak up to now, on Linux the memory resident now."""
    # Where there is no such file, what making the data took hides as much of the growth.
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _peak_bytes()


def _peak_bytes():
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    except OSError:
        import resource  # not on Windows

        unit = 1 if sys.platform == "darwin" else 1024
        return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measure_loaded(name, n_rounds):
    """Time fits on idle and on busy cores, in the default thread settings.

    Idle is the best round, other processes can only disturb it; busy is the median round.
    """
    case = LOADED[name]
    X, y = getattr(sklearn.datasets, case.load)(return_X_y=True)
    X, y = scale(X), scale(y) if case.task == "regression" else y
    common = {"solver": case.solver, "max_iter": case.n_iter, "tol": 0, "random_state": 0}
    ours, mlp, _ = ESTIMATORS[case.task]
    models = {"ours": ours(**common), "mlp-f64": mlp(**common)}
    fits = {key: lambda model=model: model.fit(X, y) for key, model in models.items()}
    for fit in fits.values():
        fit()
    idle = _over_rounds(min, fits, 2 * n_rounds)
    with busy_cores():
        loaded = _over_rounds(median, fits, n_rounds)
    return {
        key: {"idle": idle[key], "loaded": loaded[key], "slowdown": loaded[key] / idle[key]}
        for key in fits
    }


def _over_rounds(summary, functions, n_rounds):
    rounds = [{key: _seconds(f) for key, f in functions.items()} for _ in range(n_rounds)]
    return {key: summary(one[key] for one in rounds) for key in functions}


@contextmanager
def busy_cores():
    """Keep every core busy with another process."""
    processes = []
    try:
        for _ in range(_n_cores()):
            processes.append(subprocess.Popen([sys.executable, "-c", BUSY]))
        time.sleep(0.5)
        yield
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


def results(spec):
    """Yield the results that the specification asks for."""
    if spec["job"] == "memory":
        case = MEMORY[spec["name"]]
        megabytes = measure_memory(case, spec["peer"])
        yield {"name": case.name, "peer": spec["peer"], "megabytes": megabytes}
    elif spec["job"] == "loaded":
        for name in spec["names"]:
            yield {"name": name, "peers": measure_loaded(name, spec["n_rounds"])}
    else:
        for name in spec["names"]:
            case = TIMED[name].quicker() if spec["quick"] else TIMED[name]
            yield {
                "name": name,
                "task": case.task,
                "kind": case.kind,
                "counts": case.counts,
                "peers": measure_time(case, spec["n_rounds"]),
            }


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs are fixed
    print(json.dumps(environment()), flush=True)
    for result in results(json.loads(sys.argv[1])):
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
