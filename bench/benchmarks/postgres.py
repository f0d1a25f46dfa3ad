"""A whole table of PostgreSQL into the lake, beside what reads PostgreSQL elsewhere."""

import shutil

from benchmarks.land import OBFUSCATED, land
from harness import setup
from harness.ade_project import KEY, LINEITEM, columns, write_project
from harness.context import size_of
from harness.interleave import interleave, medians
from harness.postgres import Postgres
from harness.target import Target
from harness.text import ratio, seconds, size, table

NAME = "postgres"
TITLE = "A table of PostgreSQL, whole"
ABOUT = """\
`lineitem` of TPC-H at scale 1 with a `bigint` key (6,001,215 rows, 17 columns) from a PostgreSQL 15 on the same two
cores into an empty lake (`ade ingest`), beside `psql -c "copy lineitem to stdout"` into nothing, ADBC and pyarrow into
one Parquet file, and dlt with two of its backends into Parquet files. All are whole processes; memory is that of the
reader, without the server's. *Obfuscated* makes pseudonyms of two columns, as in *Landing*. The columns are those of
TPC-H: integers, `numeric(15,2)`, `date`, `char(n)` and `varchar(44)`; ADBC gives `numeric` as text.
"""
CREATE = """\
create table lineitem (id bigint generated always as identity primary key, l_orderkey bigint, l_partkey bigint,
  l_suppkey bigint, l_linenumber integer, l_quantity numeric(15,2), l_extendedprice numeric(15,2),
  l_discount numeric(15,2), l_tax numeric(15,2), l_returnflag char(1), l_linestatus char(1), l_shipdate date,
  l_commitdate date, l_receiptdate date, l_shipinstruct char(25), l_shipmode char(10), l_comment varchar(44))"""
TYPES = {"id": "bigint"} | LINEITEM


def measure(context):
    work = context.folder(NAME)
    file = setup.tpch_data(context, "csv", ("lineitem",)) / "lineitem.csv"
    with Postgres() as server:
        context.say("filling the database")
        server.psql(CREATE)
        server.psql(f"\\copy lineitem ({', '.join(LINEITEM)}) from '{file}' (format csv, header)")
        server.psql("vacuum analyze lineitem")
        plain = lay_out(work / "plain", server, {})
        obfuscated = lay_out(work / "obfuscated", server, OBFUSCATED)
        source = (server.url, "lineitem")
        samples = interleave(
            context.rounds,
            {
                "ade": lambda: land(context, plain),
                "ade, obfuscated": lambda: land(context, obfuscated),
                "psql, copy to stdout": lambda: unload(server),
                "ADBC": lambda: copy(context, work / "adbc", "adbc_copy.py", *source),
                "dlt, connectorx": lambda: copy(context, work / "dlt", "dlt_copy.py", *source, "connectorx"),
                "dlt, pyarrow": lambda: copy(context, work / "dlt", "dlt_copy.py", *source, "pyarrow"),
            },
            context.say,
        )
    counts = {name: {sample.pop("rows") for sample in rounds} for name, rounds in samples.items()}
    if len(set.union(*counts.values()) - {None}) != 1:
        raise ValueError(f"not everybody read the same number of rows: {counts}")
    shutil.rmtree(work)
    return {name: medians(rounds) for name, rounds in samples.items()}


def lay_out(folder, server, privacy):
    entry = {"name": "lineitem", "ingest": {"from": "public.lineitem"}, "columns": columns(TYPES, privacy)}
    return write_project(folder, "landing", server.connection, {"name": "raw", "tables": [entry]})


def unload(server):
    """By psql, into nothing: what the server needs to give all rows to somebody who does nothing with them."""
    ended = server.psql("copy lineitem to stdout", discard=True)
    return {"seconds": ended.seconds, "peak_bytes": ended.peak_bytes, "written_bytes": None, "rows": None}


def copy(context, out, script, url, name, *words):
    """By a peer, into Parquet below a folder of its own."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    target = out / "out.parquet" if script == "adbc_copy.py" else out
    ended = context.peer(script, url, name, target, *words)
    return {
        "seconds": ended.seconds,
        "peak_bytes": ended.peak_bytes,
        "written_bytes": size_of(out),
        "rows": int(ended.stdout.split()[-1]),
    }


def targets(figures):
    one = figures and figures["ade, obfuscated"]
    return [
        Target(
            "a table of PostgreSQL, obfuscated ÷ psql's copy to stdout",
            1.5,
            one and one["seconds"] / figures["psql, copy to stdout"]["seconds"],
        ),
        Target("the same, memory in MB", 300, one and one["peak_bytes"] / 1e6, "{:.0f}"),
    ]


def render(figures):
    base = figures["psql, copy to stdout"]["seconds"]
    rows = [
        [
            name,
            seconds(one["seconds"]),
            ratio(one["seconds"], base),
            size(one["peak_bytes"]),
            "–" if one["written_bytes"] is None else size(one["written_bytes"]),
        ]
        for name, one in figures.items()
    ]
    return table(["by", "time", "÷ psql", "peak memory", "written"], rows)
