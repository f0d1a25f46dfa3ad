"""Every table of a built project, at every version, is read by others and equals what `ade query` says."""

import shutil
import tempfile
import unittest
from pathlib import Path

import duckdb

from peers.ade import Ade, demo
from peers.content import content, schema
from peers.other_readers import OtherReaders
from peers.overlay import overlay

PROJECTS = Path(__file__).parent / "dbt_projects"
# Versions of one table that are compared: the oldest, the newest and some between.
MOST_VERSIONS = 6


class Readers(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="ade-readers-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.duckdb = duckdb.connect(config={"threads": 2})
        self.addCleanup(self.duckdb.close)

    def test_demo(self):
        """The example after its first day, a second day and maintenance."""
        ade = demo(self.folder / "demo", "--scale", "0.1")
        ade("build")
        ade("demo", ade.project, "--next-day")
        ade("build")
        self.compare_all(ade, least=8)
        ade("maintain", "--retention-hours", "168")
        self.compare_all(ade, least=8, versions=False)

    def test_incremental(self):
        """Appended, merged and replaced rows: the models of a dbt project, built from two states of its seeds."""
        ade = Ade(self.folder / "everything")
        shutil.copytree(PROJECTS / "everything", ade.project)
        ade("build")
        overlay(ade.project, "second")
        ade("build")
        self.compare_all(ade, least=12)

    def test_restored(self):
        """A restored table is read as it was."""
        ade = Ade(self.folder / "cafe")
        shutil.copytree(PROJECTS / "cafe", ade.project)
        ade("build")
        folder = ade.lake / "main" / "raw_guests"
        before = content(self.duckdb, OtherReaders(folder).files_in_duckdb())
        first = OtherReaders.versions(folder)[-1]
        (ade.project / "seeds" / "raw_guests.csv").write_text(
            "id,given_name,family_name,joined_on\n1,Only,O.,2025-01-01\n"
        )
        ade("seed", "--select", "raw_guests")
        self.assertEqual(content(self.duckdb, OtherReaders(folder).files_in_duckdb()).row_count, 1)
        ade("restore", "main.raw_guests", "--to", str(first))
        self.assertEqual(content(self.duckdb, OtherReaders(folder).files_in_duckdb()), before)
        self.compare_table(ade, "main", "raw_guests", folder)

    def compare_all(self, ade, least, versions=True):
        """Every table of the lake, now and (with `versions`) before."""
        tables = ade.tables()
        self.assertGreaterEqual(len(tables), least, f"tables in {ade.lake}: {tables}")
        for name, table, folder in tables:
            with self.subTest(table=f"{name}.{table}"):
                self.compare_table(ade, name, table, folder)
            older = OtherReaders.versions(folder)[:-1] if versions else []
            # Spread over the whole history, the oldest always among them.
            for version in older[:: max(1, -(-len(older) // MOST_VERSIONS))]:
                with self.subTest(table=f"{name}.{table}", version=version):
                    self.compare_table(ade, name, table, folder, version)

    def compare_table(self, ade, name, table, folder, version=None):
        """Rows, names, types and content by: ade as Parquet and as CSV, delta-rs, DuckDB over the listed files."""
        sql = f'select * from "{name}"."{table}"'
        parquet = ade.query_to(self.folder / "rows.parquet", "parquet", sql, at=version)
        csv = ade.query_to(self.folder / "rows.csv", "csv", sql, at=version)
        ours = f"read_parquet('{parquet}')"
        types = schema(self.duckdb, ours)
        expected = content(self.duckdb, ours)

        others = OtherReaders(folder, version)
        self.duckdb.register("delta_rs", others.arrow())
        self.assertEqual(schema(self.duckdb, "delta_rs"), types, "delta-rs and ade disagree on the schema")
        self.assertEqual(content(self.duckdb, "delta_rs"), expected, "delta-rs and ade disagree on the rows")
        self.duckdb.unregister("delta_rs")

        if others.files() and not others.partitioned:
            files = others.files_in_duckdb()
            self.assertEqual(schema(self.duckdb, files), types, "the files and ade disagree on the schema")
            self.assertEqual(content(self.duckdb, files), expected, "the files and ade disagree on the rows")

        as_csv = f"read_csv('{csv}', header = true, all_varchar = true, allow_quoted_nulls = false)"
        self.assertEqual(content(self.duckdb, as_csv, types), expected, "CSV and Parquet of ade disagree")


if __name__ == "__main__":
    unittest.main()
