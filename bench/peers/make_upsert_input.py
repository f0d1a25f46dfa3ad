"""Input of the upsert: `make_upsert_input.py FOLDER ROWS spread|recent ROUNDS` writes base.parquet and the changes."""

import sys
from pathlib import Path

import duckdb

folder, rows, kind, rounds = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
changed = rows // 100
connection = duckdb.connect(config={"threads": 2})
ROW = """
    select
        id,
        'customer-' || (hash(id) % 500000) as customer,
        ['new', 'paid', 'sent', 'returned'][1 + cast(hash(id * 7 + {turn}) % 4 as bigint)] as status,
        cast((hash(id + {turn}) % 1000000) / 100.0 as decimal(12, 2)) as amount,
        cast({turn} as bigint) as round_no,
        timestamp '2025-01-01' + interval (id) second as updated_at
    from ({ids})
    order by id
"""
base = folder / "base.parquet"
if not base.exists():
    ids = f"select range as id from range(1, {rows} + 1)"
    connection.execute(f"copy ({ROW.format(turn=0, ids=ids)}) to '{base}' (format parquet)")
# Nine of ten keys are there: one in each stretch, at a place that differs from round to round; the rest is new.
known = changed * 9 // 10
first, width = (1, rows // known) if kind == "spread" else (rows - rows // 50 + 1, max(1, rows // 50 // known))
for turn in range(rounds):
    ids = f"""
        select {first} + range * {width} + cast(hash(range + {turn}) % {width} as bigint) as id from range({known})
        union all
        select {rows} + {turn} * {changed - known} + 1 + range from range({changed - known})
    """
    out = folder / f"changes-{kind}-{turn}.parquet"
    connection.execute(f"copy ({ROW.format(turn=turn + 1, ids=ids)}) to '{out}' (format parquet)")
