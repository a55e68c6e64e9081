"""Failed runs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rules.questions.failures import FailedRun

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
RUN = FailedRun(
    run_id="run",
    state_id="state",
    name="Onboard Larch Hospice",
    url="",
    state="Refused",
    message="LMS: forbidden. Put that right, then press Retry: what is done stays done.",
    since=NOW - timedelta(minutes=5),
    tries=1,
    tags=(),
    preview=False,
)
DOWN: dict[str, Any] = {"state": "Unavailable", "message": "LMS: did not answer (503)."}


def failures(number: int, **change: Any) -> list[FailedRun]:
    """So many failures, a second apart."""
    return [
        replace(RUN, run_id=f"run-{n}", state_id=f"state-{n}", since=RUN.since + timedelta(seconds=n), **change)
        for n in range(number)
    ]
