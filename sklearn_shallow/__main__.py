"""Command line of the demonstration: ``python -m sklearn_shallow``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from joblib import cpu_count

from sklearn_shallow.demo.data import BUNDLED, DemoError
from sklearn_shallow.demo.run import run
from sklearn_shallow.demo.tasks import TASKS


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demonstration.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; those of the command line by default.

    Returns
    -------
    status : int
        0, or 2 if the data or the output are not usable, or 130 if interrupted.
    """
    options = _parser().parse_args(argv)
    try:
        run(
            TASKS[options.task],
            options.data,
            options.target,
            options.output,
            options.jobs,
            options.seed,
        )
    except DemoError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sklearn-shallow-demo",
        description="Search over shallow neural networks with five activations, three widths and "
        "five folds, then compare the best on the same split with scikit-learn's linear model, "
        "MLP and histogram gradient boosting, and draw it.",
        epilog='The picture needs matplotlib: pip install "sklearn_shallow[plot]".',
    )
    parser.add_argument(
        "--task",
        choices=TASKS,
        default="classification",
        help="predict classes, or numbers (default: %(default)s)",
    )
    defaults = ", ".join(f"{task.default_data} for {name}" for name, task in TASKS.items())
    parser.add_argument(
        "--data",
        metavar="NAME|FILE",
        help=f"{', '.join(BUNDLED)} or a CSV file with a header line (default: {defaults})",
    )
    parser.add_argument(
        "--target", metavar="COLUMN", help="the column of the CSV file that is to be predicted"
    )
    parser.add_argument(
        "--output",
        default="sklearn_shallow_demo.png",
        metavar="FILE",
        help="the picture to write (default: %(default)s)",
    )
    parser.add_argument(
        "--jobs",
        type=_positive,
        default=cpu_count(),
        metavar="N",
        help="processes of the search (default: all cores, here %(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=_seed,
        default=0,
        metavar="N",
        help="seed of the split and of the models (default: %(default)s)",
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not a positive number")
    return number


def _seed(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**32:
        raise argparse.ArgumentTypeError(f"{number} is not between 0 and 2**32 - 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
