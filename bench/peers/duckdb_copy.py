"""DuckDB writes a file of rows as Parquet: `duckdb_copy.py SOURCE OUT TYPES_JSON`; prints seconds and rows as JSON."""

import json
import sys
import time

import duckdb

source, out, types = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
if source.endswith(".csv"):
    fields = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
    rows = (
        f"read_csv('{source}', header = true, auto_detect = false, delim = ',', quote = '\"', columns = {{{fields}}})"
    )
elif source.endswith(".jsonl"):
    fields = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
    rows = f"read_json('{source}', format = 'newline_delimited', columns = {{{fields}}})"
else:
    rows = f"read_parquet('{source}')"
start = time.perf_counter()
connection = duckdb.connect(config={"threads": 2})
connection.execute(f"copy (select * from {rows}) to '{out}' (format parquet)")
connection.close()
seconds = time.perf_counter() - start
count = duckdb.connect().execute(f"select count(*) from read_parquet('{out}')").fetchone()[0]
print(json.dumps({"seconds": seconds, "rows": count}))
