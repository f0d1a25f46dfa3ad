"""dlt loads a table of PostgreSQL as Parquet files: `dlt_copy.py URL TABLE FOLDER BACKEND [CURSOR]`; prints the rows.

With a cursor it goes on from where the last call with the same folder ended, and appends.
"""

import os
import sys
from pathlib import Path

url, name, folder, backend, *cursor = sys.argv[1:]
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"

import dlt  # noqa: E402
from dlt.sources.sql_database import sql_table  # noqa: E402

folder = Path(folder)
table = sql_table(
    credentials=url.replace("postgresql://", "postgresql+psycopg2://"),
    table=name,
    backend=backend,
    incremental=dlt.sources.incremental(cursor[0]) if cursor else None,
    **({"backend_kwargs": {"return_type": "arrow"}} if backend == "connectorx" else {}),
)
pipeline = dlt.pipeline(
    pipeline_name="copy",
    pipelines_dir=str(folder / "state"),
    destination=dlt.destinations.filesystem(bucket_url=(folder / "out").as_uri()),
    dataset_name="raw",
)
pipeline.run(table, write_disposition="append" if cursor else "replace", loader_file_format="parquet")
print(pipeline.last_trace.last_normalize_info.row_counts.get(name, 0))
