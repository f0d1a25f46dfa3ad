"""dbt projects built by dbt with DuckDB and by ade, twice: every table and view equals, row by row.

`JAFFLE_SHOP=<folder>` adds a checkout of the public jaffle_shop, which is not part of this repository.
"""

import os
import re
import shutil
import tempfile
import unittest
from pathlib import Path

import duckdb

from peers.ade import Ade
from peers.dbt import Dbt, read
from peers.loose_rows import difference, same_families
from peers.overlay import overlay

PROJECTS = Path(__file__).parent / "dbt_projects"


class DbtProjects(unittest.TestCase):
    def test_cafe(self):
        self.compare(PROJECTS / "cafe", relations=8)

    def test_everything(self):
        self.compare(PROJECTS / "everything", relations=20)

    def test_toolbox(self):
        self.compare(PROJECTS / "toolbox", relations=8)

    @unittest.skipUnless(os.environ.get("JAFFLE_SHOP"), "JAFFLE_SHOP names no folder")
    def test_jaffle_shop(self):
        self.compare(Path(os.environ["JAFFLE_SHOP"]), relations=8)

    def compare(self, original, relations):
        """Build with both, compare; lay the second state over both projects, build again, compare again."""
        work = Path(tempfile.mkdtemp(prefix="ade-dbt-"))
        self.addCleanup(shutil.rmtree, work, ignore_errors=True)
        left_out = shutil.ignore_patterns(".git", "target", "lake", ".ade", "logs")
        for builder in ("dbt", "ade"):
            shutil.copytree(original, work / builder / original.name, ignore=left_out)
        dbt = Dbt(work / "dbt" / original.name, work, profile=profile_of(original))
        ade = Ade(work / "ade" / original.name)
        for state in ("first", "second"):
            if state == "second":
                overlay(dbt.project, "second")
                overlay(ade.project, "second")
            dbt.build()
            ade("build")
            expected = dbt.tables()
            self.assertGreaterEqual(len(expected), relations, sorted(expected))
            for (schema, table), (columns, types, rows) in expected.items():
                with self.subTest(state=state, relation=f"{schema}.{table}"):
                    out = ade.query_to(work / "rows.parquet", "parquet", f'select * from "{schema}"."{table}"')
                    with duckdb.connect() as connection:
                        got_columns, got_types, got_rows = read(connection, f"read_parquet('{out}')")
                    self.assertEqual(got_columns, columns, "columns")
                    self.assertTrue(same_families(types, got_types), f"types: dbt {types}, ade {got_types}")
                    problem = difference(rows, got_rows)
                    if problem:
                        self.fail(problem)
            with self.subTest(state=state, relation="no others"):
                extra = {(schema, table) for schema, table, _ in ade.tables()} - set(expected)
                self.assertEqual({pair for pair in extra if pair[0] != "ade"}, set(), "tables that dbt does not make")


def profile_of(project):
    """The name of the profile that a project asks for."""
    text = (project / "dbt_project.yml").read_text()
    return re.search(r"^profile:\s*['\"]?([\w-]+)", text, re.MULTILINE).group(1)


if __name__ == "__main__":
    unittest.main()
