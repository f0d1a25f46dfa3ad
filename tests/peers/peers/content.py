"""What a table holds, as a value that does not depend on the order of its rows: names, rows, and a hash of each row."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Content:
    """Columns in order, number of rows, and the sum of the hashes of all rows."""

    columns: tuple
    row_count: int
    hash_sum: int


def quoted(name):
    """A name as DuckDB reads it."""
    return '"' + name.replace('"', '""') + '"'


def content(duckdb, source, types=None):
    """The content of `source`, a table expression of DuckDB.

    Every value is compared by its text, with a mark that tells null from the word null. `types` (column → type) are
    given where the source has text only (CSV): its values pass through that type, so that `1.0` and `1.00` agree.
    """
    columns = [row[0] for row in duckdb.execute(f"describe select * from {source}").fetchall()]
    if not columns:
        return Content((), 0, 0)
    as_text = []
    for name in columns:
        value = quoted(name)
        if types:
            value = f"cast({value} as {types[name]})"
        as_text.append(f"coalesce('=' || cast({value} as varchar), '-')")
    row = f"hash({', '.join(as_text)})"
    # All of it is fetched: a result with rows to come blocks the connection.
    [(row_count, hash_sum)] = duckdb.execute(
        f"select count(*), coalesce(sum(cast({row} as hugeint)), 0) from {source}"
    ).fetchall()
    return Content(tuple(columns), row_count, int(hash_sum))


def schema(duckdb, source):
    """Column → type of a table expression, in order."""
    return {row[0]: row[1] for row in duckdb.execute(f"describe select * from {source}").fetchall()}
