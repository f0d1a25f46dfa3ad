"""Large projects: reading 5,000 models, and finding that 500 have nothing to do."""

from benchmarks.generated_project import generate
from harness.interleave import interleave, medians
from harness.target import Target
from harness.text import seconds, size, table

NAME = "project"
TITLE = "Large projects"
ABOUT = """\
Generated dbt projects: half staging views, a third tables that join two of these, the rest marts on top; macros, folder
configuration, a description and two tests per model. *Read* is `ade ls` of 5,000 models: everything parsed and
rendered, nothing touched; beside it dbt's `parse --no-partial-parse` of the same files, measured once. *Check* is
`ade check`, which plans every model and every check besides.
*Nothing to do* is `ade build` of 500 models that are built and unchanged.
"""
PROFILE = "generated: {{target: dev, outputs: {{dev: {{type: duckdb, path: '{}', schema: main, threads: 2}}}}}}\n"


def measure(context):
    many, some = (500, 50) if context.small else (5000, 500)
    work = context.folder(NAME)
    large = generate(work / "large", many)
    built = generate(work / "built", some)
    (work / "profiles.yml").write_text(PROFILE.format(work / "dbt.duckdb"))
    context.say(f"building {some} models")
    first = context.ade_in(built, "build")

    def ade(project, *words):
        ended = context.ade_in(project, *words)
        return {"seconds": ended.seconds, "peak_bytes": ended.peak_bytes}

    samples = interleave(
        context.rounds,
        {
            "read": lambda: ade(large, "ls"),
            "check": lambda: ade(large, "check"),
            "no_op": lambda: ade(built, "build"),
        },
        context.say,
    )
    context.say("dbt parse")
    parse = [context.dbt, "parse", "--no-partial-parse", "--project-dir", large, "--profiles-dir", work]
    parsed = context.run(parse, env={"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"})
    return {
        "many": many,
        "some": some,
        "first_build_s": first.seconds,
        "dbt_parse": {"seconds": parsed.seconds, "peak_bytes": parsed.peak_bytes},
    } | {name: medians(rounds) for name, rounds in samples.items()}


def targets(figures):
    return [
        Target("reading 5,000 models, seconds", 2, figures and figures["read"]["seconds"]),
        Target("a build with nothing to do, 500 models, seconds", 1, figures and figures["no_op"]["seconds"]),
    ]


def render(figures):
    rows = [
        [
            f"read {figures['many']:,} models (`ade ls`)",
            seconds(figures["read"]["seconds"]),
            size(figures["read"]["peak_bytes"]),
        ],
        ["check them (`ade check`)", seconds(figures["check"]["seconds"]), size(figures["check"]["peak_bytes"])],
        ["read by `dbt parse`", seconds(figures["dbt_parse"]["seconds"]), size(figures["dbt_parse"]["peak_bytes"])],
        [
            f"nothing to do, {figures['some']} models (`ade build`)",
            seconds(figures["no_op"]["seconds"]),
            size(figures["no_op"]["peak_bytes"]),
        ],
        ["their first build", seconds(figures["first_build_s"]), ""],
    ]
    return table(["what", "time", "peak memory"], rows)
