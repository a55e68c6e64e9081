"""The receiver's log: JSON lines on standard error, without secrets."""

import json
import logging
import math
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from webhooks.common.metrics import FIRST_ERROR_STATUS

FIELDS: Final = (
    "route",
    "method",
    "status",
    "seconds",
    "reason",
    "reference",
    "record",
    "run",
    "outcome",
    "left_out",
)
REPEAT_AFTER: Final = 10.0


class RepeatFilter(logging.Filter):
    """Passes lines that senders can cause at will once in `REPEAT_AFTER` seconds, with the number left out.

    These are failed requests, by route and status, and uvicorn's warnings.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._last: dict[tuple[object, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written."""
        kind = _kind(record)
        if kind is None:
            return True
        now, (then, left_out) = self._clock(), self._last.get(kind, (-math.inf, 0))
        if now - then < REPEAT_AFTER:
            self._last[kind] = then, left_out + 1
            return False
        self._last[kind] = now, 0
        if left_out:
            record.left_out = left_out
        return True


def _kind(record: logging.LogRecord) -> tuple[object, ...] | None:
    """Lines of the same kind count as repeats; None for a line that is always written."""
    status = getattr(record, "status", 0)
    if record.msg == "answered" and status >= FIRST_ERROR_STATUS:
        return (record.msg, getattr(record, "route", ""), status)
    is_warning = record.name.startswith("uvicorn") and record.levelno == logging.WARNING
    return (record.msg,) if is_warning else None


class JsonLinesFormatter(logging.Formatter):
    """Formats a record as one line of JSON, with the extras in `FIELDS` only: other extras may hold secrets."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        } | {name: value for name in FIELDS if (value := getattr(record, name, "")) != ""}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def log_as_json_lines() -> None:
    """Log to standard error. httpx logs warnings only: its usual lines name every call."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLinesFormatter())
    handler.addFilter(RepeatFilter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
