"""The receiver's log: JSON lines on standard error, without secrets."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final

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
)


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
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
