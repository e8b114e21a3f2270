"""Compare two files of ``speed.py --json``: has the code become slower, or the machine?

    python benchmarks/compare.py base.json head.json

Prints the seconds of the long runs and the extra memory of both, and their ratios. "Control" is the
ratio of bare matrix products, which do not run our code.
"""

import json
import sys
from pathlib import Path

OURS = ("ours", "ours-f64")
CONTROL = "products"


def pairs(base, head, *keys):
    """Yield the results of both files that agree in these keys."""
    known = {str([row[key] for key in keys]): row for row in base}
    for row in head:
        before = known.get(str([row[key] for key in keys]))
        if before is not None:
            yield before, row


def print_times(base, head):
    print("| seconds | base | head | ratio | control |\n|---|--:|--:|--:|--:|")
    for before, after in pairs(base, head, "name", "threads", "counts"):
        old, new = (
            {name: peer["seconds"] for name, peer in row["peers"].items()}
            for row in (before, after)
        )
        control = new[CONTROL] / old[CONTROL]
        for peer in OURS:
            case = f"{after['name']}, {peer}, {after['threads']} thread(s)"
            ratio = new[peer] / old[peer]
            print(f"| {case} | {old[peer]:.3f} | {new[peer]:.3f} | {ratio:.2f} | {control:.2f} |")


def print_memory(base, head):
    print("\n| extra memory, MB | base | head |\n|---|--:|--:|")
    for before, after in pairs(base, head, "name", "peer"):
        case = f"{after['name']}, {after['peer']}"
        print(f"| {case} | {before['megabytes']:.0f} | {after['megabytes']:.0f} |")


if __name__ == "__main__":
    base, head = (json.loads(Path(path).read_text()) for path in sys.argv[1:])
    print_times(base["timed"], head["timed"])
    print_memory(base["memory"], head["memory"])
