"""A back-test in a terminal: the books at the end, their spread, and the spread over time."""

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
    """A figure by which books are compared.

    Attributes:
        name: its name in the output.
        of: its value for one book.
        form: its format.
    """

    name: str
    of: Figure
    form: str


_ACCOUNTS = _Measured("Accounts", lambda csm: csm.accounts, ",.1f")
_MRR = _Measured("MRR", lambda csm: csm.mrr, ",.0f")


def show(test: BackTest, history: History, policy: PolicySnapshot, out: Console) -> None:
    """Print the replayed and the actual books, their spread at start and end and over time, and what was left out."""
    full = _Measured("Load", lambda csm: load(csm, policy.segments, policy.weight_of_mrr), ".3f")
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
        spreads = [spread(map(measured.of, team)) for team in (start.actual, end.replayed, end.actual)]
        table.add_row(
            f"{measured.name}: standard deviation", *(format(team.deviation, measured.form) for team in spreads)
        )
        table.add_row(
            f"{measured.name}: largest minus smallest", *(format(team.gap, measured.form) for team in spreads)
        )
    return table


def _plot(days: tuple[BackTestDay, ...], measured: _Measured, width: int) -> Text:
    """The standard deviation after every day with a sale, replayed and actual. The axis starts at 0."""
    figure.clear()
    figure.theme("simple")  # the other themes paint a background
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
    """The number of replayed sales, and everything that was left out."""
    won = len(history.sales) + history.further + history.unplaced
    yield f"Sales replayed: {len(history.sales) - len(test.outside)} of {won}."
    left_out = (
        ("Sales for which the rule finds no CSM (only in the actual books)", _counted(test.untaken)),
        ("Sales without a CSM of today's team (left out)", _counted(test.outside)),
        ("Sales without an account or without a segment (left out)", history.unplaced),
        ("Further sales to the same account (left out)", history.further),
        ("Accounts assigned since the start without a sale in the period (left out)", history.moved),
        ("Accounts without a date of assignment (counted from the start)", history.undated),
    )
    yield from (f"{what}: {number}." for what, number in left_out if number)


def _counted(sales: Sequence[ClosedSale]) -> str:
    return f"{len(sales)}, {sum((sale.mrr for sale in sales), Decimal()):,.0f} MRR" if sales else ""
