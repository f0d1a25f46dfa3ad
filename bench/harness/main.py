"""The command line of the benchmarks, and the order of things."""

import argparse
import json
import os
import sys
import traceback
from pathlib import Path

from benchmarks import (
    detection,
    events,
    jaffle,
    land,
    obfuscation,
    postgres,
    postgres_changes,
    project,
    singer,
    tpch,
    upsert,
)
from harness import machine, setup
from harness.context import Context
from harness.page import page

MODULES = [tpch, jaffle, land, events, postgres, postgres_changes, upsert, singer, obfuscation, detection, project]
ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "bench" / ".work"


def arguments(words):
    names = [module.NAME for module in MODULES]
    parser = argparse.ArgumentParser(
        prog="bench/run",
        description="Measure ade beside its peers and write docs/benchmarks.md.",
        epilog="examples: bench/run · bench/run tpch jaffle · bench/run --page-only · bench/run land --small",
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"benchmarks to run (default: all): {', '.join(names)}"
    )
    parser.add_argument("--ade", type=Path, help="the program to measure (default: build it)")
    parser.add_argument("--plain-datafusion", type=Path, help="the program of that name (default: build it)")
    parser.add_argument(
        "--profile", default=os.environ.get("PROFILE", "release"), help="cargo profile (default: $PROFILE or release)"
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds that the medians are of (default: 5)")
    parser.add_argument(
        "--jaffle-shop",
        type=Path,
        default=os.environ.get("JAFFLE_SHOP"),
        help="checkout of the public jaffle_shop (default: $JAFFLE_SHOP, or a project of the same shape)",
    )
    parser.add_argument(
        "--small", action="store_true", help="little data: proves that a benchmark works, publishes nothing"
    )
    parser.add_argument("--page-only", action="store_true", help="write the page from the results that are there")
    chosen = parser.parse_args(words)
    unknown = set(chosen.names) - set(names)
    if unknown:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return chosen


def context(chosen):
    """Everything built and installed that the chosen benchmarks need."""
    setup.make_venv(WORK, ROOT / "bench" / "requirements.txt")
    ade, plain = chosen.ade, chosen.plain_datafusion
    if ade is None or plain is None:
        # Both in one build, so that both get the same features of the crates that they share.
        folder = setup.build(ROOT, chosen.profile, "ade-cli", "plain-datafusion", "privacy-measures")
        ade, plain = ade or folder / "ade", plain or folder / "plain-datafusion"
    return Context(
        root=ROOT,
        work=WORK,
        ade=Path(ade).resolve(),
        plain_datafusion=Path(plain).resolve(),
        rounds=chosen.rounds,
        small=chosen.small,
        jaffle_shop=chosen.jaffle_shop and Path(chosen.jaffle_shop).resolve(),
    )


def measure(module, given, profile):
    """Run one benchmark; what went wrong is a result too."""
    print(f"{module.NAME}: {module.TITLE}", flush=True)
    result = {
        "measured_at": machine.today(),
        "machine": machine.machine(),
        "versions": machine.versions(given),
        "profile": profile,
        "rounds": given.rounds,
    }
    try:
        return result | {"figures": module.measure(given)}
    except Exception as error:
        traceback.print_exc()
        return result | {"error": str(error)[:2000].replace(str(ROOT), ".")}


def main(words):
    chosen = arguments(words)
    results_folder = WORK / ("results-small" if chosen.small else "results")
    results_folder.mkdir(parents=True, exist_ok=True)
    failed = False
    if not chosen.page_only:
        given = context(chosen)
        profile = "given" if chosen.ade else chosen.profile
        for module in MODULES:
            if chosen.names and module.NAME not in chosen.names:
                continue
            result = measure(module, given, profile)
            failed |= "error" in result
            (results_folder / f"{module.NAME}.json").write_text(json.dumps(result, indent=1) + "\n")
    results = {path.stem: json.loads(path.read_text()) for path in results_folder.glob("*.json")}
    out = WORK / "benchmarks-small.md" if chosen.small else ROOT / "docs" / "benchmarks.md"
    out.parent.mkdir(exist_ok=True)
    out.write_text("\n".join(page(MODULES, results)) + "\n")
    print(f"written: {out.relative_to(ROOT)}")
    if failed:
        print("some benchmarks failed: the page says which", file=sys.stderr)
    return int(failed)
