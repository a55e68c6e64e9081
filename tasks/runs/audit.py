"""The audit: every effect leaves one line, on one page per account (D-11)."""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TypedDict, TypeVar

from prefect.artifacts import Artifact
from prefect.logging import get_run_logger

from blocks.common.errors import VendorError, VendorUnavailable
from rules.common.records import Change
from tasks.core.artifacts import as_text, show_table
from tasks.core.locks import account_audit, lock
from tasks.runs.claims import page, present_run
from tasks.runs.inputs import remember_once
from tasks.templates import address_of, read_back

KEPT_LINES = 1000
"""An account's page holds its newest lines; older ones stay in the page's earlier versions."""


NEW = "(new)"
"""How a record is called that has no id yet."""
LOST = "the answer was lost: it may have been done"

_trail: ContextVar["Trail | None"] = ContextVar("trail", default=None)
Line = TypeVar("Line", bound=Mapping[str, Any])


class Effect(TypedDict):
    """One thing that was done: a `rules.common.records.Change` in plain form, when (UTC, ISO 8601), a doubt if any."""

    at: str
    system: str
    record: str
    field: str
    before: str
    after: str
    rule: str
    note: str


def effects(changes: Iterable[Change], note: str = "") -> list[Effect]:
    """The audit lines of changes that have just been made."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return [
        Effect(
            at=at,
            system=change.system,
            record=change.record,
            field=change.field,
            before=change.before,
            after=change.after,
            rule=change.rule,
            note=note,
        )
        for change in changes
    ]


class Trail(list[Effect]):
    """The lines of one procedure, on their way to the page of its account; without one they go nowhere."""

    def __init__(self, account_id: str | None) -> None:
        super().__init__()
        self._account_id, self._written = account_id, 0

    async def write(self) -> None:
        """Add the lines to the account's page, unless all are there."""
        told = len(self)
        if self._account_id and told > self._written:
            async with lock(account_audit(self._account_id)):
                await _append(self._account_id, self)
            self._written = told


@asynccontextmanager
async def audit_trail(account_id: str | None) -> AsyncIterator[Trail]:
    """Collect the lines of a procedure, and add them to the account's page at its end, however it ends."""
    lines = Trail(account_id)
    outer = _trail.set(lines)
    try:
        yield lines
    finally:
        _trail.reset(outer)
        await lines.write()


def record_effects(done: Iterable[Effect]) -> None:
    """Add lines to the trail of the procedure that is at work."""
    trail = _trail.get()
    if trail is not None:
        trail.extend(done)


@contextmanager
def record_if_unknown(changes: Iterable[Change]) -> Iterator[None]:
    """Note changes in the trail whose answer is lost: a Retry finds them made, and would not tell of them."""
    try:
        yield
    except VendorUnavailable as error:
        if error.outcome_unknown:
            record_effects(effects(changes, LOST))
        raise


@contextmanager
def record_partial(done: list[Effect]) -> Iterator[None]:
    """Leave what was done in the trail when something after it fails: the next try finds it done and tells nothing."""
    try:
        yield
    except VendorError:
        record_effects(done)
        raise


async def effects_of_earlier_attempt(key: str, wanted: Sequence[Change]) -> list[Effect]:
    """The lines of what the present run found to do when it first looked, and finds done now.

    A process that dies between an effect and its line tells nothing, and the next one finds nothing to do: without
    these lines nobody would know what stood there before.

    Args:
        key: names these changes within the run.
        wanted: what is to be done, as it is found now.
    """
    first: list[Effect] = await remember_once(key, effects(wanted, LOST))
    still = {(one.record, one.field) for one in wanted}
    return [line for line in first if (line["record"], line["field"]) not in still]


def deduplicate(lines: Sequence[Line]) -> list[Line]:
    """The lines without repeats within a run, and without a doubt that another line of that run has settled."""
    done = [line for line in lines if not line.get("note")]
    deeds, known = {_deed(line) for line in done}, {(line["record"], *_deed(line)) for line in done}
    once: dict[tuple[object, ...], Line] = {}
    for line in lines:
        record, deed = line["record"], _deed(line)
        # Before a sign-up is answered, its company has no id.
        settled = (record, *deed) in known or (record.endswith(NEW) and deed in deeds)
        if not (line.get("note") and settled):
            once.setdefault((record, *deed), line)
    return list(once.values())


def _deed(line: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple(line.get(name) for name in ("run", "system", "field", "before", "after", "rule"))


def audit_key(account_id: str) -> str:
    """The key of the account's page under Artifacts: 18 characters tell accounts apart even in lower case."""
    return f"account-{account_id.lower()}"


async def audit_lines(account_id: str) -> list[dict[str, Any]]:
    """The lines of the account's page, the oldest first; each with the page of its run."""
    latest = await Artifact.aget(audit_key(account_id))
    return [_each_text(row, read_back) for row in _rows(latest.data)] if latest else []


async def _append(account_id: str, lines: list[Effect]) -> None:
    key, run = audit_key(account_id), present_run()
    rows = await audit_lines(account_id)
    told = {"by": run.labels.get("started-by") or "the dashboard", "run": page(run.id)}
    page_now = deduplicate([*rows, *(_each_text({**line, **told}, _as_read_back) for line in lines)])
    if page_now != rows:
        await show_table(
            [{**line, "run": address_of(line["run"])} for line in page_now[-KEPT_LINES:]],
            key=key,
            description=f"Everything done for account {account_id}, newest last.",
        )
        get_run_logger().info("The page of account %s has %d lines", account_id, len(page_now))


def _as_read_back(text: str) -> str:
    """A text as the page will give it back: a line that is there already is known again."""
    return read_back(as_text(text))


def _each_text(row: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    return {name: change(value) if isinstance(value, str) else value for name, value in row.items()}


def _rows(data: Any) -> list[dict[str, Any]]:
    """The rows of a table artifact, which Prefect keeps as JSON text."""
    rows = json.loads(data) if isinstance(data, str) else data
    return rows if isinstance(rows, list) else []
