"""Run one flow run by Prefect's engine in this process, count its calls, and trace it if a collector is named."""

import os
import runpy
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec

from prefect.logging import get_logger
from prefect.settings import get_current_settings

from deployments.stack.call_counts import FILE, calls_added_to

COLLECTOR = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""OpenTelemetry's own variables, which name the collector of traces."""
_INSTALL = "Runs are not traced: install this project with its extra `tracing`."


def run_engine() -> None:
    """Run the flow run that the environment names.

    Raises:
        SystemExit: as Prefect's engine does.
    """
    with calls_added_to(get_current_settings().home / FILE), _traced():
        runpy.run_module("prefect.engine", run_name="__main__")


def wants_traces() -> bool:
    """Whether the environment names a collector, and what traces need is installed."""
    if not any(os.environ.get(name) for name in COLLECTOR):
        return False
    if find_spec("opentelemetry.sdk") and find_spec("opentelemetry.exporter"):
        return True
    get_logger("worker").warning(_INSTALL)
    return False


def _traced() -> AbstractContextManager[None]:
    if not wants_traces():
        return nullcontext()
    from deployments.worker.tracing import traced  # noqa: PLC0415 - without a collector, nothing of it is imported

    return traced()


if __name__ == "__main__":
    run_engine()
