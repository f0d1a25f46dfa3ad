"""DuckDB writes a Parquet file as JSON lines: `duckdb_json_lines.py SOURCE OUT`."""

import sys

import duckdb

source, out = sys.argv[1:3]
duckdb.connect().execute(f"copy (select * from read_parquet('{source}')) to '{out}' (format json)")
