"""A target that the project has set itself, and whether a measurement meets it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """`what` is at most `limit`; `measured` is null when it was not measured. `form` prints a figure."""

    what: str
    limit: float
    measured: float | None
    form: str = "{:.2f}"

    def cells(self):
        """What, the limit, the figure, and the verdict, for a row of a table."""
        limit = "≤ " + self.form.format(self.limit)
        if self.measured is None:
            return [self.what, limit, "not measured", "–"]
        verdict = "met" if self.measured <= self.limit else "**missed**"
        return [self.what, limit, self.form.format(self.measured), verdict]
