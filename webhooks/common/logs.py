"""The receiver's log: JSON lines on standard error, without secrets."""

import json
import logging
import math
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from webhooks.common.metrics import FIRST_BAD_STATUS

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
REPEATED_AFTER: Final = 10.0


class Rarely(logging.Filter):
    """Lets what senders can cause at will through once in `REPEATED_AFTER` seconds, with the number left out.

    That is: requests that are refused or fail, by route and status, and what the server complains about.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._last: dict[tuple[object, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written."""
        key = _kind(record)
        if key is None:
            return True
        now, (then, left_out) = self._clock(), self._last.get(key, (-math.inf, 0))
        if now - then < REPEATED_AFTER:
            self._last[key] = then, left_out + 1
            return False
        self._last[key] = now, 0
        if left_out:
            record.left_out = left_out
        return True


def _kind(record: logging.LogRecord) -> tuple[object, ...] | None:
    """What lines of this kind have in common; None for a line that is always written."""
    status = getattr(record, "status", 0)
    if record.msg == "answered" and status >= FIRST_BAD_STATUS:
        return (record.msg, getattr(record, "route", ""), status)
    is_complaint = record.name.startswith("uvicorn") and record.levelno == logging.WARNING
    return (record.msg,) if is_complaint else None


class JsonLines(logging.Formatter):
    """One JSON object a line; of the extras only those we chose, so nothing secret slips in."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        } | {name: value for name in FIELDS if (value := getattr(record, name, "")) != ""}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def log_as_json_lines() -> None:
    """Log to standard error. httpx is silenced: it would tell every call."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(Rarely())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
