"""Compare two files of ``speed.py --json``: has the code become slower, or the machine?

    python benchmarks/compare.py base.json head.json

Exit status: 0, or 1 if a case is flagged, or 2 if the files cannot be compared.
"""

import argparse
import json
import sys
from pathlib import Path

RATIO = 1.15  # what counts as slower, or as more memory
SECONDS = 0.05  # and by how much, over all rounds
MEGABYTES = 5
OURS = ("ours", "ours-f64")
CONTROL = "products"  # does not run our code


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base", type=Path)
    parser.add_argument("head", type=Path)
    options = parser.parse_args()
    base, head = (json.loads(path.read_text()) for path in (options.base, options.head))
    times, memories = list(compare_times(base, head)), list(compare_memory(base, head))
    if not times and not memories:
        print("The files have no case in common that did the same work.", file=sys.stderr)
        return 2
    print_times(times)
    print_memories(memories)
    n_flagged = sum(row["verdict"] == "SLOWER" for row in times)
    n_flagged += sum(row["verdict"] == "MORE" for row in memories)
    print(f"\n{n_flagged} flagged")
    return 1 if n_flagged else 0


def compare_times(base, head):
    """Yield a row per case, number of threads and precision."""
    n_rounds = min(base["n_rounds"], head["n_rounds"])
    for old, new in _pairs(base["timed"], head["timed"], ("name", "threads", "counts")):
        control = _seconds(new, CONTROL) / _seconds(old, CONTROL)
        for peer in OURS:
            before, after = n_rounds * _seconds(old, peer), n_rounds * _seconds(new, peer)
            yield {
                "case": f"{new['name']}, {peer}, {new['threads']} thread(s)",
                "base": before,
                "head": after,
                "control": control,
                "verdict": judge(before, after, control),
            }


def judge(before, after, control):
    """Tell slower code from a slower machine.

    A faster machine is not held against the code: what is not matrix products gains less from it.
    """
    if _is_more(after, before * max(control, 1.0), SECONDS):
        return "SLOWER"
    if _is_more(after, before, SECONDS):
        return "slower machine"
    return "faster" if _is_more(before, after * max(1 / control, 1.0), SECONDS) else ""


def compare_memory(base, head):
    """Yield a row per case and precision."""
    for old, new in _pairs(base["memory"], head["memory"], ("name", "peer")):
        if new["peer"] in OURS:
            before, after = old["megabytes"], new["megabytes"]
            verdict = "MORE" if _is_more(after, before, MEGABYTES) else ""
            case = f"{new['name']}, {new['peer']}"
            yield {"case": case, "base": before, "head": after, "verdict": verdict}


def print_times(rows):
    if rows:
        print("seconds, the best run times the rounds; control: the machine, head over base\n")
        print("| case | base | head | ratio | control | |\n|---|--:|--:|--:|--:|---|")
    for row in rows:
        times = f"{row['base']:.3f} | {row['head']:.3f} | {row['head'] / row['base']:.2f}"
        print(f"| {row['case']} | {times} | {row['control']:.2f} | {row['verdict']} |")


def print_memories(rows):
    if rows:
        print("\nextra memory, MB\n\n| case | base | head | |\n|---|--:|--:|---|")
    for row in rows:
        print(f"| {row['case']} | {row['base']:.0f} | {row['head']:.0f} | {row['verdict']} |")


def _pairs(base, head, keys):
    """Yield the results of both files that agree in the given keys."""

    def identity(row):
        return tuple(map(str, (row[key] for key in keys)))

    known = {identity(row): row for row in base}
    return ((known[identity(row)], row) for row in head if identity(row) in known)


def _seconds(row, peer):
    return row["peers"][peer]["seconds"]


def _is_more(after, before, margin):
    return after > RATIO * before and after - before > margin


if __name__ == "__main__":
    sys.exit(main())
