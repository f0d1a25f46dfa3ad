"""DuckDB's side of the upsert: `duckdb_merge.py fill|merge DATABASE PARQUET`, or `check DATABASE QUERY`."""

import json
import sys
import time

import duckdb

what, database, argument = sys.argv[1:]
start = time.perf_counter()
connection = duckdb.connect(database, config={"threads": 2})
if what == "fill":
    connection.execute(f"create table target as select * from read_parquet('{argument}')")
elif what == "merge":
    connection.execute(
        f"merge into target using read_parquet('{argument}') as changes using (id) "
        "when matched then update when not matched then insert"
    )
else:
    print(json.dumps([float(value) for value in connection.execute(argument).fetchone()]))
    sys.exit(0)
connection.execute("checkpoint")
connection.close()
print(json.dumps({"seconds": time.perf_counter() - start}))
