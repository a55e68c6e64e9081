"""Traces of one run by OpenTelemetry: Prefect's own spans of the run and its steps, and a span for each call (ADR-18).

Prefect's engine makes its spans as soon as there is a provider, and keeps the trace in a label of the run: a later try
of the run continues it. Only a process that runs a flow imports this module, and only if a collector is named.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from blocks.common.calls import CALLS

SERVICE = "customer-lifecycle"
PATIENCE = "2"
"""Seconds that a run waits at its end for a collector that does not answer."""


class Traces:
    """The traces of this process from now on."""

    def __init__(self) -> None:
        os.environ.setdefault("OTEL_SERVICE_NAME", SERVICE)
        os.environ.setdefault("OTEL_EXPORTER_OTLP_TIMEOUT", PATIENCE)
        self._provider, self._unended = TracerProvider(resource=Resource.create(), shutdown_on_exit=False), _Unended()
        self._provider.add_span_processor(self._unended)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(self._provider)
        CALLS.trace(_span_of_call)

    def end(self) -> None:
        """Send what is left. A collector that does not answer costs `PATIENCE`."""
        self._unended.end()
        self._provider.shutdown()


@contextmanager
def _span_of_call(vendor: str, call: str) -> Iterator[trace.Span]:
    """The span of a call to a vendor. It shows nothing of what the vendor answered or a record holds."""
    attributes = {"lifecycle.vendor": vendor, "lifecycle.call": call}
    tracer = trace.get_tracer("lifecycle")
    with tracer.start_as_current_span(
        f"{vendor}: {call}",
        kind=trace.SpanKind.CLIENT,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        yield span


class _Unended(SpanProcessor):
    """Ends at last the spans that Prefect leaves open: those of a run that waits, whose process ends."""

    def __init__(self) -> None:
        self._spans: dict[int, Span] = {}
        self._lock = threading.Lock()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - as the SDK calls it
        with self._lock:
            self._spans[_id(span)] = span

    def on_end(self, span: ReadableSpan) -> None:
        with self._lock:
            self._spans.pop(_id(span), None)

    def end(self) -> None:
        """End every span that is still open, the innermost first."""
        with self._lock:
            spans = [*self._spans.values()]
        for span in reversed(spans):
            span.end()


def _id(span: ReadableSpan) -> int:
    context = span.get_span_context()
    return context.span_id if context else 0
