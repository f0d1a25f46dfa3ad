"""Run a program and say how long it took and how much memory it held at most."""

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass


class ProgramFailed(Exception):
    """A program that a benchmark runs ended with an error; the message has its last words."""


@dataclass(frozen=True)
class Ended:
    """A program that ended well. `peak_bytes` is its resident set at its largest, children it waited for included."""

    seconds: float
    peak_bytes: int
    stdout: str
    stderr: str


def run(command, cwd=None, env=None):
    """Run `command` to its end; `env` is added to this process's environment."""
    words = [str(word) for word in command]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        child = subprocess.Popen(
            words, cwd=cwd, env=os.environ | (env or {}), stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        # Not child.wait(): only wait4 gives this child's own usage.
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        ended = Ended(seconds, usage.ru_maxrss * 1024, out.read(), err.read())
    if child.returncode != 0:
        words_said = (ended.stdout[-2000:] + ended.stderr[-2000:]).strip()
        raise ProgramFailed(f"exit code {child.returncode} of {' '.join(words)}\n{words_said}")
    return ended
