"""Events: how many the collector makes durable in a second, how soon it says so, and how soon they have landed."""

import json
import shutil
import subprocess
import time
import urllib.request

from harness.ade_project import KEY, columns, write_project
from harness.target import Target
from harness.text import table

NAME = "events"
TITLE = "Collecting events"
ABOUT = """\
`ade serve` on the same machine as `crates/server/examples/event_load`, which sends `track` calls of about 600 bytes by 16
connections in batches of 50. An event counts when it is acknowledged, that is, when it is on disk (`fsync`), encrypted. The
collector lands what has arrived at the same time, in a table of all events and one of the event's name, with pseudonyms of the
user ids (every 5 seconds, as by default), or leaves it to wait. *As fast as it takes them* sends the next batch when the last
one is acknowledged; the other runs send at a given rate, and the times are from sending a batch to its acknowledgement.
"""
SHARED = {
    "id": "varchar",
    "received_at": "timestamptz",
    "timestamp": "timestamptz",
    "user_id": "varchar",
    "event": "varchar",
    "context_ip": "varchar",
    "context_locale": "varchar",
}
OWN = {"product_id": "bigint", "price": "double", "currency": "varchar", "category": "varchar"}
PRIVACY = {"user_id": "username", "context_ip": "ip_address"}
WANTED = 15_000
RUNS = {
    "as fast as it takes them": {},
    "as fast as it takes them, landing later": {"landing": False},
    "7,500 a second": {"rate": WANTED // 2},
    "15,000 a second": {"rate": WANTED},
}


def measure(context):
    work = context.folder(NAME)
    load = work / "event_load"
    source = context.root / "crates" / "server" / "examples" / "event_load.rs"
    subprocess.run(["rustc", "--edition", "2024", "-O", "-o", load, source], check=True)
    seconds = 2 if context.small else 20
    figures = {name: measure_run(context, work, load, seconds, **run) for name, run in RUNS.items()}
    shutil.rmtree(work)
    return figures


def measure_run(context, work, load, seconds, rate=0, landing=True):
    """One collector of a new project, and one load."""
    project = work / "project"
    shutil.rmtree(project, ignore_errors=True)
    tables = [
        {"name": "all_events", "columns": columns(SHARED, PRIVACY)},
        {"name": "product_viewed", "columns": columns(SHARED | OWN, PRIVACY)},
    ]
    collector = {"type": "events", "write_keys": {"web": "${env:ADE_BENCH_WRITE_KEY}"}, "backlog_mb": 16_384}
    write_project(project, "events", collector, {"name": "web", "tables": tables})
    words = [] if landing else ["--no-landing"]
    env = {"NO_COLOR": "1", "ADE_BENCH_WRITE_KEY": "bench"} | KEY
    serving = subprocess.Popen(
        [context.ade, "serve", "--output", "json", "--listen", "127.0.0.1:0", *words],
        cwd=project,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        address = json.loads(serving.stdout.readline())["address"]
        # What it says of its landings must not fill the pipe.
        drain = subprocess.Popen(["cat"], stdin=serving.stdout, stdout=subprocess.DEVNULL)
        said = subprocess.run(
            [load, address, "bench", "--seconds", str(seconds), "--rate", str(rate)],
            check=True,
            capture_output=True,
            text=True,
        )
        figures = json.loads(said.stdout)
        ended = time.monotonic()
        while landing and backlog(address) > 0:
            time.sleep(0.05)
        figures["landed_after_seconds"] = time.monotonic() - ended if landing else None
    finally:
        serving.terminate()
        serving.wait()
    drain.wait()
    if not landing:
        context.ade_in(project, "ingest", env=env)
    counted = context.ade_in(
        project, "query", "--format", "csv", "select count(*), count(distinct id) from web.product_viewed", env=env
    )
    landed, distinct = map(int, counted.stdout.split()[-1].split(","))
    if not landed == distinct == figures["acknowledged"]:
        raise ValueError(f"{figures['acknowledged']} were acknowledged, {landed} landed, {distinct} of them different")
    return figures


def backlog(address):
    """Bytes that have not landed."""
    with urllib.request.urlopen(f"http://{address}/health") as answer:
        return json.load(answer)["backlog_bytes"]


def targets(figures):
    fastest, half = "as fast as it takes them", "7,500 a second"
    return [
        Target(
            "seconds for 15,000 durable events, the client on the same machine",
            1.0,
            figures and WANTED / figures[fastest]["events_per_second"],
        ),
        Target(
            "milliseconds for 99 of 100 acknowledgements at 7,500 events a second",
            50.0,
            figures and figures[half]["p99_ms"],
            "{:.1f}",
        ),
    ]


def render(figures):
    def landed(one):
        after = one["landed_after_seconds"]
        return "–" if after is None else f"{after:.1f} s"

    rows = [
        [
            name,
            f"{one['events_per_second']:,.0f}",
            f"{one['p50_ms']:.1f} ms",
            f"{one['p99_ms']:.1f} ms",
            f"{one['put_off']:,}",
            landed(one),
        ]
        for name, one in figures.items()
    ]
    head = ["load", "events per second", "p50", "p99", "put off", "all landed after the last one"]
    return table(head, rows)
