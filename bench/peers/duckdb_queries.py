"""DuckDB over a folder of Parquet: the same arguments and the same answer as the program plain-datafusion."""

import argparse
import json
import time
from pathlib import Path

import duckdb

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=Path)
parser.add_argument("queries", type=Path)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--repeats", type=int, default=1)
parser.add_argument("--rows", action="store_true")
options = parser.parse_args()

code = "\n".join(line for line in options.queries.read_text().splitlines() if not line.lstrip().startswith("--"))
statements = [statement.strip() for statement in code.split(";") if statement.strip()]

connection = duckdb.connect(config={"threads": options.threads})
connection.execute("create schema tpch")
for path in sorted(options.folder.glob("*.parquet")):
    connection.execute(f"create view tpch.{path.stem} as select * from read_parquet('{path}')")

answers = [{"ms": []} for _ in statements]
for _ in range(options.repeats):
    for answer, statement in zip(answers, statements, strict=True):
        start = time.perf_counter()
        # As Arrow: no time goes into making Python objects.
        answer["result"] = connection.sql(statement).to_arrow_table()
        answer["ms"].append((time.perf_counter() - start) * 1000)
for answer in answers:
    result = answer.pop("result")
    if options.rows:
        answer["columns"] = result.column_names
        answer["rows"] = [
            [None if value is None else str(value) for value in row.values()] for row in result.to_pylist()
        ]
print(json.dumps(answers))
