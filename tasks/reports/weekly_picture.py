"""The picture of the weekly report: four charts in one PNG."""

import io
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from rules.reports.weekly import WeeklyFigures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, AMBER, RED, GREY = "#4b72d9", "#f59e0b", "#c0392b", "#374151"
LIMITS = (
    ("5 min", timedelta(minutes=5)),
    ("15 min", timedelta(minutes=15)),
    ("1 h", timedelta(hours=1)),
    ("4 h", timedelta(hours=4)),
    ("1 day", timedelta(days=1)),
    ("longer", timedelta.max),
)
"""The columns of the chart of times: an onboarding stands in the first one that it fits."""
MOST_BARS = 12
LONGEST_NAME = 22


def draw(figures: WeeklyFigures) -> bytes:
    """The picture as PNG. One process draws in 0.5 s; the first one on a machine needs several for the fonts."""
    # Drawing needs 30 MB, and only the weekly report draws: other runs do not carry them.
    from matplotlib.figure import Figure  # noqa: PLC0415
    from matplotlib.layout_engine import ConstrainedLayoutEngine  # noqa: PLC0415

    canvas = Figure(figsize=(11, 8), dpi=90, layout=ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.15))
    ((weeks, times), (failures, books)) = canvas.subplots(2, 2)
    _weeks(weeks, figures)
    _times(times, figures)
    _failures(failures, figures)
    _books(books, figures)
    file = io.BytesIO()
    canvas.savefig(file, format="png")
    return file.getvalue()


def by_time(times: Sequence[timedelta]) -> list[int]:
    """How many of the times stand in each column of `LIMITS`."""
    columns = [0] * len(LIMITS)
    for time in times:
        columns[next(place for place, (_, most) in enumerate(LIMITS) if time <= most)] += 1
    return columns


def _weeks(axes: "Axes", figures: WeeklyFigures) -> None:
    names = [f"{week.monday.month}/{week.monday.day}" for week, _ in figures.by_week]
    bars = axes.bar(names, [count for _, count in figures.by_week], color=BLUE)
    axes.bar_label(bars, color=GREY)
    _from_zero(axes, max(count for _, count in figures.by_week))
    _style(axes, "Onboardings done, by week", whole="y")


def _times(axes: "Axes", figures: WeeklyFigures) -> None:
    names, every = [name for name, _ in LIMITS], by_time(figures.times)
    touched = by_time(figures.touched)
    alone = [whole - part for whole, part in zip(every, touched, strict=True)]
    axes.bar(names, alone, color=BLUE, label="without human touch")
    bars = axes.bar(names, touched, bottom=alone, color=AMBER, label="people asked, or Retry")
    axes.bar_label(bars, labels=[str(count) if count else "" for count in every], color=GREY)
    axes.legend(frameon=False, loc="upper right", fontsize=9)
    _from_zero(axes, max(every))
    _style(axes, "Closed Won to welcome, within", whole="y")


def _failures(axes: "Axes", figures: WeeklyFigures) -> None:
    shown = figures.failures[:MOST_BARS][::-1]
    _bars(axes, [name for name, _ in shown], [count for _, count in shown], [str(count) for _, count in shown], RED)
    _style(axes, "Failures, by class", whole="x")


def _books(axes: "Axes", figures: WeeklyFigures) -> None:
    shown = figures.books[:MOST_BARS][::-1]
    labels = [f"{book.accounts} accounts, {book.mrr:,.0f} MRR" for book in shown]
    _bars(axes, [book.csm for book in shown], [100 * book.load for book in shown], labels, BLUE)
    _style(axes, "Books of business, in percent of a full one")


def _bars(axes: "Axes", names: Sequence[str], lengths: Sequence[float], labels: Sequence[str], color: str) -> None:
    # Numbered places: two CSMs may have one name. A dollar sign would begin a formula.
    bars = axes.barh(range(len(names)), lengths, color=color)
    axes.set_yticks(range(len(names)), [_short(name) for name in names])
    axes.bar_label(bars, labels=labels, color=GREY, padding=3)
    axes.margins(x=0.45)
    if not names:
        axes.text(0.5, 0.5, "none", transform=axes.transAxes, ha="center", color=GREY)
        axes.xaxis.set_visible(False)


def _from_zero(axes: "Axes", most: int) -> None:
    """Begin the axis at 0, also of nothing, and leave room for the legend."""
    axes.set_ylim(0, max(most, 1) * 1.35)


def _short(name: str) -> str:
    shown = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
    return shown.replace("$", r"\$")


def _style(axes: "Axes", title: str, whole: str = "") -> None:
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - as above

    axes.set_title(title, loc="left", fontsize=11, fontweight="bold", pad=14)
    axes.spines[["top", "right"]].set_visible(False)
    if whole:
        axis = axes.yaxis if whole == "y" else axes.xaxis
        axis.set_major_locator(MaxNLocator(integer=True))
