"""A small dbt project: what starting, parsing and many small tables cost."""

import shutil

from harness.interleave import interleave, medians
from harness.target import Target
from harness.text import ratio, seconds, size, table

NAME = "jaffle"
TITLE = "A dbt project in the shape of jaffle_shop"
ABOUT = """\
Three seeds of a hundred rows, five models, twenty tests: `dbt build` of dbt-core with dbt-duckdb beside `ade build` of
the same project, each as a whole process, from its start to its end. dbt's partial parsing is warm except in *first
build*. dbt does all the work in every build; ade does it again only with `--force`.
"""
PROFILE = "{{target: dev, outputs: {{dev: {{type: duckdb, path: '{}', schema: main, threads: 2}}}}}}"
CASES = {
    "first": "first build, from nothing",
    "again": "everything again (`ade build --force`)",
    "no_op": "nothing has changed (`ade build`)",
}


def measure(context):
    own = context.root / "tests" / "peers" / "dbt_projects" / "cafe"
    original = context.jaffle_shop or own
    work = context.folder(NAME)
    left_out = shutil.ignore_patterns(".git", "target", "lake", ".ade", "logs")
    for name in ("dbt", "ade"):
        shutil.copytree(original, work / name, ignore=left_out)
    database = work / "dbt.duckdb"
    profile = profile_name(original)
    (work / "profiles.yml").write_text(f"{profile}: {PROFILE.format(database)}\n")
    quiet = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}

    def dbt():
        command = [context.dbt, "--no-use-colors", "build", "--project-dir", work / "dbt", "--profiles-dir", work]
        return figures_of(context.run(command, env=quiet))

    def first_dbt():
        database.unlink(missing_ok=True)
        shutil.rmtree(work / "dbt" / "target", ignore_errors=True)
        return dbt()

    def ade(*options):
        return figures_of(context.ade_in(work / "ade", "build", *options))

    def first_ade():
        for name in ("lake", ".ade"):
            shutil.rmtree(work / "ade" / name, ignore_errors=True)
        return ade()

    samples = {
        "first": interleave(context.rounds, {"dbt": first_dbt, "ade": first_ade}, context.say),
        "again": interleave(context.rounds, {"dbt": dbt, "ade": lambda: ade("--force")}, context.say),
        "no_op": interleave(context.rounds, {"dbt": dbt, "ade": ade}, context.say),
    }
    return {
        "project": "dbt-labs/jaffle_shop" if context.jaffle_shop else "tests/peers/dbt_projects/cafe",
        "cases": {
            case: {name: medians(rounds) for name, rounds in contestants.items()}
            for case, contestants in samples.items()
        },
    }


def figures_of(ended):
    return {"seconds": ended.seconds, "peak_bytes": ended.peak_bytes}


def profile_name(project):
    """The profile that dbt_project.yml asks for."""
    for line in (project / "dbt_project.yml").read_text().splitlines():
        if line.startswith("profile:"):
            return line.removeprefix("profile:").strip().strip("'\"")
    raise ValueError(f"{project}/dbt_project.yml names no profile")


def targets(figures):
    again = figures and figures["cases"]["again"]
    share = again and again["ade"]["seconds"] / again["dbt"]["seconds"]
    return [Target("a jaffle_shop build ÷ dbt-core with dbt-duckdb", 0.1, share)]


def render(figures):
    rows = []
    for case, what in CASES.items():
        ours, theirs = figures["cases"][case]["ade"], figures["cases"][case]["dbt"]
        rows.append(
            [
                what,
                seconds(ours["seconds"]),
                seconds(theirs["seconds"]),
                ratio(ours["seconds"], theirs["seconds"]),
                size(ours["peak_bytes"]),
                size(theirs["peak_bytes"]),
            ]
        )
    head = ["build", "ade", "dbt", "ade ÷ dbt", "ade, peak memory", "dbt, peak memory"]
    return [f"Project: `{figures['project']}`.", "", *table(head, rows)]
