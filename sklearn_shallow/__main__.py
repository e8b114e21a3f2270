"""Command line of the demonstration: ``python -m sklearn_shallow``."""

import argparse

from sklearn_shallow.demo import DemoError


def main(argv: list[str] | None = None) -> None:
    """Run the demonstration; exit with status 2 if data, output or a package cannot be used."""
    parser = _make_parser()
    options = vars(parser.parse_args(argv))
    try:
        from sklearn_shallow.demo.run import TASKS, run

        run(TASKS[options.pop("task")], **options)
    except DemoError as error:
        parser.exit(2, f"error: {' '.join(str(error).split())}\n")
    except ModuleNotFoundError as error:
        if error.name not in ("pandas", "matplotlib"):
            raise
        parser.exit(2, f'error: {error.name} is missing: pip install "sklearn_shallow[demo]"\n')


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sklearn-shallow-demo",
        description="Search over activation and hidden units of a network with default settings, "
        "compare the best one with models of scikit-learn on a test set, and draw the results.",
    )
    add = parser.add_argument
    tasks = ["classification", "regression"]
    add("--task", choices=tasks, default=tasks[0], help="default: classification")
    data_help = (
        "breast_cancer, diabetes, digits, iris, wine, or a CSV file with a header, where empty "
        "cells, NA and ? are missing values; default: digits, or diabetes for regression"
    )
    add("--data", metavar="NAME|FILE", help=data_help)
    add("--target", default="target", help="column to predict; default: target")
    add("--output", default="sklearn_shallow_demo.png", help="picture; default: %(default)s")
    add("--jobs", type=natural_number, default=0, help="processes; default: 0, all cores")
    add("--seed", type=natural_number, default=0, help="random seed; default: 0")
    add("--verbose", type=natural_number, default=1, help="messages of the search; default: 1")
    return parser


def natural_number(text: str) -> int:
    """Convert text to a number that is a valid random seed as well."""
    if not 0 <= int(text) < 2**32:
        raise ValueError(text)
    return int(text)


if __name__ == "__main__":
    main()
