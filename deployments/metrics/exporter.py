"""The metrics of runs, questions and calls to vendors, for Prometheus (ADR-18).

Every label has few values, and none comes from a record: flows, outcomes and classes of failures, vendors.
"""

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
from prefect.client.orchestration import get_client
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from blocks.common.calls import CallCounts
from deployments.metrics.figures import FigureReader, Figures
from deployments.stack import call_counts
from rules.questions.failure_classes import SLUGS
from webhooks.common.metrics import vendor_metrics

KEPT_SECONDS = 15.0
"""Prefect is asked at most so often, however often metrics are read."""
PATIENCE = 8.0
"""Seconds for one reading; Prometheus waits 10."""
logger = logging.getLogger(__name__)


class LifecycleCollector(Collector):
    """Reads Prefect and the counts of calls when metrics are asked for.

    Args:
        calls: the file of the counts.
        clock: returns seconds.
    """

    def __init__(self, calls: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._calls, self._clock = calls, clock
        self._reader, self._lock = FigureReader(), threading.Lock()
        self._figures: Figures | None = None
        self._read_at = clock() - KEPT_SECONDS

    def collect(self) -> Iterator[Metric]:
        """Every metric. If Prefect does not answer, those that come from it are missing, not old."""
        figures = self._kept()
        yield _gauge("lifecycle_prefect_up", "Whether Prefect answered when it was read", figures is not None)
        if figures:
            yield from metrics_of(figures)
        yield from vendor_metrics(self._counts())

    def _kept(self) -> Figures | None:
        with self._lock:
            if self._clock() - self._read_at >= KEPT_SECONDS:
                self._figures = asyncio.run(self._read())
                self._read_at = self._clock()
            return self._figures

    async def _read(self) -> Figures | None:
        try:
            async with asyncio.timeout(PATIENCE), get_client() as client:
                return await self._reader.read(client)
        except (httpx.HTTPError, OSError, RuntimeError) as error:  # RuntimeError: the client got no version
            logger.warning("Prefect cannot be read: %s", type(error).__name__)
            return None

    def _counts(self) -> CallCounts:
        try:
            return call_counts.read(self._calls)
        except sqlite3.Error as error:
            logger.warning("The counts of calls cannot be read: %s", error)
            return CallCounts()


def metrics_of(figures: Figures) -> Iterator[Metric]:
    """The metrics that come from Prefect."""
    ended = GaugeMetricFamily(
        "lifecycle_runs_last_day",
        "Runs that ended in the last 24 hours, by flow, outcome and class of the failure",
        labels=["flow", "outcome", "class"],
    )
    for labels, count in sorted(figures.ended.items()):
        ended.add_metric(labels, count)
    failed = GaugeMetricFamily(
        "lifecycle_failed_runs", "Failed runs that nobody has retried, by class of the failure", labels=["class"]
    )
    for slug in SLUGS:
        failed.add_metric([slug], figures.failed[slug])
    now = GaugeMetricFamily("lifecycle_runs_now", "Runs that are running, suspended or late", labels=["state"])
    for state, count in figures.now.items():
        now.add_metric([state], count)
    welcome = GaugeMetricFamily(
        "lifecycle_welcome_seconds",
        "Time from Closed Won to the welcome, by quantile of the onboardings that ended in the last 24 hours",
        labels=["quantile"],
    )
    for share, seconds in figures.welcome.items():
        welcome.add_metric([str(share)], seconds)
    yield from (ended, failed, now, welcome)
    yield _gauge("lifecycle_questions_open", "Questions that nobody has answered", figures.open_questions)
    yield _gauge(
        "lifecycle_oldest_question_seconds", "Time since the oldest open question was asked", figures.oldest_question
    )
    yield _gauge("lifecycle_workers", "Workers that asked for runs within the last minute", figures.workers)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=float(value))


def serve(host: str, port: int, calls: Path) -> threading.Thread:
    """Serve the metrics at `/metrics`; the thread of the server. It answers nothing else but metrics."""
    registry = CollectorRegistry()
    registry.register(LifecycleCollector(calls))
    _, thread = start_http_server(port, host, registry)
    return thread
