"""Failed runs that nobody has retried, and whether CS Operations must still be informed of them (REC-3)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rules.common.problems import NOT_ASKED
from rules.questions.questions import WAITING
from rules.questions.waiting import MOST_TRIES

SETTLING: Final = timedelta(seconds=60)
"""The time after which a failure is reported; a person who presses Retry at once needs no message."""
REPORTED: Final = "failure-reported:"
"""The beginning of the tag of a reported failure; the id of the failed state follows."""
IN_WORKBOOK: Final = "workbook-run:"
"""The beginning of the tag of a run on which a workbook's run reports."""
_REVIVED: Final = ("Crashed", "Unavailable", NOT_ASKED)
"""The states in which the sweep retries a run with an open question."""


@dataclass(frozen=True)
class FailedRun:
    """A run that ended as failed or crashed.

    Attributes:
        run_id: Prefect's.
        state_id: of its last state; every failure has its own.
        name: of the run, as the dashboard shows it.
        url: its page.
        state: the state's name.
        message: the state's message.
        since: when it ended (UTC).
        tries: the number of its starts.
        preview: whether it was started as a preview.
    """

    run_id: str
    state_id: str
    name: str
    url: str
    state: str
    message: str
    since: datetime
    tries: int
    tags: Collection[str]
    preview: bool

    @property
    def mark(self) -> str:
        """The tag of this failure once it is reported."""
        return f"{REPORTED}{self.state_id}"


def is_to_report(run: FailedRun, now: datetime) -> bool:
    """Whether CS Operations must be informed: the failure is not reported, and the run is not retried by itself.

    A preview has a person who reads it; the report of a workbook lists the accounts that were not moved.
    """
    watched = run.preview or any(tag.startswith(IN_WORKBOOK) for tag in run.tags)
    revived = WAITING in run.tags and run.state in _REVIVED and run.tries < MOST_TRIES
    return not watched and not revived and run.mark not in run.tags and now - run.since >= SETTLING
