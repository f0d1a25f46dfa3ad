"""One per cent of a large table changes: a merge by key, its time and memory."""

import json
import shutil

from harness.ade_project import KEY, write_project
from harness.interleave import interleave, medians
from harness.text import ratio, seconds, size, table

NAME = "upsert"
TITLE = "Upsert of 1 % into 10 million rows"
ABOUT = """\
An incremental model with `unique_key` holds 10 million rows of six columns; 100,000 rows come in, nine of ten with a
key that is there. *Spread*: the keys lie all over the table, so that no part of it stays as it was; *recent*: they are
among the newest 2 %. Timed is `ade run` of the model, a whole process that makes a new version of the
table and keeps the old one; the rows that come in are in the lake by then. DuckDB does `merge into` a table of its own
from a Parquet file and ends with a checkpoint (connecting to closing, without the start of Python); it keeps no old
version.
"""
MODEL = """\
{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id') }}
{% if is_incremental() -%}
select * from {{ source('raw', 'changes') }}
{%- else -%}
select * from {{ source('raw', 'base') }}
{%- endif %}
"""
CHECK = "select count(*) as n, sum(amount) as amount, sum(round_no) as rounds from {}"
KINDS = ("spread", "recent")


def measure(context):
    rows = 100_000 if context.small else 10_000_000
    work = context.folder(NAME)
    data = work / "data"
    data.mkdir()
    context.say(f"generating {rows:,} rows")
    for kind in KINDS:
        context.peer("make_upsert_input.py", data, str(rows), kind, str(context.rounds + 1))
    figures = {kind: measure_kind(context, work, data, kind) for kind in KINDS}
    shutil.rmtree(work)
    return figures | {"rows": rows}


def measure_kind(context, work, data, kind):
    """Both take in the same changes, round by round, and hold the same in the end."""
    project = lay_out(work / kind, work / f"input-{kind}", data, change(data, kind, context.rounds))
    context.say("filling the tables")
    filled = context.ade_in(project, "build", env=KEY)
    database = work / f"{kind}.duckdb"
    context.peer("duckdb_merge.py", "fill", database, data / "base.parquet")
    changes = {name: iter([change(data, kind, turn) for turn in range(context.rounds)]) for name in ("ade", "DuckDB")}

    def by_ade():
        shutil.copy(next(changes["ade"]), work / f"input-{kind}" / "changes.parquet")
        context.ade_in(project, "ingest", "--select", "source:raw.changes", env=KEY)
        ended = context.ade_in(project, "run", "--select", "target", env=KEY)
        return {"seconds": ended.seconds, "peak_bytes": ended.peak_bytes}

    def by_duckdb():
        ended = context.peer("duckdb_merge.py", "merge", database, next(changes["DuckDB"]))
        return {"seconds": json.loads(ended.stdout)["seconds"], "peak_bytes": ended.peak_bytes}

    samples = interleave(context.rounds, {"ade": by_ade, "DuckDB": by_duckdb}, context.say)
    agree(context, project, database)
    return {name: medians(rounds) for name, rounds in samples.items()} | {"fill_s": filled.seconds}


def change(data, kind, turn):
    return data / f"changes-{kind}-{turn}.parquet"


def lay_out(project, inputs, data, stand_in):
    """A project with the two sources and the model. It is filled from the base alone, with changes that no round brings:
    those of the first one would be nothing new when they come."""
    inputs.mkdir()
    (inputs / "base.parquet").hardlink_to(data / "base.parquet")
    shutil.copy(stand_in, inputs / "changes.parquet")
    tables = [{"name": name, "ingest": {"from": f"{name}.parquet"}} for name in ("base", "changes")]
    return write_project(project, "upsert", inputs, {"name": "raw", "tables": tables}, {"target.sql": model()})


def model():
    # A source's table carries columns of its own; the model takes those of the data.
    columns = "id, customer, status, amount, round_no, updated_at"
    return MODEL.replace("select *", f"select {columns}")


def agree(context, project, database):
    """Both tables hold the same in the end."""
    said = context.ade_in(project, "query", "--format", "json", CHECK.format("main.target"), env=KEY).stdout
    ours = [float(value) for value in json.loads(said).values()]
    theirs = json.loads(context.peer("duckdb_merge.py", "check", database, CHECK.format("target")).stdout)
    if ours != theirs:
        raise ValueError(f"after the same upserts ade has {ours} and DuckDB {theirs} (rows, amount, rounds)")


def targets(_figures):
    return []


def render(figures):
    rows = []
    for kind in KINDS:
        theirs = figures[kind]["DuckDB"]
        for name in ("ade", "DuckDB"):
            one = figures[kind][name]
            rows.append(
                [kind, name, seconds(one["seconds"]), ratio(one["seconds"], theirs["seconds"]), size(one["peak_bytes"])]
            )
    return [f"{figures['rows']:,} rows.", "", *table(["keys", "by", "time", "÷ DuckDB", "peak memory"], rows, left=2)]
