"""Tables for people, a last line of JSON for scripts."""

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.arrival import Arrival
from benchmarks.choosing import ACCOUNTS, Choosing
from benchmarks.figures import (
    CALLS_BOUNDS,
    CHOOSING_BOUND,
    CHOOSING_CALLS_BOUND,
    RATE_BOUND,
    RATIO_BOUND,
    Bound,
    bounds,
    most,
    percentile,
)
from benchmarks.pace import Pace

out = Console(highlight=False)


@dataclass(frozen=True)
class Measured:
    """Everything that was measured.

    Attributes:
        rates: requests a second that the sandbox bore, by kind.
        arrivals: each outbound message that became an onboarding.
        pace: the flow against the bare script.
        choosing: a CSM among 200 with 50,000 accounts.
        load: the machine's load average over a minute, before and after.
    """

    rates: dict[str, float]
    arrivals: list[Arrival]
    pace: Pace
    choosing: Choosing
    load: tuple[float, float]


def show(measured: Measured) -> int:
    """Print everything; 1 when a promised bound is broken, which is named."""
    summary = _summary(measured)
    chosen = summary["choosing"]
    promised = bounds(
        summary["calls"],
        summary["seconds"]["ratio"],
        summary["sandbox_requests_a_second"],
        chosen["calls"],
        chosen["own_ms"],
    )
    _tables(summary)
    return conclude(summary, promised)


def conclude(summary: dict[str, Any], promised: Iterable[Bound]) -> int:
    """Name every bound that is broken, and print all as one line of JSON; 1 when one is broken."""
    broken = [str(bound) for bound in promised if not bound.kept]
    for bound in broken:
        out.print(f"[red]Broken:[/] {bound}")
    sys.stdout.write(json.dumps(summary | {"broken": broken}) + "\n")
    return 1 if broken else 0


def _summary(measured: Measured) -> dict[str, Any]:
    script, flow = median(measured.pace.script), median(measured.pace.flow)
    worker = median(came.times.own for came in measured.arrivals)
    waits = [came.times.to_first_step for came in measured.arrivals]
    return {
        "calls": most(came.calls.vendor for came in measured.arrivals),
        "token_calls": most(came.calls.token for came in measured.arrivals),
        "seconds": {
            "script": round(script, 3),
            "flow": round(flow, 3),
            "ratio": round(flow / script, 3),
            "flow_whole_call": round(median(measured.pace.whole), 3),
            "worker": round(worker, 3),
            "worker_ratio": round(worker / script, 3),
            "rounds": len(measured.pace.script),
        },
        "first_step_after": {
            "p50": round(percentile(waits, 50), 2),
            "p95": round(percentile(waits, 95), 2),
            "messages": len(waits),
        },
        "choosing": {
            "csms": measured.choosing.csms,
            "accounts": ACCOUNTS,
            "calls": measured.choosing.calls,
            "read_ms": round(median(measured.choosing.read) * 1000, 1),
            "own_ms": round(median(measured.choosing.own) * 1000, 1),
        },
        "sandbox_requests_a_second": {name: round(rate) for name, rate in measured.rates.items()},
        "machine": {"cores": os.cpu_count(), "load": [round(load, 2) for load in measured.load]},
    }


def _tables(summary: dict[str, Any]) -> None:
    calls, tokens, seconds, waits = (summary[key] for key in ("calls", "token_calls", "seconds", "first_step_after"))
    table(
        "Calls of one onboarding without trouble",
        ("System", "Calls", "Promised at most", "Token calls"),
        (
            (name, calls.get(name, 0), CALLS_BOUNDS.get(name, 0), tokens.get(name, 0))
            for name in {**CALLS_BOUNDS, **calls}
        ),
    )
    table(
        f"From the first step to the end, medians of {seconds['rounds']} (worker: {waits['messages']})",
        ("", "Seconds", "Against the script", "Promised at most"),
        (
            ("bare script", seconds["script"], 1, ""),
            ("flow, warm process", seconds["flow"], seconds["ratio"], RATIO_BOUND),
            ("flow, warm process, whole call", seconds["flow_whole_call"], "", ""),
            ("flow, started by the worker", seconds["worker"], seconds["worker_ratio"], ""),
        ),
    )
    table(
        f"Outbound message accepted → first step running, {waits['messages']} messages",
        ("p50, seconds", "p95, seconds"),
        ((waits["p50"], waits["p95"]),),
    )
    chosen = summary["choosing"]
    table(
        f"Choosing among {chosen['csms']} CSMs with {chosen['accounts']:,} accounts",
        ("", "Found", "Promised at most"),
        (
            ("calls to Salesforce", chosen["calls"], CHOOSING_CALLS_BOUND),
            ("our own part, ms", chosen["own_ms"], CHOOSING_BOUND),
            ("Salesforce's and the client's, ms", chosen["read_ms"], ""),
        ),
    )
    table(
        "Sandbox, one process",
        ("Request", "Answers a second", "Promised at least"),
        ((name, rate, RATE_BOUND) for name, rate in summary["sandbox_requests_a_second"].items()),
    )
    out.print(f"{summary['machine']['cores']} cores; load before and after: {summary['machine']['load']}")


def table(title: str, headers: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Print a table, numbers as short as they can be."""
    made = Table(*headers, title=title, title_justify="left")
    for row in rows:
        made.add_row(*(f"{cell:g}" if isinstance(cell, float) else str(cell) for cell in row))
    out.print(made)
