"""Run one flow run by Prefect's engine in this process, count its calls, and trace it if a collector is named."""

import os
import runpy
from importlib.util import find_spec
from typing import TYPE_CHECKING

from prefect.logging import get_logger
from prefect.settings import get_current_settings

from deployments.stack.call_counts import FILE, calls_added_to

if TYPE_CHECKING:
    from deployments.worker.tracing import Traces

COLLECTOR = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""OpenTelemetry's own variables, which name the collector of traces."""
logger = get_logger("worker.run")
_INSTALL = "Runs are not traced: install this project with its extra `tracing`."


def run_engine() -> None:
    """Run the flow run that the environment names.

    Raises:
        SystemExit: as Prefect's engine does.
    """
    traces = _traces() if wants_traces() else None
    try:
        with calls_added_to(get_current_settings().home / FILE):
            runpy.run_module("prefect.engine", run_name="__main__")
    finally:
        if traces:
            traces.end()


def wants_traces() -> bool:
    """Whether the environment names a collector, and what traces need is installed."""
    if not any(os.environ.get(name) for name in COLLECTOR):
        return False
    if find_spec("opentelemetry.sdk") and find_spec("opentelemetry.exporter"):
        return True
    logger.warning(_INSTALL)
    return False


def _traces() -> "Traces | None":
    """The traces of this process; None if a variable is wrong: no run fails for the sake of its trace."""
    try:
        from deployments.worker.tracing import Traces  # noqa: PLC0415 - without a collector nothing of it is imported

        return Traces()
    except Exception:
        logger.exception("The run is not traced")
        return None


if __name__ == "__main__":
    run_engine()
