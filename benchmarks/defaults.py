"""Our estimators with nothing set beside other models' defaults.

    python benchmarks/defaults.py [--task classification] [--tables] [--max-rows 2000] [--json file]
    python benchmarks/defaults.py --json file --report

On every set of `data_sets.py`, or with --tables of `table_sets.py`, from --min-rows rows, cut to
--max-rows: shuffled folds, stratified for labels, the same in every run; one thread; the models
(`defaults_models.py`) take turns on every fold. With --json a run adds to the file what is not in
it yet, so that models can be run at different times and in different environments.
`defaults_report.py` says what is printed.
"""

from defaults_measure import TASKS, Results, parser_of, quiet, run, selection
from defaults_models import known_names, models_of
from defaults_report import report
from table_sets import half
from threadpoolctl import threadpool_limits


def main():
    parser = parser_of(__doc__.splitlines()[0])
    parser.add_argument(
        "--models", nargs="+", choices=known_names(), metavar="NAME",
        help=f"default: all that can run; of {', '.join(known_names())}",
    )  # fmt: skip
    parser.add_argument("--folds", type=int, default=5)
    options = parser.parse_args()
    results = Results(options.json)
    for task in [options.task] if options.task else TASKS:
        if not options.report:
            run(
                task,
                models_of(task, options.models, options.tables),
                results,
                options.folds,
                options.again,
                **selection(options),
            )
        names = [name for name in known_names() if name in (options.models or known_names())]
        entries = results.kept.get(task, {})
        report(entries, names, options.sets, half if options.tables else None)


if __name__ == "__main__":
    quiet()
    with threadpool_limits(1):
        main()
