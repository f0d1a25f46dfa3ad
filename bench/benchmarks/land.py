"""Landing one large table, with and without obfuscation, beside DuckDB writing the same rows as Parquet."""

import json
import shutil

from harness import setup
from harness.ade_project import KEY, LINEITEM, columns, write_project
from harness.context import size_of
from harness.interleave import interleave, medians
from harness.target import Target
from harness.text import ratio, seconds, size, table

NAME = "land"
TITLE = "Landing 6 million rows"
ABOUT = """\
`lineitem` of TPC-H at scale 1 (6,001,215 rows, 16 columns) from one Parquet file, one CSV file and one of JSON lines into an empty
lake (`ade ingest`, a whole process), beside DuckDB's `copy (select * from …) to … (format parquet)` of the same file
(connecting to finishing the file, without the start of Python). Both are told the columns' types. ade's part
includes statistics, two columns that name the batch and the time, `fsync` and the commit. *Obfuscated* makes
pseudonyms (HMAC-SHA-256) of two columns: `l_comment`, where most values are different ones, as with e-mail addresses,
and `l_suppkey`, a number with 10,000 values. Its share is the part of the obfuscated landing's time that the plain
landing does not need.
"""
OBFUSCATED = {
    "l_comment": {"class": "username", "treatment": "pseudonym", "domain": "comment"},
    "l_suppkey": {"class": "username", "treatment": "pseudonym", "domain": "supplier"},
}
INPUTS = ("parquet", "csv", "jsonl")
NAMES = {"parquet": "Parquet", "csv": "CSV", "jsonl": "JSON lines"}
FORMATS = {"jsonl": "json_lines"}


def measure(context):
    work = context.folder(NAME)
    figures = {kind: measure_input(context, work, kind) for kind in INPUTS}
    shutil.rmtree(work)
    return figures


def measure_input(context, work, kind):
    """Everybody lands the same file, in turns."""
    only = () if kind == "parquet" else ("lineitem",)
    data = json_lines(context) if kind == "jsonl" else setup.tpch_data(context, kind, only)
    plain = lay_out(work / f"{kind}-plain", data, kind, {})
    obfuscated = lay_out(work / f"{kind}-obfuscated", data, kind, OBFUSCATED)
    out = work / f"{kind}-duckdb.parquet"
    samples = interleave(
        context.rounds,
        {
            "ade": lambda: land(context, plain),
            "ade, obfuscated": lambda: land(context, obfuscated),
            "DuckDB": lambda: copy(context, data / f"lineitem.{kind}", out),
        },
        context.say,
    )
    counts = {name: {sample["rows"] for sample in rounds} for name, rounds in samples.items()}
    if len(set.union(*counts.values())) != 1:
        raise ValueError(f"not everybody landed the same number of rows from {kind}: {counts}")
    figures = {name: medians(rounds) for name, rounds in samples.items()}
    return figures | {"input_bytes": (data / f"lineitem.{kind}").stat().st_size}


def json_lines(context):
    """The rows of the Parquet file as JSON lines, made once."""
    source = setup.tpch_data(context, "parquet")
    folder = source.with_name(source.name.replace("parquet", "jsonl"))
    if not folder.is_dir():
        making = folder.with_suffix(".part")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        context.peer("duckdb_json_lines.py", source / "lineitem.parquet", making / "lineitem.jsonl")
        making.rename(folder)
    return folder


def lay_out(folder, data, kind, privacy):
    """A project that lands `lineitem` with the given treatments."""
    entry = {
        "name": "lineitem",
        "ingest": {"from": f"lineitem.{kind}", "format": FORMATS.get(kind, kind)},
        "columns": columns(LINEITEM, privacy),
    }
    return write_project(folder, "landing", data, {"name": "raw", "tables": [entry]})


def land(context, project):
    """Into an empty lake."""
    for name in ("lake", ".ade"):
        shutil.rmtree(project / name, ignore_errors=True)
    ended = context.ade_in(project, "ingest", env=KEY)
    counted = context.ade_in(project, "query", "--format", "csv", "select count(*) as n from raw.lineitem", env=KEY)
    return {
        "seconds": ended.seconds,
        "peak_bytes": ended.peak_bytes,
        "written_bytes": size_of(project / "lake"),
        "rows": int(counted.stdout.split()[-1]),
    }


def copy(context, source, out):
    """By DuckDB, into one file."""
    out.unlink(missing_ok=True)
    ended = context.peer("duckdb_copy.py", source, out, json.dumps(LINEITEM))
    said = json.loads(ended.stdout)
    return {
        "seconds": said["seconds"],
        "peak_bytes": ended.peak_bytes,
        "written_bytes": out.stat().st_size,
        "rows": said["rows"],
    }


def share(figures, kind):
    """Obfuscation's part of an ingest."""
    plain, obfuscated = figures[kind]["ade"]["seconds"], figures[kind]["ade, obfuscated"]["seconds"]
    return max(0.0, (obfuscated - plain) / obfuscated)


def targets(figures):
    return [
        Target(f"obfuscation's share of an ingest from {NAMES[kind]}", 0.1, figures and share(figures, kind))
        for kind in INPUTS
        if not figures or kind in figures
    ]


def render(figures):
    rows = []
    measured = [kind for kind in INPUTS if kind in figures]
    for kind in measured:
        found = figures[kind]
        theirs = found["DuckDB"]
        for name in ("ade", "ade, obfuscated", "DuckDB"):
            one = found[name]
            rows.append(
                [
                    f"{NAMES[kind]}, {size(found['input_bytes'])}",
                    name,
                    seconds(one["seconds"]),
                    ratio(one["seconds"], theirs["seconds"]),
                    f"{one['rows'] / one['seconds'] / 1e6:.2f} M",
                    size(one["peak_bytes"]),
                    size(one["written_bytes"]),
                ]
            )
    lines = table(["input", "by", "time", "÷ DuckDB", "rows per second", "peak memory", "written"], rows, left=2)
    shares = ", ".join(f"{share(figures, kind):.1%} of the landing from {NAMES[kind]}" for kind in measured)
    return [*lines, "", f"Obfuscation's share: {shares}."]
