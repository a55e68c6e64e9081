"""Failed runs that nobody has retried, and whether CS Operations must still be informed of them (REC-3)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rules.common.problems import NOT_ASKED
from rules.questions.questions import WAITING
from rules.questions.waiting import MOST_TRIES

SETTLING: Final = timedelta(seconds=60)
"""How long a failure must last: a person who presses Retry at once needs no message."""
REPORTED: Final = "failure-reported:"
"""Before the id of the failed state, in the tags of a run whose failure was reported."""
IN_WORKBOOK: Final = "workbook-run:"
"""How the tag begins of a run that a workbook's run reports on."""
_REVIVED: Final = ("Crashed", "Unavailable", NOT_ASKED)
"""The states in which a run with an open question is tried again without a person."""


@dataclass(frozen=True)
class FailedRun:
    """A run that ended as failed or crashed.

    Attributes:
        run_id: Prefect's.
        state_id: of the state in which it ended; every failure has another one.
        name: of the run, as the dashboard shows it.
        url: its page.
        state: the state's name.
        message: the state's message.
        since: when it ended (UTC).
        tries: how often it began.
        tags: of the run.
        preview: it was started as a preview.
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
        """The tag that says that this failure was reported."""
        return f"{REPORTED}{self.state_id}"


def is_to_report(run: FailedRun, now: datetime) -> bool:
    """Whether CS Operations must be informed: nobody was, and nothing tries the run again by itself.

    Whoever starts a preview looks at it; the report of a workbook names the accounts that were not moved.
    """
    watched = run.preview or any(tag.startswith(IN_WORKBOOK) for tag in run.tags)
    revived = WAITING in run.tags and run.state in _REVIVED and run.tries < MOST_TRIES
    return not watched and not revived and run.mark not in run.tags and now - run.since >= SETTLING
