"""The report of `lifecycle bench`: one table with bounds and the figures of the last time, a JSON file, a picture."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

WIDTH = 110
"""Columns that the table needs; in a file there are 80."""
_NAME = "%Y-%m-%dT%H-%M-%SZ"
_SHOWN = "%Y-%m-%d %H:%M UTC"


@dataclass(frozen=True)
class Figure:
    """One row of the table.

    Attributes:
        topic: what it belongs to; `name` is unique in it.
        value: None if it could not be measured.
        missing: why it could not be measured.
    """

    topic: str
    name: str
    value: float | None
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None
    missing: str = ""

    @property
    def title(self) -> str:
        """The name with its topic."""
        return f"{self.topic}: {self.name}"

    @property
    def bound(self) -> str:
        """The bound in words; empty without one."""
        limits = (("at most", self.at_most), ("at least", self.at_least))
        return ", ".join(f"{word} {limit:g}" for word, limit in limits if limit is not None)

    @property
    def kept(self) -> bool:
        """Whether the value is inside its bounds. NaN never is; a missing value is."""
        most, least = self.at_most, self.at_least
        return self.value is None or ((most is None or self.value <= most) and (least is None or self.value >= least))


@dataclass(frozen=True)
class Report:
    """The figures of one measurement.

    Attributes:
        load: the machine's load average before and after.
        at: the end of the measurement.
    """

    figures: Sequence[Figure]
    load: tuple[float, float]
    cores: int | None = field(default_factory=os.cpu_count)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def machine(self) -> str:
        """When, and on what machine with what load, it was measured."""
        before, after = self.load
        return f"{self.at.strftime(_SHOWN)}, {self.cores} cores, load {before:.1f} before and {after:.1f} after"

    def value_of(self, figure: Figure) -> float | None:
        """The value of the same figure in this report."""
        return next((other.value for other in self.figures if other.title == figure.title), None)


def save(report: Report, folder: Path) -> Path:
    """Write the report as JSON into the folder; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{report.at.strftime(_NAME)}.json"
    file.write_text(json.dumps({**asdict(report), "at": report.at.isoformat()}, indent=1) + "\n")
    return file


def report_before(file: Path) -> Report | None:
    """The newest report in the file's folder that is older than the file, or None."""
    older = sorted(other for other in file.parent.glob("*.json") if other.name < file.name)
    if not older:
        return None
    read: dict[str, Any] = json.loads(older[-1].read_text())
    before, after = read["load"]
    figures = [Figure(**figure) for figure in read["figures"]]
    return Report(figures, (before, after), read["cores"], datetime.fromisoformat(read["at"]))


def table(report: Report, last: Report | None) -> Table:
    """One row for each figure, with its bound and its value of the last time."""
    caption = f"Last time: {last.machine}" if last else "There is no report of a last time."
    heads = ("Figure", "This time", "Unit", "Bound", "Last time", "Change")
    rows = Table(*heads, title=report.machine, caption=caption)
    for before, figure in zip([None, *report.figures], report.figures, strict=False):
        if before is None or before.topic != figure.topic:
            rows.add_section()
            rows.add_row(f"[bold]{figure.topic}[/]")
        rows.add_row(*_cells(figure, last.value_of(figure) if last else None))
    return rows


def exceeded(report: Report) -> list[str]:
    """A sentence for each figure that is outside its bound."""
    return [
        f"{figure.title}: {shown(figure.value)} {figure.unit}, {figure.bound} is promised".replace(" ,", ",")
        for figure in report.figures
        if not figure.kept
    ]


def conclude(report: Report, folder: Path) -> int:
    """Save the report, print it beside the last one, and draw it; returns 1 if a figure is outside its bound."""
    from benchmarks.picture import draw  # noqa: PLC0415 - matplotlib is large, and only this needs it

    file = save(report, folder)
    last, broken, picture = report_before(file), exceeded(report), file.with_suffix(".png")
    out = Console(highlight=False, soft_wrap=True)
    out.width = max(out.width, WIDTH)
    out.print(table(report, last), *(f"Broken: {sentence}" for sentence in broken), sep="\n")
    draw(report, last, picture)
    out.print(f"Saved: {file} and {picture.name}")
    return 1 if broken else 0


def shown(value: float | None) -> str:
    """The number with three significant digits, and all of its integer digits; empty for None."""
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004


def _cells(figure: Figure, last: float | None) -> tuple[str, ...]:
    change = f"{figure.value / last - 1:+.0%}" if figure.value is not None and last else ""
    colour = "green" if figure.kept else "red"
    value = f"[{colour}]{shown(figure.value)}[/]" if figure.bound and figure.value is not None else shown(figure.value)
    return f"  {figure.name}", figure.missing or value, figure.unit, figure.bound, shown(last), change
