"""dbt with DuckDB, building a project into a database file beside it."""

import sys
from pathlib import Path

import duckdb

from peers.content import quoted
from peers.program import run

PROFILE = """\
{profile}:
  target: dev
  outputs:
    dev: {{type: duckdb, path: "{path}", schema: main, threads: 2}}
"""
# Leftovers of the adapter's renaming, not tables of the project.
LEFTOVERS = ("__dbt_backup", "__dbt_tmp")


class Dbt:
    """`dbt` in one project, with a profile of its own outside it."""

    def __init__(self, project, work, profile="peers", env=None):
        self.project = Path(project)
        self.database = Path(work) / "dbt.duckdb"
        self.profiles = Path(work) / "profiles"
        self.profiles.mkdir(parents=True)
        (self.profiles / "profiles.yml").write_text(PROFILE.format(profile=profile, path=self.database))
        self.env = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1", "TZ": "UTC"} | (env or {})

    def build(self):
        """`dbt build` of everything."""
        dbt = Path(sys.executable).parent / "dbt"
        run(
            [dbt, "--no-use-colors", "build", "--project-dir", self.project, "--profiles-dir", self.profiles],
            cwd=self.project,
            env=self.env,
        )

    def tables(self):
        """(schema, table) → (columns, types, rows), of tables and views."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            found = connection.execute(
                "select table_schema, table_name from information_schema.tables "
                "where table_schema not in ('information_schema', 'pg_catalog') order by all"
            ).fetchall()
            return {
                (schema, table): read(connection, f'"{schema}"."{table}"')
                for schema, table in found
                if not table.endswith(LEFTOVERS)
            }


def read(connection, source):
    """(columns, types, rows) of a table expression; times with a zone come as UTC."""
    relation = connection.sql(f"select * from {source}")
    types = [str(kind) for kind in relation.types]
    # Without DuckDB's time zone extension, which it fetches from the network, the cast is to UTC.
    columns = ", ".join(
        f"cast({quoted(name)} as timestamp)" if kind == "TIMESTAMP WITH TIME ZONE" else quoted(name)
        for name, kind in zip(relation.columns, types, strict=True)
    )
    return relation.columns, types, connection.sql(f"select {columns} from {source}").fetchall()
