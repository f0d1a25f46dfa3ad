"""ADBC reads a table of PostgreSQL and pyarrow writes it as Parquet: `adbc_copy.py URL TABLE OUT`; prints the rows."""

import sys

import pyarrow.parquet
from adbc_driver_postgresql import dbapi

url, name, out = sys.argv[1:]
rows = 0
with dbapi.connect(url) as connection, connection.cursor() as cursor:
    cursor.execute(f"select * from {name}")
    reader = cursor.fetch_record_batch()
    with pyarrow.parquet.ParquetWriter(out, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
print(rows)
