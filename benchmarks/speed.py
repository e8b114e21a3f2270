"""How fast our estimators train and predict, beside scikit-learn's, PyTorch and the limit.

    python benchmarks/speed.py [--quick] [--task TASK] [--cases NAME ...] [--json FILE]

README.md in this directory says what the columns mean and which traps the figures have.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from speed_cases import LOADED, MEMORY, NOT_QUICK, TASKS, TIMED
from speed_report import print_environment, print_loaded, print_memory, print_timed

WORKER = Path(__file__).with_name("speed_measure.py")
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
MEMORY_PEERS = ("ours", "ours-f64", "mlp-f64", "mlp-f32")
CASES = TIMED | MEMORY | LOADED


def main():
    options = _parser().parse_args()
    n_rounds = options.rounds or (2 if options.quick else 5)
    chosen = options.cases or _default_cases(options)
    report = {"n_rounds": n_rounds, "environments": {}, "timed": [], "memory": [], "loaded": []}
    for n_threads in options.threads:
        names = [name for name in TIMED if name in chosen]
        spec = {"job": "time", "names": names, "n_rounds": n_rounds, "quick": options.quick}
        timed = _work(spec, n_threads, report) if names else []
        report["timed"] += [{**result, "threads": n_threads} for result in timed]
    for name in (name for name in MEMORY if name in chosen):
        for peer in MEMORY_PEERS:
            report["memory"] += _work({"job": "memory", "name": name, "peer": peer}, 1, report)
    names = [name for name in LOADED if name in chosen]
    if names:
        spec = {"job": "loaded", "names": names, "n_rounds": n_rounds}
        report["loaded"] = _work(spec, None, report)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    print_environment(report)
    print_timed(report["timed"])
    print_memory(report["memory"])
    print_loaded(report["loaded"])


def _work(spec, n_threads, report):
    """Return the results of a worker in a fresh process; the environment goes into the report."""
    variables = {k: v for k, v in os.environ.items() if k not in THREAD_VARIABLES}
    if n_threads is not None:
        variables |= dict.fromkeys(THREAD_VARIABLES, str(n_threads))
    setting = "default" if n_threads is None else str(n_threads)
    results, start = [], time.perf_counter()
    command = [sys.executable, str(WORKER), json.dumps(spec)]
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as worker:
        report["environments"].setdefault(setting, json.loads(worker.stdout.readline() or "{}"))
        for line in worker.stdout:
            results.append(json.loads(line))
            seconds = time.perf_counter() - start
            print(f"threads {setting}, {results[-1]['name']}: {seconds:.0f} s", file=sys.stderr)
    if worker.returncode:
        sys.exit(f"The worker failed with status {worker.returncode}; see its message above.")
    return results


def _default_cases(options):
    left_out = NOT_QUICK if options.quick else ()
    tasks = [options.task] if options.task else TASKS
    return [name for name, case in CASES.items() if case.task in tasks and name not in left_out]


def _parser():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="most cases, shorter, 2 rounds")
    parser.add_argument("--task", choices=TASKS, help="only the cases of one task")
    parser.add_argument("--cases", nargs="+", choices=CASES, metavar="NAME", help=", ".join(CASES))
    parser.add_argument(
        "--threads", nargs="+", type=int, default=[1, 2], metavar="N", help="default: 1 2"
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="default: 5, with --quick 2")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to FILE")
    return parser


if __name__ == "__main__":
    main()
