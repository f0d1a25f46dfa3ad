"""The program under test, working in one project."""

import os
from pathlib import Path

from peers.program import run


class Ade:
    """`ade` with `--project-dir`: what the tests need of it."""

    def __init__(self, project, env=None):
        self.project = Path(project)
        self.env = env or {}

    @property
    def lake(self):
        """The folder of the default lake: `<schema>/<table>` below it."""
        return self.project / "lake"

    def __call__(self, *words, expect=0):
        """Run a command in the project and give its standard output."""
        return run(
            [os.environ["ADE"], *words, "--project-dir", self.project], cwd=self.project, env=self.env, expect=expect
        )

    def query_to(self, out, fmt, sql, at=None):
        """Write the rows of a query to the file `out`."""
        self("query", "--format", fmt, "--out", out, *(("--at", str(at)) if at is not None else ()), sql)
        return out

    def tables(self):
        """The Delta tables of the lake: (schema, table, folder), in order."""
        return sorted((log.parent.parent.name, log.parent.name, log.parent) for log in self.lake.glob("*/*/_delta_log"))


def demo(folder, *options):
    """Write the example project to `folder`."""
    run([os.environ["ADE"], "demo", folder, *options], cwd=Path(folder).parent)
    return Ade(folder)
