"""TPC-H over the lake, beside plain DataFusion and DuckDB over the generator's Parquet."""

import json
import re
from math import isclose
from statistics import median

from harness import setup
from harness.ade_project import KEY, write_project
from harness.context import size_of
from harness.interleave import interleave
from harness.target import Target
from harness.text import ratio, seconds, size, table

NAME = "tpch"
TITLE = "TPC-H, scale factor 1"
ABOUT = """\
The 22 queries with the validation parameters ([their text](../bench/benchmarks/tpch.sql)). The input is the Parquet of
`tpchgen-cli`. ade lands it in the lake first and queries the lake (`ade query --file --timing --format none`); DuckDB
and plain DataFusion (all its defaults, [the program](../bench/plain_datafusion/src/main.rs)) read the
generator's files. Two threads each. In every round each contestant starts anew and runs all queries three times; a
figure is the best of the three, the median of that over the rounds. *First pass* is the first of the three alone. The
answers of all three are compared, row by row.
"""
REPEATS = 3
# Where the time goes that DuckDB does not need, from `explain analyze`; shown for the queries that are behind.
WHY = {
    1: "seven columns of all lines are decoded, decimals to 128 bits, and summed as such",
    2: "the offers are read twice, for the answer and for the least price",
    6: "decimals of all lines are decoded to 128 bits and compared as such",
    9: "six columns of all lines are decoded, and what passes the parts takes two more hash joins",
    10: "a flag of all lines is compared as text, and the rest grouped by seven columns",
    12: "five columns of all lines are decoded, although few pass the dates",
    13: "1.5 million comments are decoded and searched",
    15: "the view is computed twice",
    16: "the offers are grouped twice, with their supplier and then without",
    18: "6 million lines are grouped to 1.5 million orders, by each thread and then together",
    19: "six columns of all lines are decoded, and texts of all of them compared",
    21: "the lines are read three times",
}
CONTESTANTS = ("ade", "plain DataFusion", "DuckDB")
TIMING = re.compile(r"^timing: (\d+) ([\d.]+)(?: ?ms)?\s*$", re.MULTILINE)


def measure(context):
    queries = context.root / "bench" / "benchmarks" / "tpch.sql"
    statements = split(queries.read_text())
    parquet = setup.tpch_data(context, "parquet")
    work = context.folder(NAME)
    project = lay_out(work / "project", parquet)
    context.say("landing the tables in the lake")
    landed = context.ade_in(project, "build", env=KEY)

    repeated = work / "queries.sql"
    repeated.write_text(";\n\n".join(statements * REPEATS) + ";\n")
    options = ("--threads", "2", "--repeats", str(REPEATS))

    def by_ade():
        ended = context.ade_in(project, "query", "--file", repeated, "--timing", "--format", "none", env=KEY)
        return ade_times(ended.stderr, len(statements))

    def by_peer(ended):
        return [[ms / 1000 for ms in entry["ms"]] for entry in json.loads(ended.stdout)]

    samples = interleave(
        context.rounds,
        {
            "ade": by_ade,
            "plain DataFusion": lambda: by_peer(plain(context, parquet, queries, *options)),
            "DuckDB": lambda: by_peer(context.peer("duckdb_queries.py", parquet, queries, *options)),
        },
        context.say,
    )
    context.say("comparing the answers")
    return {
        "queries": [
            {name: median(min(round[index]) for round in samples[name]) for name in CONTESTANTS}
            for index in range(len(statements))
        ],
        "first_pass": {
            name: median(sum(times[0] for times in round) for round in samples[name]) for name in CONTESTANTS
        },
        "wrong": wrong_answers(context, project, parquet, queries, statements),
        "landing_s": landed.seconds,
        "input_bytes": size_of(parquet),
        "lake_bytes": size_of(project / "lake"),
    }


def split(text):
    """The statements of the file, without comments."""
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
    return [statement.strip() for statement in code.split(";") if statement.strip()]


def lay_out(folder, parquet):
    """The project that lands all tables in the schema `tpch`."""
    names = sorted(path.stem for path in parquet.glob("*.parquet"))
    tables = [{"name": name, "ingest": {"from": f"{name}.parquet"}} for name in names]
    return write_project(folder, "tpch", parquet, {"name": "tpch", "tables": tables})


def plain(context, parquet, queries, *options):
    """The program of plain DataFusion."""
    return context.run([context.plain_datafusion, parquet, queries, *options])


def ade_times(stderr, count):
    """Seconds per query and pass, from the lines `timing: <n> <ms>`."""
    found = [float(ms) / 1000 for _, ms in sorted((int(n), ms) for n, ms in TIMING.findall(stderr))]
    if len(found) != count * REPEATS:
        raise ValueError(
            f"expected {count * REPEATS} lines `timing: <n> <ms>` from ade, found {len(found)}: {stderr[:500]}"
        )
    return [found[index::count] for index in range(count)]


def wrong_answers(context, project, parquet, queries, statements):
    """Queries whose answers differ, with who differs from DuckDB and how."""
    options = ("--rows", "--threads", "2")
    expected = json.loads(context.peer("duckdb_queries.py", parquet, queries, *options).stdout)
    by_plain = json.loads(plain(context, parquet, queries, *options).stdout)
    wrong = []
    for index, statement in enumerate(statements):
        said = context.ade_in(project, "query", "--format", "json", statement, env=KEY).stdout
        ours = [list(json.loads(line).values()) for line in said.splitlines() if line.strip()]
        for name, rows in (("ade", ours), ("plain DataFusion", by_plain[index]["rows"])):
            problem = difference(expected[index]["rows"], rows)
            if problem:
                wrong.append({"query": index + 1, "who": name, "how": problem})
    return wrong


def difference(expected, got):
    """How two lists of rows differ; nothing when they are the same up to rounding and the order of ties."""
    if len(expected) != len(got):
        return f"{len(got)} rows, not {len(expected)}"
    left, right = (sorted(([cell(value) for value in row] for row in rows), key=order) for rows in (expected, got))
    for one, other in zip(left, right, strict=True):
        if len(one) != len(other) or not all(map(same, one, other)):
            return f"{other}, not {one}"
    return None


def cell(value):
    """A number where it is one, else text without the blanks around it."""
    if value is None:
        return None
    try:
        return float(value)
    except ValueError:
        return str(value).strip()


def order(row):
    """Text before numbers, and those rounded, so that rounding does not change the order of rows."""
    words = [value for value in row if not isinstance(value, float)]
    return ([str(word) for word in words], [round(value, 1) for value in row if isinstance(value, float)])


def same(one, other):
    """Equal, or numbers that differ by less than a rounding (the scale of averages is everybody's own)."""
    if isinstance(one, float) and isinstance(other, float):
        return isclose(one, other, rel_tol=1e-4, abs_tol=0.011)
    return one == other


def totals(figures):
    return {name: sum(query[name] for query in figures["queries"]) for name in CONTESTANTS}


def targets(figures):
    total = totals(figures) if figures else None
    return [
        Target("TPC-H over the lake ÷ plain DataFusion", 1.05, total and total["ade"] / total["plain DataFusion"]),
        Target("TPC-H over the lake ÷ DuckDB", 1.2, total and total["ade"] / total["DuckDB"]),
        Target("TPC-H answers that differ from DuckDB's", 0, figures and len(figures["wrong"]), "{:.0f}"),
    ]


def render(figures):
    def row(name, times):
        ours, plain_time, duck = (times[contestant] for contestant in CONTESTANTS)
        return [name, *map(seconds, (ours, plain_time, duck)), ratio(ours, plain_time), ratio(ours, duck)]

    total = totals(figures)
    rows = [row(f"q{index + 1}", query) for index, query in enumerate(figures["queries"])]
    rows += [row("**all**", total), row("first pass, all", figures["first_pass"])]
    lines = table(["query", *CONTESTANTS, "÷ plain", "÷ DuckDB"], rows)
    lines += [
        "",
        f"Landing the eight tables took {seconds(figures['landing_s'])}: {size(figures['input_bytes'])} of "
        f"Parquet became {size(figures['lake_bytes'])} in the lake.",
        "",
    ]
    behind = sorted(
        ((query["ade"] - query["DuckDB"], index + 1) for index, query in enumerate(figures["queries"])), reverse=True
    )
    gap = total["ade"] - total["DuckDB"]
    if gap > 0:
        worst = ", ".join(f"q{number} {seconds(lost)}" for lost, number in behind[:6] if lost > 0)
        lines += [f"ade needs {seconds(gap)} more than DuckDB in all. Most of it: {worst}. Where it goes:", ""]
        lines += [f"- q{number}, {seconds(lost)}: {WHY[number]}." for lost, number in behind if number in WHY and lost > 0.01]
        lines += [""]
    if figures["wrong"]:
        lines += ["**Answers that differ from DuckDB's:**", ""]
        lines += [f"- q{entry['query']}, {entry['who']}: `{entry['how']}`" for entry in figures["wrong"]]
    else:
        lines += ["All three give the same answers to all queries."]
    return lines
