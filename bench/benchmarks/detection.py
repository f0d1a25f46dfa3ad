"""How well columns are told by their values."""

import json

from harness.target import Target
from harness.text import table

NAME = "detection"
TITLE = "Detection of sensitive columns"
ABOUT = """\
Made-up columns of each kind with gaps and junk in them, in the ways that such values are written, and 34 kinds of columns
that look like personal data and are none (order numbers, bar codes, hashes, companies …), all under names that say
nothing. The same measure is a test, which holds lower bounds; [the guide](guide/privacy.md#what-is-proposed) says what is missed.
"""


def measure(context):
    program = context.ade.parent / "privacy-measures"
    return json.loads(context.run([program, "detection"]).stdout)


def targets(figures):
    kinds = (figures or {}).get("kinds", [])
    wrong = max((1 - kind["precision"] for kind in kinds), default=None)
    missed = max((1 - kind["recall"] for kind in kinds), default=None)
    return [
        Target("columns wrongly told as a kind, of the kind where they are most", 0.05, wrong),
        Target("columns of a kind that are missed, of the kind where they are most", 0.25, missed),
    ]


def render(figures):
    rows = [
        [f"`{kind['kind']}`", kind["told_by"], kind["columns"], f"{kind['precision']:.3f}", f"{kind['recall']:.3f}"]
        for kind in figures["kinds"]
    ]
    return table(["kind", "told by", "columns", "precision", "recall"], rows, left=2)
