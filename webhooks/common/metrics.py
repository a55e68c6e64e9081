"""What the receiver counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Histogram

FIRST_BAD_STATUS = 400


class Metrics:
    """The numbers of one receiver, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._notifications = Counter(
            "receiver_notifications",
            "Records heard of, by object and what became of it",
            ["object", "outcome"],
            registry=self.registry,
        )
        self._created = Counter("receiver_flow_runs_created", "Flow runs created", registry=self.registry)
        self._failed = Counter(
            "receiver_deliveries_failed",
            "Deliveries not accepted",
            ["route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram("receiver_answer_seconds", "Time to answer", ["route"], registry=self.registry)

    def heard(self, record_type: str, outcome: str, count: int = 1) -> None:
        """Count notifications of one kind of record."""
        self._notifications.labels(record_type, outcome).inc(count)

    def created(self) -> None:
        """Count a flow run that came into being."""
        self._created.inc()

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answer; only a POST is a delivery."""
        self._seconds.labels(route).observe(seconds)
        if method == "POST" and status >= FIRST_BAD_STATUS:
            self._failed.labels(route, str(status)).inc()
