"""The measurements of the sweep as tables for people, and a last line of JSON for scripts."""

import os
from dataclasses import dataclass
from typing import Any

from benchmarks.ends_figures import CALLS_BESIDE, Killed, Night, bounds, calls_bound
from benchmarks.show import conclude, out, table


@dataclass(frozen=True)
class Measured:
    """Everything that was measured of the sweep.

    Attributes:
        few: some 1,000 contracts due.
        few_again: the same once more.
        many: some 10,000 others due.
        many_again: the same once more.
        killed: half-way through, and begun again.
        load: the machine's load average over a minute, before and after.
    """

    few: Night
    few_again: Night
    many: Night
    many_again: Night
    killed: Killed
    load: tuple[float, float]


def show(measured: Measured) -> int:
    """Print everything; 1 when a promised bound is broken, which is named."""
    nights = (measured.few, measured.few_again, measured.many, measured.many_again)
    promised = bounds(*nights, measured.killed)
    summary = _summary(measured)
    _tables(summary)
    return conclude(summary, promised)


def _summary(measured: Measured) -> dict[str, Any]:
    killed = measured.killed
    return {
        "nights": {
            "first": _night(measured.few),
            "first again": _night(measured.few_again),
            "second": _night(measured.many),
            "second again": _night(measured.many_again),
        },
        "killed": {
            "due": killed.due,
            "runs_before": killed.before,
            "runs_after": len(killed.keys),
            "keys": len(set(killed.keys)),
        },
        "machine": {"cores": os.cpu_count(), "load": [round(load, 2) for load in measured.load]},
    }


def _night(night: Night) -> dict[str, float]:
    return {
        "due": night.due,
        "calls": night.salesforce,
        "calls_bound": calls_bound(night.due),
        "runs_started": night.started,
        "seconds": round(night.seconds, 1),
        "seconds_for_1000": round(night.for_a_thousand, 2),
        "peak_mb": round(night.peak, 1),
    }


def _tables(summary: dict[str, Any]) -> None:
    table(
        f"The sweep over ending contracts, with {CALLS_BESIDE} calls beside those for what is due",
        ("Night", "Due", "Calls", "Promised at most", "Runs started", "Seconds", "for 1,000", "Peak, MB"),
        ((name, *figures.values()) for name, figures in summary["nights"].items()),
    )
    table(
        "Killed while it started runs, and begun again",
        ("Due", "Runs when killed", "Runs in the end", "Keys"),
        (summary["killed"].values(),),
    )
    out.print(f"{summary['machine']['cores']} cores; load before and after: {summary['machine']['load']}")
