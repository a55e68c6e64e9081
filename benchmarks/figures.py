"""The figures of a measurement: calls in the sandbox's journal, bounds, and the output."""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatch
from typing import Any

from rich.console import Console
from rich.table import Table

Journal = Iterable[Mapping[str, Any]]
"""Entries of the sandbox's journal, one for each request."""
Limits = Mapping[str, float]
"""Bounds of figures by path: `calls.lms`. `*` stands for any text; the first path that matches counts."""

_TOKEN_PATHS = ("/services/oauth2/token", "/oauth/token")


def calls(journal: Journal, *, token: bool = False) -> Counter[str]:
    """The number of calls to each system: those for a token, or all others."""
    return Counter(entry["system"] for entry in journal if entry["path"].endswith(_TOKEN_PATHS) is token)


def exceeded(summary: Mapping[str, Any], at_most: Limits, at_least: Limits | None = None) -> list[str]:
    """The figures that are outside their bounds, a sentence each; NaN always is."""
    sentences = []
    for path, figure in _flat(summary):
        most, least = _limit(path, at_most), _limit(path, at_least or {})
        if most is not None and not figure <= most:
            sentences.append(f"{path}: {round(figure, 3):,}, promised at most {most:g}")
        if least is not None and not figure >= least:
            sentences.append(f"{path}: {round(figure, 3):,}, promised at least {least:g}")
    return sentences


def conclude(summary: Mapping[str, Any], load_before: float, at_most: Limits, at_least: Limits | None = None) -> int:
    """Print all figures as a table, and as one line of JSON; returns 1 if one is outside its bound.

    Args:
        summary: the figures, in groups.
        load_before: the machine's load average before the measurement.
        at_most: bounds from above.
        at_least: bounds from below.
    """
    table, broken = Table("Figure", "Value", "At most", "At least"), exceeded(summary, at_most, at_least)
    for path, figure in _flat(summary):
        limits = (_limit(path, at_most), _limit(path, at_least or {}))
        table.add_row(path, f"{round(figure, 3):,}", *("" if limit is None else f"{limit:g}" for limit in limits))
    machine = {"cores": os.cpu_count(), "load": [load_before, os.getloadavg()[0]]}
    Console(highlight=False).print(table, machine, *(f"Broken: {sentence}" for sentence in broken), sep="\n")
    sys.stdout.write(json.dumps({**summary, "machine": machine, "broken": broken}) + "\n")
    return 1 if broken else 0


def _flat(figures: Mapping[str, Any], group: str = "") -> Iterator[tuple[str, float]]:
    for name, figure in figures.items():
        if isinstance(figure, Mapping):
            yield from _flat(figure, f"{group}{name}.")
        else:
            yield f"{group}{name}", figure


def _limit(path: str, limits: Limits) -> float | None:
    return next((limit for pattern, limit in limits.items() if fnmatch(path, pattern)), None)
