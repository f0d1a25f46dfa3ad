"""docs/benchmarks.md, from the results that are there."""

from harness.text import size, table

HEAD = """\
# Benchmarks

This page is written by `make bench` (`bench/run`): do not edit it. Every figure is the median of {rounds} rounds;
ade and its peers take turns in the same run, on the same machine and data, with two threads each. The code of every
benchmark is in `bench/`; to measure one again: `bench/run NAME`, with `bench/run --help` for the rest."""

EMPTY = """\
# Benchmarks

This page is written by `make bench` (`bench/run`). Nothing has been measured yet."""


def page(modules, results):
    """The lines of the page. `results` has a dict per benchmark name, or lacks it where nothing was measured."""
    measured = [result for result in results.values() if "error" not in result]
    if not measured:
        lines = [EMPTY]
    else:
        rounds = sorted({result["rounds"] for result in measured})
        lines = [HEAD.format(rounds=" or ".join(map(str, rounds)))]
    lines += ["", "## Targets", ""]
    targets = [target.cells() for module in modules for target in module.targets(figures(results.get(module.NAME)))]
    lines += table(["what", "target", "measured", "verdict"], targets)
    lines += conditions(modules, results)
    for module in modules:
        lines += ["", f"## {module.TITLE}", "", module.ABOUT.strip(), ""]
        result = results.get(module.NAME)
        if result is None:
            lines += [f"Not measured. `bench/run {module.NAME}` does it."]
        elif "error" in result:
            lines += [
                f"Not measured: the run of {result['measured_at']} failed with",
                "",
                "```",
                result["error"],
                "```",
            ]
        else:
            lines += module.render(result["figures"])
    return lines


def figures(result):
    """What was measured, or nothing."""
    return (result or {}).get("figures")


def conditions(modules, results):
    """When, where and with what: one row per benchmark, since each can be measured again by itself."""
    found = [(module.NAME, results[module.NAME]) for module in modules if module.NAME in results]
    if not found:
        return []
    lines = ["", "## Machine and versions", ""]
    rows = []
    for name, result in found:
        machine = result["machine"]
        rows.append(
            [
                name,
                result["measured_at"],
                machine["cpu"],
                machine["cores"],
                size(machine["memory_bytes"]),
                f"{machine['system']}, Linux {machine['kernel']}",
                f"{machine['load_before']:.1f}",
                result["profile"],
            ]
        )
    head = ["benchmark", "measured", "processor", "cores", "memory", "system", "load before", "build profile"]
    lines += table(head, rows, left=3) + [""]
    names = list(dict.fromkeys(name for _, result in found for name in result["versions"]))
    lines += table(
        ["benchmark", *names], [[name, *(result["versions"].get(key, "") for key in names)] for name, result in found]
    )
    return lines
