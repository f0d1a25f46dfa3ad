"""Running programs for a test: their output is kept, and shown when they fail."""

import os
import subprocess

# Nothing of the machine that runs the tests may change what they see.
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "RUST_BACKTRACE")


class ProgramFailed(AssertionError):
    """A program ended with an exit code that was not expected; the message has all it said."""


def run(command, cwd=None, env=None, expect=0):
    """Run `command` to its end and give its standard output.

    `env` is added to a small, fixed environment. `expect` is the exit code that it must end with.
    """
    full = {name: os.environ[name] for name in KEPT if name in os.environ} | {"NO_COLOR": "1"} | (env or {})
    done = subprocess.run([str(word) for word in command], cwd=cwd, env=full, capture_output=True, text=True)
    if done.returncode != expect:
        shown = " ".join(str(word) for word in command)
        raise ProgramFailed(
            f"exit code {done.returncode}, expected {expect}: {shown}\n"
            f"---- stdout\n{done.stdout[-8000:]}\n---- stderr\n{done.stderr[-8000:]}"
        )
    return done.stdout
