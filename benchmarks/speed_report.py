"""Tables of the speed benchmark."""

from statistics import geometric_mean

UNITS = {
    "adam": ("microseconds per step (Adam)", 1e6),
    "lbfgs": ("milliseconds per iteration (L-BFGS)", 1e3),
    "predict": ("microseconds per call (predict_proba, predict)", 1e6),
}
PEER_NAMES = ("ours", "ours-f64", "mlp-f64", "mlp-f32", "torch", "products")
RATIOS = (
    ("mlp-f64", "ours"),
    ("mlp-f32", "ours"),
    ("torch", "ours"),
    ("ours", "products"),
)


def print_environment(report):
    for setting, environment in report["environments"].items():
        print(f"threads {setting}: {', '.join(environment['pools'])}")
    first = next(iter(report["environments"].values()))
    print(", ".join(f"{k} {v}" for k, v in first.items() if k not in ("pools", "load")))
    print(f"load at the start {first['load']}; best of {report['n_rounds']} rounds, in turns")
    if first["torch"] is None:
        print("PyTorch is not installed, its column is empty: pip install torch")


def print_timed(results):
    """Print a table per number of threads, task and kind of work."""
    for threads, task, kind in _distinct(results, "threads", "task", "kind"):
        what, scale = UNITS[kind]
        rows = _select(results, threads=threads, task=task, kind=kind)
        _print_table(rows, f"{task}: {what}, {threads} thread(s)", scale)


def _print_table(rows, title, scale):
    heads = [*PEER_NAMES, *(f"{a}/{b}" for a, b in RATIOS), "noise"]
    print(f"\n{title}\n\n| case | {' | '.join(heads)} |\n|---{'|--:' * len(heads)}|")
    for row in rows:
        cells = [_cell(row, name, scale) for name in PEER_NAMES]
        cells += [_number(_ratio(row, *pair), 2) for pair in RATIOS]
        cells.append(f"{max(peer['noise'] for peer in row['peers'].values()):.0%}")
        print(f"| {row['name']} | {' | '.join(cells)} |")
    for label, summary in (("geometric mean", geometric_mean), ("minimum", min), ("maximum", max)):
        cells = [_number(_over(summary, _ratios(rows, *pair)), 2) for pair in RATIOS]
        print(f"| {label} {'| ' * len(PEER_NAMES)}| {' | '.join(cells)} | |")


def print_memory(results):
    if results:
        print("\nextra memory at most, MB (the result included)\n")
        print("| case | peer | MB |\n|---|---|--:|")
    for row in results:
        print(f"| {row['name']} | {row['peer']} | {row['megabytes']:.0f} |")


def print_loaded(results):
    if results:
        print("\nfit on idle and on busy cores, default threads, milliseconds\n")
        print("| case | model | idle | busy | slowdown |\n|---|---|--:|--:|--:|")
    for row in results:
        for name, peer in row["peers"].items():
            idle, loaded = 1e3 * peer["idle"], 1e3 * peer["loaded"]
            cells = f"{idle:.0f} | {loaded:.0f} | {peer['slowdown']:.1f}"
            print(f"| {row['name']} | {name} | {cells} |")


def _time(row, name):
    peer = row["peers"].get(name)
    return peer and peer["per_unit"]


def _ratio(row, above, below):
    times = _time(row, above), _time(row, below)
    return times[0] / times[1] if all(times) else None


def _ratios(rows, above, below):
    ratios = (_ratio(row, above, below) for row in rows)
    return [ratio for ratio in ratios if ratio is not None]


def _over(summary, values):
    return summary(values) if values else None


def _cell(row, name, scale):
    if name not in row["peers"]:
        return ""
    time = _time(row, name)
    return "?" if time is None else _number(time * scale)


def _number(value, digits=None):
    if value is None:
        return ""
    if digits is None:
        digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:.{digits}f}"


def _distinct(results, *keys):
    return list(dict.fromkeys(tuple(result[key] for key in keys) for result in results))


def _select(results, **wanted):
    return [row for row in results if all(row[key] == value for key, value in wanted.items())]
