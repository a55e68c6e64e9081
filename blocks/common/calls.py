"""Counts the calls to vendors, and tells a tracer of each, where one is set.

The names of vendors and outcomes are few and fixed: they become labels of metrics, which must not carry an id.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from time import perf_counter
from typing import Protocol

from blocks.common.errors import VendorRefused, VendorUnavailable

DONE, UNAVAILABLE, REFUSED, UNEXPECTED = "ok", "unavailable", "refused", "unexpected"
VENDORS = ("Salesforce", "LMS", "Recurly", "Slack", "Outreach", "Mail")
OUTCOMES = (DONE, UNAVAILABLE, REFUSED, UNEXPECTED)
"""`refused` is often an ordinary answer: there is no such record."""


class Span(Protocol):
    """What a tracer shows of one call."""

    def set_attribute(self, key: str, value: str) -> None:
        """Say more about the call."""


Tracer = Callable[[str, str], AbstractContextManager[Span | None]]
"""Begins the span of a call, by vendor and name of the call; ends it with the block."""


@dataclass
class CallCounts:
    """Calls by vendor and outcome, and the seconds that they took by vendor."""

    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)

    def add(self, vendor: str, outcome: str, seconds: float) -> None:
        """Count one call."""
        self.calls[vendor, outcome] += 1
        self.seconds[vendor] += seconds  # type: ignore[assignment]  # a Counter adds up fractions as well


def _no_span(_vendor: str, _call: str) -> AbstractContextManager[None]:
    return nullcontext()


class Calls:
    """The calls of this process, from all its threads."""

    def __init__(self) -> None:
        self._counts, self._lock = CallCounts(), threading.Lock()
        self._tracer: Tracer = _no_span

    def trace(self, tracer: Tracer) -> None:
        """Tell a tracer of each call from now on."""
        self._tracer = tracer

    @contextmanager
    def observed(self, vendor: str, call: str) -> Iterator[None]:
        """Observe one call, which the block makes."""
        begun, outcome = perf_counter(), DONE
        with self._tracer(vendor, call) as span:
            try:
                yield
            except Exception as error:
                outcome = _outcome(error)
                raise
            finally:
                with self._lock:
                    self._counts.add(vendor, outcome, perf_counter() - begun)
                if span:
                    span.set_attribute("lifecycle.outcome", outcome)

    def counted(self) -> CallCounts:
        """The calls so far."""
        with self._lock:
            return CallCounts(Counter(self._counts.calls), Counter(self._counts.seconds))

    def take(self) -> CallCounts:
        """The calls since the last time, which are counted no more."""
        with self._lock:
            taken, self._counts = self._counts, CallCounts()
            return taken


CALLS = Calls()
vendor_call = CALLS.observed


def _outcome(error: Exception) -> str:
    kinds = ((VendorUnavailable, UNAVAILABLE), (VendorRefused, REFUSED))
    return next((outcome for kind, outcome in kinds if isinstance(error, kind)), UNEXPECTED)
