"""How fast each treatment is."""

import json

from harness.interleave import interleave
from harness.text import table

NAME = "obfuscation"
TITLE = "Obfuscation by treatment"
ABOUT = """\
Batches of 16,384 values through each treatment, on one core, without reading and writing anything: gigabytes of values
(as text, or as numbers of eight bytes and days of four) and millions of values a second. Its share of a whole ingest is
measured in *Landing 6 million rows*.
"""


def measure(context):
    """Medians over rounds, so that one that was disturbed does not count."""
    program = context.ade.parent / "privacy-measures"
    seconds = "0.2" if context.small else "2"

    def once():
        return {"lines": json.loads(context.run([program, "obfuscation", seconds]).stdout)}

    rounds = [sample["lines"] for sample in interleave(context.rounds, {"ade": once}, context.say)["ade"]]
    return {"lines": [median(lines) for lines in zip(*rounds, strict=True)]}


def median(lines):
    """The line in the middle."""
    return sorted(lines, key=lambda line: line["gb_per_s"])[len(lines) // 2]


def targets(_figures):
    return []


def render(figures):
    rows = [
        [f"`{line['treatment']}`", line["of"], f"{line['gb_per_s']:.2f}", f"{line['million_rows_per_s']:.1f}"]
        for line in figures["lines"]
    ]
    return table(["treatment", "of", "GB/s", "million values/s"], rows, left=2)
