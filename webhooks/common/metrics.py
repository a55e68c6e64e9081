"""The receiver's metrics for Prometheus."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from blocks.common.calls import CALLS, OUTCOMES, VENDORS, CallCounts

FIRST_ERROR_STATUS = 400


class Metrics:
    """The metrics of one receiver, in their own registry."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._notifications = Counter(
            "receiver_notifications",
            "Notifications about records, by object and outcome",
            ["object", "outcome"],
            registry=self.registry,
        )
        self._created_runs = Counter("receiver_flow_runs_created", "Flow runs created", registry=self.registry)
        self._failed = Counter(
            "receiver_deliveries_failed",
            "Deliveries not accepted",
            ["route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram("receiver_answer_seconds", "Time to answer", ["route"], registry=self.registry)
        self._ready = Gauge(
            "receiver_ready", "Whether a run could be created now and would start", registry=self.registry
        )
        self.registry.register(_OwnCalls())

    def count_notification(self, record_type: str, outcome: str) -> None:
        """Count a notification about a record, or from Slack."""
        self._notifications.labels(record_type, outcome).inc()

    def set_ready(self, *, ready: bool) -> None:
        """Say whether a run could be created now and would start."""
        self._ready.set(ready)

    def count_created_run(self) -> None:
        """Count a flow run that this receiver created."""
        self._created_runs.inc()

    def count_response(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a response; only a POST is a delivery."""
        self._seconds.labels(route).observe(seconds)
        if method == "POST" and status >= FIRST_ERROR_STATUS:
            self._failed.labels(route, str(status)).inc()


class _OwnCalls(Collector):
    """The calls to vendors of this process."""

    def collect(self) -> Iterator[Metric]:
        yield from vendor_metrics(CALLS.counted())


def vendor_metrics(counts: CallCounts) -> Iterator[Metric]:
    """The metrics of calls to vendors: of all vendors and outcomes, so that the first error is an increase."""
    calls = CounterMetricFamily("lifecycle_vendor_calls", "Calls to vendors, by outcome", labels=["vendor", "outcome"])
    seconds = CounterMetricFamily("lifecycle_vendor_call_seconds", "Time that calls to vendors took", labels=["vendor"])
    for vendor in VENDORS:
        seconds.add_metric([vendor], counts.seconds[vendor])
        for outcome in OUTCOMES:
            calls.add_metric([vendor, outcome], counts.calls[vendor, outcome])
    yield calls
    yield seconds
