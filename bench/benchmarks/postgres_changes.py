"""What has changed in PostgreSQL, into the lake: by a cursor, and by the database's log."""

import json
import shutil
import time

from harness.ade_project import KEY, columns, write_project
from harness.interleave import interleave, medians
from harness.postgres import Postgres
from harness.target import Target
from harness.text import seconds, size, table

NAME = "changes"
TITLE = "Changes of PostgreSQL"
ABOUT = """\
*Cursor*: a table of 10 million rows and six columns with an indexed `updated_at` is in the lake (`mode: incremental`,
`key: [id]`); 1,000 rows change, and `ade ingest`, a whole process, brings them: the new version of the table has each
row once. *Recent*: they are among the newest 2 %; *spread*: they lie all over the table, so that every file of it is
written again. dlt's run (pyarrow backend) appends them to Parquet files, so that the changed rows are there twice.

*Log*: a table of 1 million rows (`pgbench_accounts`' columns) is captured (`mode: capture`). First, transactions of 100
updates each have made 2 million changes, and one `ade ingest` brings them: its rate is the ceiling. Then `pgbench` keeps
making 50,000 changes a second for a minute, on the same two cores, while `ade ingest` runs again and again. What is
committed when a run begins is in the lake when it ends; what comes a moment later has to wait for the end of the next:
the *longest wait* is the longest time from the beginning of a run to the end of the one after it. In the end the table
in the lake is compared with the source's.
"""
EVENTS = {
    "id": "bigint",
    "customer": "integer",
    "status": "varchar",
    "amount": "decimal(12,2)",
    "note": "varchar",
    "updated_at": "timestamptz",
}
CREATE_EVENTS = """\
create table events as select n::bigint as id, (n::bigint * 7919 % 500000)::int as customer,
  (array['new','paid','sent','done'])[1 + n % 4] as status, (n % 100000 / 100.0)::numeric(12,2) as amount,
  md5(n::text) as note, timestamptz '2026-01-01' + n * interval '1 second' as updated_at
  from generate_series(1, {rows}) n"""
ACCOUNTS = {"aid": "integer", "bid": "integer", "abalance": "integer", "filler": "varchar"}
CREATE_ACCOUNTS = """\
create table accounts as select n::int as aid, (n / 100000)::int as bid, 0 as abalance,
  repeat('x', 84)::char(84) as filler from generate_series(1, {rows}) n"""
# Changes of one transaction.
CHANGES = 100
RATE = 50_000
UPDATE = """\
\\set first random(0, {last})
\\set delta random(-5000, 5000)
update accounts set abalance = abalance + :delta where aid > :first * {changes} and aid <= (:first + 1) * {changes};
"""
BACKLOG = """\
do $$ begin for i in 1..{transactions} loop
  update accounts set abalance = abalance + i
    where aid > i * 7919 % {blocks} * {changes} and aid <= (i * 7919 % {blocks} + 1) * {changes};
  commit;
end loop; end $$"""
SUMS = """\
select count(*) as n, sum(abalance) as balance, sum(cast(aid as bigint) * abalance % 1000003) as spread from {}"""


def measure(context):
    work = context.folder(NAME)
    with Postgres() as server:
        figures = by_cursor(context, server, work) | by_log(context, server, work)
    shutil.rmtree(work)
    return figures


def by_cursor(context, server, work):
    rows, changed = (100_000, 100) if context.small else (10_000_000, 1_000)
    context.say(f"filling the database: {rows:,} rows")
    server.psql(CREATE_EVENTS.format(rows=rows))
    server.psql("alter table events add primary key (id)")
    server.psql("create index on events (updated_at)")
    server.psql("vacuum analyze events")
    entry = {
        "name": "events",
        "ingest": {"from": "public.events", "mode": "incremental", "cursor": "updated_at", "key": ["id"]},
        "columns": columns(EVENTS),
    }
    project = write_project(work / "cursor", "cursor", server.connection, {"name": "raw", "tables": [entry]})
    context.say("the first run of everybody")
    context.ade_in(project, "ingest", env=KEY)
    dlt = ("dlt_copy.py", server.url, "events", work / "dlt", "pyarrow", "updated_at")
    (work / "dlt").mkdir()
    context.peer(*dlt)

    turns = iter(range(2 * context.rounds))

    def change(kind):
        # Other rows every time: those that came a short while ago lie together.
        step, first = (rows // changed, 1) if kind == "spread" else (rows // 50 // changed, rows - rows // 50)
        server.psql(
            "update events set amount = amount + 1, updated_at = clock_timestamp() "
            f"where id in (select {first + next(turns)} + n * {step} from generate_series(0, {changed - 1}) n)"
        )

    def bring(kind):
        change(kind)
        ended = context.ade_in(project, "ingest", env=KEY)
        return {"seconds": ended.seconds, "peak_bytes": ended.peak_bytes}

    def append():
        ended = context.peer(*dlt)
        return {"seconds": ended.seconds, "peak_bytes": ended.peak_bytes, "rows": int(ended.stdout.split()[-1])}

    samples = interleave(
        context.rounds,
        {"ade, recent": lambda: bring("recent"), "ade, spread": lambda: bring("spread"), "dlt, appended": append},
        context.say,
    )
    agree(context, project, server, "events", "select count(*) as n, sum(amount) as amount from {}")
    return {name: medians(rounds) for name, rounds in samples.items()} | {"rows": rows, "changed": changed}


def by_log(context, server, work):
    rows, backlog, duration = (100_000, 100_000, 5) if context.small else (1_000_000, 2_000_000, 60)
    context.say(f"filling the database: {rows:,} rows")
    server.psql(CREATE_ACCOUNTS.format(rows=rows))
    server.psql("alter table accounts add primary key (aid)")
    server.psql("vacuum analyze accounts")
    entry = {
        "name": "accounts",
        "ingest": {"from": "public.accounts", "mode": "capture", "key": ["aid"]},
        "columns": columns(ACCOUNTS),
    }
    project = write_project(work / "log", "log", server.connection, {"name": "raw", "tables": [entry]})
    context.ade_in(project, "ingest", env=KEY)

    context.say(f"{backlog:,} changes, then one run")
    blocks = rows // CHANGES
    server.psql(BACKLOG.format(transactions=backlog // CHANGES, blocks=blocks, changes=CHANGES))
    ceiling = context.ade_in(project, "ingest", env=KEY)
    agree(context, project, server, "accounts", SUMS)

    context.say(f"{RATE:,} changes a second, for {duration} seconds")
    script = work / "update.sql"
    script.write_text(UPDATE.format(last=blocks - 1, changes=CHANGES))
    load = server.pgbench(script, duration, RATE // CHANGES)
    began, ended, peaks = [], [], []
    while load.poll() is None:
        began.append(time.perf_counter())
        peaks.append(context.ade_in(project, "ingest", env=KEY).peak_bytes)
        ended.append(time.perf_counter())
    said = load.stdout.read()
    context.ade_in(project, "ingest", env=KEY)
    agree(context, project, server, "accounts", SUMS)
    processed = next(line for line in said.splitlines() if "actually processed" in line)
    transactions = int(processed.split()[-1].split("/")[0])
    return {
        "log": {
            "rows": rows,
            "backlog": backlog,
            "backlog_s": ceiling.seconds,
            "backlog_peak_bytes": ceiling.peak_bytes,
            "rate": transactions * CHANGES / duration,
            "runs": len(ended),
            "wait_s": max(end - start for start, end in zip(began, ended[1:])),
            "peak_bytes": max(peaks),
        }
    }


def agree(context, project, server, name, sql):
    """The table in the lake holds what the source's does."""
    said = context.ade_in(project, "query", "--format", "json", sql.format(f"raw.{name}"), env=KEY).stdout
    ours = [float(value) for value in json.loads(said).values()]
    theirs = [float(value) for value in server.psql(sql.format(name)).stdout.strip().split("|")]
    if ours != theirs:
        raise ValueError(f"after the same changes the lake has {ours} and PostgreSQL {theirs} of {name}")


def targets(figures):
    log = figures and figures["log"]
    return [
        Target(
            "1,000 changed rows of 10 million by a cursor, recent, seconds",
            2,
            figures and figures["ade, recent"]["seconds"],
        ),
        Target("the same, spread, seconds", 2, figures and figures["ade, spread"]["seconds"]),
        Target("50,000 changes a second by the log: longest wait, seconds", 10, log and log["wait_s"], "{:.1f}"),
    ]


def render(figures):
    rows = [
        [name, seconds(figures[name]["seconds"]), size(figures[name]["peak_bytes"])]
        for name in ("ade, recent", "ade, spread", "dlt, appended")
    ]
    log = figures["log"]
    return [
        f"By a cursor, {figures['changed']:,} changed rows of {figures['rows']:,}:",
        "",
        *table(["by", "time", "peak memory"], rows),
        "",
        f"By the log, a table of {log['rows']:,} rows:",
        "",
        *table(
            ["load", "changes per second", "runs", "longest wait", "peak memory"],
            [
                [
                    f"one run after {log['backlog']:,} changes",
                    f"{log['backlog'] / log['backlog_s']:,.0f}",
                    1,
                    seconds(log["backlog_s"]),
                    size(log["backlog_peak_bytes"]),
                ],
                [
                    "pgbench meanwhile",
                    f"{log['rate']:,.0f}",
                    log["runs"],
                    seconds(log["wait_s"]),
                    size(log["peak_bytes"]),
                ],
            ],
        ),
    ]
