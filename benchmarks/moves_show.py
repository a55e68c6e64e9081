"""The measurements of a workbook's transition as tables for people, and a last line of JSON for scripts."""

import os
from dataclasses import dataclass
from typing import Any

from benchmarks.figures import Calls
from benchmarks.moves_figures import ANALYSIS_BOUND, RATIO_BOUND, Bare, Book, bounds
from benchmarks.show import conclude, out, table


@dataclass(frozen=True)
class Measured:
    """Everything that was measured of workbooks.

    Attributes:
        small: a workbook of a quarter of the rows.
        large: of 200.
        bare: the script, for the large one's accounts.
        at_once: accounts that moved at the same time, in all of them.
        load: the machine's load average over a minute, before and after.
    """

    small: Book
    large: Book
    bare: Bare
    at_once: int
    load: tuple[float, float]


def show(measured: Measured) -> int:
    """Print everything; 1 when a promised bound is broken, which is named."""
    summary = _summary(measured)
    _tables(summary)
    return conclude(summary, bounds(measured.small, measured.large, measured.bare))


def _summary(measured: Measured) -> dict[str, Any]:
    large, bare = measured.large, measured.bare
    return {
        "books": {f"{book.accounts} rows": _book(book) for book in (measured.small, large)},
        "seconds": {
            "script": round(bare.seconds, 1),
            "flow": round(large.seconds, 1),
            "ratio": round(large.seconds / bare.seconds, 2),
            "at_once": measured.at_once,
        },
        "calls": {"flow": _calls(large.moves), "script": _calls(bare.calls)},
        "machine": {"cores": os.cpu_count(), "load": [round(load, 2) for load in measured.load]},
    }


def _book(book: Book) -> dict[str, float]:
    return {
        "plan_calls": book.analysis.vendor.get("salesforce", 0),
        "plan_calls_bound": ANALYSIS_BOUND,
        "plan_seconds": round(book.planning, 1),
        "writes": book.writes,
        "writes_bound": book.writes_bound,
        "seconds": round(book.seconds, 1),
        "seconds_each": round(book.seconds / book.accounts, 2),
        "peak_mb": round(book.peak, 1),
    }


def _calls(calls: Calls) -> dict[str, int]:
    return dict(sorted(calls.vendor.items()))


def _tables(summary: dict[str, Any]) -> None:
    titles = ("Plan: calls to Salesforce", "Promised at most", "Seconds", "Moves: writing calls to Salesforce")
    table(
        "Workbooks, from their plan to their report",
        ("", *titles, "Promised at most", "Seconds from the approval", "for each", "Peak, MB"),
        ((name, *figures.values()) for name, figures in summary["books"].items()),
    )
    seconds = summary["seconds"]
    table(
        f"The large one against the bare script, {seconds['at_once']} accounts at once",
        ("Script, seconds", "Flow, seconds", "Ratio", "Promised at most"),
        ((seconds["script"], seconds["flow"], seconds["ratio"], RATIO_BOUND),),
    )
    calls = summary["calls"]
    table(
        "Calls from the approval on",
        ("System", "Flow", "Script"),
        ((name, count, calls["script"].get(name, 0)) for name, count in calls["flow"].items()),
    )
    out.print(f"{summary['machine']['cores']} cores; load before and after: {summary['machine']['load']}")
