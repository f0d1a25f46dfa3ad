"""Make what the benchmarks run: the peers' virtual environment, the programs of this repository, the input data."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from harness.process import run


def make_venv(work, requirements):
    """The peers from PyPI in an environment of their own; made anew when the requirements change."""
    venv, wanted = work / "venv", requirements.read_text()
    mark = venv / "requirements.txt"
    if mark.is_file() and mark.read_text() == wanted:
        return
    print(f"installing the peers into {venv}", flush=True)
    shutil.rmtree(venv, ignore_errors=True)
    run([sys.executable, "-m", "venv", venv])
    run([venv / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements])
    # Last: an interrupted install leaves no mark.
    mark.write_text(wanted)


def make_tool(work, requirement):
    """One program from PyPI in an environment of its own, where it does not agree with the other peers; gives its path."""
    name = requirement.split("==")[0]
    venv = work / f"venv-{name}"
    mark = venv / "requirement.txt"
    if not (mark.is_file() and mark.read_text() == requirement):
        shutil.rmtree(venv, ignore_errors=True)
        run([sys.executable, "-m", "venv", venv])
        run([venv / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement])
        mark.write_text(requirement)
    return venv / "bin" / name


def target_folder(root):
    """Where cargo builds."""
    return Path(os.environ.get("CARGO_TARGET_DIR") or root / "target")


def build(root, profile, *packages):
    """Build packages with a profile; cargo's own output is shown. Gives the folder of what was built."""
    command = [root / "scripts" / "build", profile]
    for package in packages:
        command += ["--package", package]
    print(*command, flush=True)
    subprocess.run(command, cwd=root, check=True)
    return target_folder(root) / ("debug" if profile == "dev" else profile)


def tpch_data(context, kind, tables=()):
    """A folder with the TPC-H tables as `kind` (parquet or csv), scale 1 (small: 0.01), made once."""
    scale = "0.01" if context.small else "1"
    folder = context.work / "data" / f"tpch-{scale}-{kind}"
    if not folder.is_dir():
        context.say(f"generating TPC-H data, scale {scale}, {kind}")
        making = folder.with_suffix(".part")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        only = ("--tables", ",".join(tables)) if tables else ()
        run([context.python.parent / "tpchgen-cli", kind, "-s", scale, "--no-progress", "-o", making, *only])
        making.rename(folder)
    return folder
