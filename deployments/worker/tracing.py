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


@contextmanager
def traced() -> Iterator[None]:
    """Trace what the block does, and send what is left at its end."""
    os.environ.setdefault("OTEL_SERVICE_NAME", SERVICE)
    os.environ.setdefault("OTEL_EXPORTER_OTLP_TIMEOUT", PATIENCE)
    provider, unended = TracerProvider(resource=Resource.create(), shutdown_on_exit=False), _Unended()
    provider.add_span_processor(unended)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    CALLS.trace(_span_of_call)
    try:
        yield
    finally:
        unended.end()
        provider.shutdown()


@contextmanager
def _span_of_call(vendor: str, call: str) -> Iterator[trace.Span]:
    """The span of a call to a vendor. It tells nothing that the vendor or a record said."""
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
        self._spans: dict[trace.SpanContext | None, Span] = {}
        self._lock = threading.Lock()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - as the SDK calls it
        with self._lock:
            self._spans[span.get_span_context()] = span

    def on_end(self, span: ReadableSpan) -> None:
        with self._lock:
            self._spans.pop(span.get_span_context(), None)

    def end(self) -> None:
        """End every span that is still open."""
        with self._lock:
            spans = [*self._spans.values()]
        for span in reversed(spans):
            span.end()
