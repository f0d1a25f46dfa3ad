"""Figures and tables as Markdown."""


def table(head, rows, left=1):
    """A Markdown table; all columns but the first `left` are aligned to the right."""
    marks = [":--"] * left + ["--:"] * (len(head) - left)
    return ["| " + " | ".join(map(str, row)) + " |" for row in [head, marks, *rows]]


def seconds(value):
    """A time: `12.3 s`, `1.23 s`, `45 ms`."""
    if value is None:
        return "not measured"
    if value < 1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def size(value):
    """A number of bytes: `512 MiB`."""
    if value is None:
        return "not measured"
    return f"{value / 2**20:.0f} MiB" if value < 10 * 2**30 else f"{value / 2**30:.1f} GiB"


def ratio(ours, theirs):
    """How many times theirs ours is."""
    return "not measured" if None in (ours, theirs) or not theirs else f"{ours / theirs:.2f}"
