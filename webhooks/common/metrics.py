"""The receiver's metrics for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Histogram

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

    def count_notification(self, record_type: str, outcome: str) -> None:
        """Count a notification about a record, or from Slack."""
        self._notifications.labels(record_type, outcome).inc()

    def count_created_run(self) -> None:
        """Count a flow run that this receiver created."""
        self._created_runs.inc()

    def count_response(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a response; only a POST is a delivery."""
        self._seconds.labels(route).observe(seconds)
        if method == "POST" and status >= FIRST_ERROR_STATUS:
            self._failed.labels(route, str(status)).inc()
