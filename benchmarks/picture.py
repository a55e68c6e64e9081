"""The picture of a report: each figure with a bound as a share of that bound, this time and the last."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Patch

from benchmarks.report import Figure, Report, shown

KEPT, BROKEN, LAST = "#2f7d4f", "#c0392b", "#c9cdd2"
MOST = 4.0
"""The largest share that is drawn in full."""
_BAR, _ROW, _GAP = 0.36, 0.5, 0.03
_ON_WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}


def draw(report: Report, last: Report | None, file: Path) -> None:
    """Write the picture as PNG. A bar that stays left of the line keeps its bound."""
    figures = [figure for figure in report.figures if figure.bound and figure.value is not None][::-1]
    canvas = Canvas(figsize=(12, 2.2 + _ROW * len(figures)), dpi=110, layout="constrained")
    axes = canvas.subplots()
    for row, figure in enumerate(figures):
        _draw_row(axes, row, figure, last.value_of(figure) if last else None)
    axes.axvline(1, color="black", linewidth=1.2, zorder=2)
    axes.set_yticks(range(len(figures)), [figure.title for figure in figures])
    axes.set_xlim(0, MOST * 1.4)
    axes.set_ylim(-0.7, len(figures) - 0.3)
    axes.set_xlabel("share of the bound (1 = the bound; left of it is better)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("Customer lifecycle: figures against their bounds", loc="left", fontweight="bold", pad=30)
    _explain(axes, report, last)
    canvas.savefig(file)


def share(figure: Figure, value: float) -> float:
    """The value as a share of its bound; for a bound from below, the bound as a share of the value."""
    if figure.at_least is not None:
        return figure.at_least / value if value else MOST
    return value / figure.at_most if figure.at_most else 1 + value


def _draw_row(axes: Axes, row: int, figure: Figure, last: float | None) -> None:
    assert figure.value is not None
    reach = min(share(figure, figure.value), MOST)
    axes.barh(row + _BAR / 2, reach, _BAR, color=KEPT if figure.kept else BROKEN)
    label = f"{shown(figure.value)} {figure.unit} ({figure.bound})".replace("  ", " ")
    axes.text(reach + _GAP, row + _BAR / 2, label, va="center", fontsize=9, bbox=_ON_WHITE)
    if last is not None:
        reach = min(share(figure, last), MOST)
        axes.barh(row - _BAR / 2, reach, _BAR, color=LAST)
        axes.text(reach + _GAP, row - _BAR / 2, shown(last), va="center", fontsize=8, color="#666666", bbox=_ON_WHITE)


def _explain(axes: Axes, report: Report, last: Report | None) -> None:
    when = f"This time: {report.machine}" + (f"\nLast time: {last.machine}" if last else "")
    axes.text(0, 1.005, when, transform=axes.transAxes, va="bottom", fontsize=8, color="#444444")
    names = ((KEPT, "kept"), (BROKEN, "broken"), *(((LAST, "last time"),) if last else ()))
    axes.legend(handles=[Patch(color=color, label=name) for color, name in names], loc="lower right", frameon=False)
