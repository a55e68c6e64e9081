"""A back-test as a person reads it in a terminal: the books at the end, how unequal they were, and that over time."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from plotext import figure
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rules.assignment.backtest import BackTest, BackTestDay, ClosedSale, spread
from rules.assignment.books import Csm, load
from tasks.core.policy import PolicySnapshot
from tasks.salesforce.backtest import History

Figure = Callable[[Csm], Decimal | Fraction | int]
_WIDTH, _HEIGHT = (60, 120), 15


class _Measured(NamedTuple):
    """Something books are compared by.

    Attributes:
        name: for people.
        of: its value of one book.
        form: how it is written.
    """

    name: str
    of: Figure
    form: str


_ACCOUNTS = _Measured("Accounts", lambda csm: csm.accounts, ",.1f")
_MRR = _Measured("MRR", lambda csm: csm.mrr, ",.0f")


def show(test: BackTest, history: History, house: PolicySnapshot, out: Console) -> None:
    """Print the books at the end in both worlds, their spread at start and end, its course, and what was left aside."""
    full = _Measured("Load", lambda csm: load(csm, house.segments, house.weight_of_mrr), ".3f")
    out.print(_books(test.days[-1]))
    out.print(_spreads(test, (_ACCOUNTS, _MRR, full)))
    width = min(max(out.width, _WIDTH[0]), _WIDTH[1])
    for measured in (_MRR, _ACCOUNTS):
        out.print(_plot(test.days, measured, width))
    for line in _remarks(test, history):
        out.print(line, markup=False, soft_wrap=True)


def _books(end: BackTestDay) -> Table:
    table = Table("CSM", title=f"Books after the last sale, {end.day}")
    for name in ("Accounts\nreplayed", "\nactual", "\n+/-", "MRR\nreplayed", "\nactual", "\n+/-"):
        table.add_column(name, justify="right")
    for replayed, actual in zip(end.replayed, end.actual, strict=True):
        accounts, mrr = replayed.accounts - actual.accounts, replayed.mrr - actual.mrr
        table.add_row(
            Text(actual.person.name),
            *(f"{replayed.accounts}", f"{actual.accounts}", f"{accounts:+}" if accounts else "0"),
            *(f"{replayed.mrr:,.0f}", f"{actual.mrr:,.0f}", f"{mrr:+,.0f}" if mrr else "0"),
        )
    return table


def _spreads(test: BackTest, compared: Iterable[_Measured]) -> Table:
    table = Table("Spread over the team", title="How unequal the books are")
    for name in ("start", "end, replayed", "end, actual"):
        table.add_column(name, justify="right")
    start, end = test.days[0], test.days[-1]
    for measured in compared:
        found = [spread(map(measured.of, team)) for team in (start.actual, end.replayed, end.actual)]
        table.add_row(f"{measured.name}: standard deviation", *(format(one.deviation, measured.form) for one in found))
        table.add_row(f"{measured.name}: largest less smallest", *(format(one.gap, measured.form) for one in found))
    return table


def _plot(days: tuple[BackTestDay, ...], measured: _Measured, width: int) -> Text:
    """The standard deviation after every day with a sale, a line for each world, from 0 so that heights compare."""
    figure.clear()
    figure.theme("simple")  # the others paint a background, which not every terminal bears
    figure.plot_size(width, _HEIGHT)
    figure.title(f"Spread of {measured.name}: standard deviation over the team")
    figure.label("\u2022\u2022\u2022 replayed    \u2580\u2584\u2580 actual")
    at = [day.day.toordinal() for day in days]
    replayed = [spread(map(measured.of, day.replayed)).deviation for day in days]
    actual = [spread(map(measured.of, day.actual)).deviation for day in days]
    figure.draw(figure.signal(at, replayed, marker="dot").lines())
    figure.draw(figure.signal(at, actual, marker="hd").lines())
    top = max(*replayed, *actual) or 1
    heights = [0, top / 2, top]
    figure.ruler("y").lim(0, top)
    figure.ruler("y").ticks(heights, [format(height, measured.form) for height in heights])
    marked = [days[0], days[len(days) // 2], days[-1]]
    figure.ruler("x").ticks([day.day.toordinal() for day in marked], [day.day.isoformat() for day in marked])
    return Text.from_ansi(figure.build().string())


def _remarks(test: BackTest, history: History) -> Iterable[str]:
    """How many sales were replayed, and everything that was not."""
    won = len(history.sales) + history.further + history.unplaced
    yield f"Sales replayed: {len(history.sales) - len(test.outside)} of {won}."
    left_aside = (
        ("Sales for which the rule finds nobody (in the actual books alone)", _counted(test.untaken)),
        ("Sales that went to nobody, or to none of today's team (left out)", _counted(test.outside)),
        ("Sales without an account, or with one without a segment (left out)", history.unplaced),
        ("Further sales to the same account (left out)", history.further),
        ("Accounts assigned since the start without a sale in the period (left out)", history.moved),
        ("Accounts that do not say when they were assigned (taken as held at the start)", history.undated),
    )
    yield from (f"{what}: {number}." for what, number in left_aside if number)


def _counted(sales: Sequence[ClosedSale]) -> str:
    return f"{len(sales)}, {sum((sale.mrr for sale in sales), Decimal()):,.0f} MRR" if sales else ""
