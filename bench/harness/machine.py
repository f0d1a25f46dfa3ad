"""What the figures were measured on and with."""

import os
import platform
import re
from datetime import datetime, timezone
from pathlib import Path

from harness.process import run

PEERS = (
    "duckdb",
    "dbt-core",
    "dbt-duckdb",
    "tpchgen-cli",
    "pyarrow",
    "dlt",
    "connectorx",
    "adbc-driver-postgresql",
)


def machine():
    """The processor, memory and system, and how busy the machine was when asked."""
    cpu = Path("/proc/cpuinfo").read_text()
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text()).group(1)) * 1024
    release = platform.freedesktop_os_release()
    return {
        "cpu": re.search(r"model name\s*:\s*(.+)", cpu).group(1) if "model name" in cpu else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": memory,
        "kernel": platform.release(),
        "system": release.get("PRETTY_NAME", "unknown"),
        "load_before": os.getloadavg()[0],
    }


def versions(context):
    """Program → version: ade with its commit, the compiler, and the peers from PyPI."""
    listed = run([context.python, "-m", "pip", "list", "--format", "freeze", "--disable-pip-version-check"]).stdout
    installed = dict(line.split("==", 1) for line in listed.splitlines() if "==" in line)
    commit = run(["git", "rev-parse", "--short", "HEAD"], cwd=context.root).stdout.strip()
    return {
        "ade": f"{run([context.ade, '--version']).stdout.strip().removeprefix('ade ')} ({commit})",
        "rustc": run(["rustc", "--version"], cwd=context.root).stdout.split()[1],
        "DataFusion": datafusion_version(context.root),
        "Python": platform.python_version(),
    } | {name: installed.get(name, "missing") for name in PEERS}


def datafusion_version(root):
    """The version that the lock file pins."""
    lock = (root / "Cargo.lock").read_text()
    return re.search(r'name = "datafusion"\nversion = "([^"]+)"', lock).group(1)


def today():
    """The time of the measurement, UTC, to the minute."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
