"""What a Singer tap writes, into the lake, beside a Singer target that writes it into files."""

import json
import shutil

from harness import setup
from harness.ade_project import KEY, columns, write_project
from harness.interleave import interleave, medians
from harness.target import Target
from harness.text import ratio, seconds, size, table

NAME = "singer"
TITLE = "Rows of a Singer tap"
PEER = "target-jsonl==0.1.4"
ABOUT = f"""\
One stream of eight columns, as a tap writes it (SCHEMA, RECORD with a nested object, a STATE behind each 10,000 rows), is piped from a file
into `ade ingest --singer` (a whole process, into an empty lake: contract, checks of the key, statistics, `fsync`, commits) and into
`{PEER}` from PyPI, which validates each record and appends it to a file of JSON lines. *Obfuscated* makes pseudonyms of two columns.
`target-parquet` of PyPI (0.0.1) does not install with a Python of today.
"""
COLUMNS = {
    "id": "bigint",
    "email": "varchar",
    "name": "varchar",
    "amount": "double",
    "is_active": "boolean",
    "address": "varchar",
    "created_at": "timestamptz",
    "updated_at": "timestamptz",
}
OBFUSCATED = {
    "email": {"class": "email", "treatment": "pseudonym", "domain": "email"},
    "name": {"class": "person_name", "treatment": "pseudonym", "domain": "name"},
}


def measure(context):
    rows = 20_000 if context.small else 1_000_000
    peer = setup.make_tool(context.work, PEER)
    work = context.folder(NAME)
    lines = work / "tap.jsonl"
    context.say(f"writing {rows:,} rows")
    context.peer("make_singer_input.py", lines, str(rows))
    plain, obfuscated = lay_out(work / "plain", {}), lay_out(work / "obfuscated", OBFUSCATED)
    contestants = {
        "ade": lambda: land(context, plain, lines),
        "ade, obfuscated": lambda: land(context, obfuscated, lines),
        "target-jsonl": lambda: write(context, peer, work, lines),
    }
    samples = interleave(context.rounds, contestants, context.say)
    counts = {sample["rows"] for found in samples.values() for sample in found}
    if counts != {rows}:
        raise ValueError(f"not everybody has all rows: {counts}")
    figures = {name: medians(found) for name, found in samples.items()}
    input_bytes = lines.stat().st_size
    shutil.rmtree(work)
    return figures | {"rows": rows, "input_bytes": input_bytes}


def lay_out(folder, privacy):
    """A project that takes the stream from its standard input."""
    entry = {
        "name": "users",
        "ingest": {"mode": "incremental", "key": ["id"]},
        "columns": columns(COLUMNS, privacy),
    }
    return write_project(folder, "piped", {"type": "singer"}, {"name": "raw", "tables": [entry]})


def piped(context, lines, command):
    """A program that reads the lines."""
    script = 'lines=$1; shift; exec "$@" < "$lines"'
    return context.run(["sh", "-c", script, "sh", lines, *command], env={"NO_COLOR": "1"} | KEY)


def land(context, project, lines):
    """Into an empty lake."""
    for name in ("lake", ".ade"):
        shutil.rmtree(project / name, ignore_errors=True)
    ended = piped(context, lines, [context.ade, "ingest", "--singer", "raw", "--project-dir", project])
    counted = context.ade_in(project, "query", "--format", "csv", "select count(*) as n from raw.users", env=KEY)
    return {"seconds": ended.seconds, "peak_bytes": ended.peak_bytes, "rows": int(counted.stdout.split()[-1])}


def write(context, peer, work, lines):
    """Into a file of JSON lines."""
    out = work / "target-jsonl"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    config = work / "target-jsonl.json"
    config.write_text(json.dumps({"destination_path": str(out), "do_timestamp_file": False}))
    ended = piped(context, lines, [peer, "--config", config])
    return {"seconds": ended.seconds, "peak_bytes": ended.peak_bytes, "rows": sum(map(lines_of, out.iterdir()))}


def lines_of(file):
    """How many there are. What this program holds itself would count as the memory of the next one that it starts."""
    with file.open("rb") as opened:
        return sum(block.count(b"\n") for block in iter(lambda: opened.read(1 << 20), b""))


def faster(figures):
    return figures["target-jsonl"]["seconds"] / figures["ade"]["seconds"]


def targets(figures):
    return [Target("ade's time ÷ target-jsonl's", 0.2, figures and 1 / faster(figures))]


def render(figures):
    theirs = figures["target-jsonl"]
    rows = []
    for name in ("ade", "ade, obfuscated", "target-jsonl"):
        one = figures[name]
        rows.append(
            [
                name,
                seconds(one["seconds"]),
                ratio(one["seconds"], theirs["seconds"]),
                f"{one['rows'] / one['seconds']:,.0f}",
            ]
        )
    head = ["by", "time", "÷ target-jsonl", "rows per second"]
    return [f"{figures['rows']:,} rows, {size(figures['input_bytes'])}.", "", *table(head, rows)]
