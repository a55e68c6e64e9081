"""Failed runs that nobody has retried: whether CS Operations must be informed of them, and which are listed (REC-3)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rules.common.going_live import SHADOW
from rules.common.problems import NOT_ASKED
from rules.questions.failure_classes import CLASSES, FAILED, TAGS, FailureClass, class_of, vendor_of
from rules.questions.questions import WAITING
from rules.questions.waiting import MOST_TRIES

SETTLING: Final = timedelta(seconds=15)
"""The time after which a failure is reported; a person who presses Retry at once needs no message."""
REPORTED_WITHIN: Final = timedelta(days=7)
"""How old a failure may be that is still reported: longer than any holiday of the worker."""
LISTED_WITHIN: Final = timedelta(days=30)
"""How old a failure may be that is still listed; one that no Retry helps is listed for `REPORTED_WITHIN`."""
REPORTED: Final = "failure-reported:"
"""The beginning of the tag of a reported failure; the id of the failed state follows."""
IN_WORKBOOK: Final = "workbook-run:"
"""The beginning of the tag of a run on which a workbook's run reports."""
STORM_LASTS: Final = timedelta(hours=1)
"""How long a message about failures takes in further ones of the same cause."""
STORM_SIZE: Final = 3
"""From this number of failures of one class and vendor, they are taken to have one cause."""
OF_REPORTS: Final = "failure-reports"
"""The tag of the runs that report failures: the next one does what a failed one did not."""
RETRIED: Final = "retried-"
"""The beginning of the key of a run's input that says who retried it and when; the id of the failed state follows."""
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
        schedule: the schedule that started it, "" for none: its deployment and its parameters.
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
    schedule: str = ""

    @property
    def mark(self) -> str:
        """The tag of this failure once it is reported."""
        return f"{REPORTED}{self.state_id}"

    @property
    def is_reported(self) -> bool:
        """Whether CS Operations were informed of this failure."""
        return self.mark in self.tags

    @property
    def kind(self) -> FailureClass:
        """Who must act, and what they must do."""
        return class_of(self.state)

    @property
    def vendor(self) -> str:
        """The system that the message blames, or ""."""
        return vendor_of(self.message)

    @property
    def tags_as_failed(self) -> set[str]:
        """The run's tags, with those by which people find it among the failed ones."""
        return set(self.tags) - TAGS | {FAILED, self.kind.slug}


def without_failure(tags: Iterable[str]) -> set[str]:
    """Return a run's tags without those of a failure."""
    return {tag for tag in tags if tag not in TAGS and not tag.startswith(REPORTED)}


def is_listed(run: FailedRun, now: datetime, later: Mapping[str, datetime]) -> bool:
    """Whether a failed run needs somebody.

    A preview needs nobody: the person who started it reads it. The sweep retries a run with an open question. A
    scheduled run needs nobody once a later one of its schedule has completed, which did the same work.

    Args:
        run: failed or crashed.
        now: in UTC.
        later: by schedule, when its latest run that completed ended (UTC).
    """
    done_later = run.schedule in later and later[run.schedule] > run.since
    revived = WAITING in run.tags and run.state in _REVIVED and run.tries < MOST_TRIES
    within = LISTED_WITHIN if run.kind.retryable else REPORTED_WITHIN
    return not (run.preview or revived or done_later or OF_REPORTS in run.tags) and now - run.since <= within


def is_to_report(run: FailedRun, now: datetime) -> bool:
    """Whether CS Operations must be informed of a listed failure.

    A workbook's report names its accounts. Of a run in shadow mode, nobody is informed: the page lists it.
    """
    is_of_workbook = any(tag.startswith(IN_WORKBOOK) for tag in run.tags)
    is_quiet = is_of_workbook or SHADOW in run.tags
    return not is_quiet and not run.is_reported and SETTLING <= now - run.since <= REPORTED_WITHIN


@dataclass(frozen=True)
class FailureGroup:
    """Failures of one class, for which one vendor is blamed, or none.

    Attributes:
        vendor: "" for none.
        runs: the oldest first, at least one.
    """

    kind: FailureClass
    vendor: str
    runs: tuple[FailedRun, ...]

    @property
    def name(self) -> tuple[str, str]:
        """Tells it from other groups."""
        return self.kind.slug, self.vendor

    @property
    def since(self) -> datetime:
        """When the first of its runs failed (UTC)."""
        return self.runs[0].since


def grouped(runs: Iterable[FailedRun]) -> list[FailureGroup]:
    """Return the failures by class and vendor, the largest group first."""
    by_name: dict[tuple[str, str], list[FailedRun]] = {}
    for run in sorted(runs, key=lambda run: (run.since, run.run_id)):
        by_name.setdefault((run.kind.slug, run.vendor), []).append(run)
    order = {kind.slug: number for number, kind in enumerate(CLASSES)}
    groups = [FailureGroup(of[0].kind, vendor, tuple(of)) for (_, vendor), of in by_name.items()]
    return sorted(groups, key=lambda group: (-len(group.runs), order[group.kind.slug], group.vendor))


@dataclass(frozen=True)
class Reported:
    """The latest message about failures.

    Attributes:
        channel: its id.
        ts: its place there.
        key: its name for ever.
        at: when it was posted (UTC).
        state_ids: the failures that it counts.
    """

    channel: str
    ts: str
    key: str
    at: datetime
    state_ids: tuple[str, ...]


def joins(last: Reported, failures: Iterable[FailedRun], new: Iterable[FailedRun], now: datetime) -> bool:
    """Whether the latest message takes in new failures instead of a message of their own.

    It does so while they have the same cause and nobody has retried a run that it counts.

    Args:
        last: the latest message.
        failures: all that nobody has retried.
        new: those that are to be reported.
        now: in UTC.
    """
    counted = [run for run in failures if run.state_id in last.state_ids]
    if now - last.at > STORM_LASTS or len(counted) != len(last.state_ids):
        return False
    open_groups = {group.name for group in grouped(counted) if group.kind.shared or len(group.runs) >= STORM_SIZE}
    return {group.name for group in grouped(new)} <= open_groups
