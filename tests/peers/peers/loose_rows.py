"""Rows of two databases, made comparable: types by family, numbers by value, order left out."""

import math
from collections import Counter
from datetime import date, datetime, timezone
from decimal import Decimal

NUMBERS = {
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
    "FLOAT",
    "DOUBLE",
}


def family(duckdb_type):
    """The family of a type: the width of a number and the precision of a time do not matter."""
    name = duckdb_type.upper()
    if name in NUMBERS or name.startswith("DECIMAL"):
        return "number"
    if name.startswith("TIMESTAMP"):
        return "timestamp"
    # A column that is null throughout has any type.
    return {"VARCHAR": "text", '"NULL"': "any", "NULL": "any"}.get(name, name.lower())


def same_families(left, right):
    """Whether two lists of types agree."""
    return len(left) == len(right) and all(
        one == other or "any" in (one, other) for one, other in zip(map(family, left), map(family, right))
    )


def value(raw):
    """A value that equals those which mean the same: 1, 1.0 and 1.00; a time with and without its zone."""
    if raw is None or isinstance(raw, (bool, str)):
        return raw
    if isinstance(raw, (int, Decimal, float)):
        if isinstance(raw, float) and not math.isfinite(raw):
            return str(raw)
        if raw == int(raw):
            return str(int(raw))
        # Nine significant digits: sums of floating point differ by the order of addition.
        return format(float(raw), ".9g")
    if isinstance(raw, datetime):
        return (raw.astimezone(timezone.utc).replace(tzinfo=None) if raw.tzinfo else raw).isoformat()
    if isinstance(raw, date):
        return raw.isoformat()
    return repr(raw)


def difference(expected, got, most=5):
    """Words that say which rows one has and the other has not; empty when they agree."""
    left = Counter(tuple(map(value, row)) for row in expected)
    right = Counter(tuple(map(value, row)) for row in got)
    missing, extra = list((left - right).elements()), list((right - left).elements())
    if not missing and not extra:
        return ""
    lines = [f"{len(missing)} of {len(expected)} rows missing, {len(extra)} of {len(got)} rows not expected"]
    lines += [f"  missing  {row}" for row in sorted(missing, key=repr)[:most]]
    lines += [f"  extra    {row}" for row in sorted(extra, key=repr)[:most]]
    return "\n".join(lines)
