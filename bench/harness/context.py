"""Where things are and how much of everything is measured."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from harness.process import run


@dataclass(frozen=True)
class Context:
    """What a benchmark may use. `small` runs prove that the benchmark works; their figures are not published."""

    root: Path
    work: Path
    ade: Path
    plain_datafusion: Path
    rounds: int
    small: bool
    jaffle_shop: Path | None

    @property
    def python(self):
        """The interpreter that has the peers."""
        return self.work / "venv" / "bin" / "python"

    @property
    def dbt(self):
        """The dbt command."""
        return self.work / "venv" / "bin" / "dbt"

    def folder(self, name):
        """A folder of a benchmark, emptied."""
        path = self.work / "run" / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def run(self, command, env=None):
        """Run any program."""
        return run(command, env=env)

    def peer(self, script, *arguments):
        """Run a script of bench/peers with the peers' interpreter."""
        return run([self.python, self.root / "bench" / "peers" / script, *arguments])

    def ade_in(self, project, *words, env=None):
        """Run ade in a project."""
        return run([self.ade, *words, "--project-dir", project], cwd=project, env={"NO_COLOR": "1"} | (env or {}))

    def say(self, text):
        """Progress, for the person who waits."""
        print(f"  {text}", flush=True)


def size_of(folder, suffix=".parquet"):
    """Bytes of the files below a folder that end so."""
    return sum(path.stat().st_size for path in Path(folder).rglob(f"*{suffix}"))
