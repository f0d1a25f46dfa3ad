"""Write small ade projects that land files."""

import json

KEY = {"ADE_BENCH_KEY": "5e" * 32}

# The types of TPC-H, as a contract promises them.
LINEITEM = {
    "l_orderkey": "bigint",
    "l_partkey": "bigint",
    "l_suppkey": "bigint",
    "l_linenumber": "integer",
    "l_quantity": "decimal(15,2)",
    "l_extendedprice": "decimal(15,2)",
    "l_discount": "decimal(15,2)",
    "l_tax": "decimal(15,2)",
    "l_returnflag": "varchar",
    "l_linestatus": "varchar",
    "l_shipdate": "date",
    "l_commitdate": "date",
    "l_receiptdate": "date",
    "l_shipinstruct": "varchar",
    "l_shipmode": "varchar",
    "l_comment": "varchar",
}


def write_project(folder, name, connection, source, models=None):
    """A project with one connection, its settings or the folder of files, and one sources file; every column that says
    nothing is public.

    `source` is the `sources:` entry without its connection; JSON is YAML. `models` is file name → SQL. The key for
    pseudonyms comes from the environment (`KEY`).
    """
    if not isinstance(connection, dict):
        connection = {"type": "files", "path": str(connection)}
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "name": name,
        "connections": {"input": connection},
        "privacy": {"key": "${env:ADE_BENCH_KEY}", "rules": [{"column": "*", "class": "public"}]},
    }
    (folder / "ade.yml").write_text(json.dumps(settings, indent=2) + "\n")
    (folder / "sources").mkdir(exist_ok=True)
    (folder / "sources" / "input.yml").write_text(
        json.dumps({"version": 2, "sources": [{"connection": "input"} | source]}, indent=2) + "\n"
    )
    for file, sql in (models or {}).items():
        (folder / "models").mkdir(exist_ok=True)
        (folder / "models" / file).write_text(sql)
    return folder


def columns(types, privacy=None):
    """The `columns:` of a table with promised types; `privacy` is column → its class or treatment."""
    privacy = privacy or {}
    return [{"name": name, "data_type": kind, "privacy": privacy.get(name, "public")} for name, kind in types.items()]
