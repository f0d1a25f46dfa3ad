"""A PostgreSQL server of Debian's package for the time of a benchmark, on a free loopback port."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from harness.process import run

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
# What somebody who runs a server of this size sets; everything else is as PostgreSQL has it.
SETTINGS = {"shared_buffers": "2GB", "max_wal_size": "8GB", "wal_level": "logical", "listen_addresses": "127.0.0.1"}


class Postgres:
    """A server with one database, `postgres`, and its superuser of that name; removed at the end."""

    def __enter__(self):
        # Where the package's user may read: the checkout need not be such a place.
        self.folder = Path(tempfile.mkdtemp(prefix="ade-bench-postgres-"))
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(self.data, "postgres", "postgres")
        self.run_as_owner("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        self.server = subprocess.Popen(
            [*self.owner(), PROGRAMS / "postgres", "-D", self.data, "-p", str(self.port), "-k", "", *settings],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while subprocess.run([PROGRAMS / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode:
            if self.server.poll() is not None:
                raise RuntimeError("PostgreSQL did not start")
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.server.terminate()
        try:
            self.server.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.server.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def owner(self):
        """The words in front of a program that PostgreSQL does not run as root."""
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []

    def run_as_owner(self, program, *words):
        run([*self.owner(), PROGRAMS / program, "-D", self.data, *words], cwd="/")

    @property
    def url(self):
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def connection(self):
        """As ade's projects name it."""
        return {"type": "postgres", "host": "127.0.0.1", "port": self.port, "database": "postgres", "user": "postgres"}

    def psql(self, sql, discard=False):
        """Run one statement; gives what came of the process, without its rows if they are to be discarded."""
        command = [PROGRAMS / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.url, "-c", sql]
        return run([*command, "-o", "/dev/null"] if discard else command)

    def pgbench(self, script, seconds, rate):
        """Start a load of `rate` transactions of the script a second; gives the process."""
        return subprocess.Popen(
            [PROGRAMS / "pgbench", "-n", "-f", script, "-c", "2", "-T", str(seconds), "-R", str(rate), self.url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
