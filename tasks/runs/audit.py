"""The audit: every effect leaves one line of its account, kept as data and shown on the account's page (D-11)."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from prefect.client.schemas.objects import FlowRun

from rules.common.records import NEW, Change
from tasks.core.artifacts import as_read_back, each_text, keep_table, rows_shown_now
from tasks.core.dashboard import run_of_page
from tasks.core.effects import LOST, Effect, collecting, effects, record_effects
from tasks.core.locks import account_audit, lock
from tasks.runs.account_page import show_account
from tasks.runs.claims import page, present_run
from tasks.runs.inputs import remember_once
from tasks.templates import address_of

KEPT_LINES = 1000
"""An account's page holds its newest lines; older ones stay in the page's earlier versions."""

Line = TypeVar("Line", bound=Mapping[str, Any])


class Trail(list[Effect]):
    """The lines of one run, on their way to the page of its account.

    Attributes:
        account_id: 18 characters; None while the account is not known, or where there is none: nothing is written then.
        account_name: of the account; "" while it is not known.
    """

    def __init__(self, account_id: str | None = None) -> None:
        super().__init__()
        self.account_id, self.account_name, self._written = account_id, "", 0

    async def write(self) -> None:
        """Add the lines to the account's page, unless all are there."""
        count = len(self)
        if self.account_id and count > self._written:
            async with lock(account_audit(self.account_id)):
                await _append(self.account_id, self.account_name, self)
            self._written = count


@asynccontextmanager
async def audit_trail(account_id: str | None = None) -> AsyncIterator[Trail]:
    """Collect the effects of a run, and add them to the account's page at its end, however it ends."""
    lines = Trail(account_id)
    try:
        with collecting(lines):
            yield lines
    finally:
        await lines.write()


async def record_earlier_attempt(key: str, changes: Sequence[Change]) -> None:
    """Record what the present run found to do when it first looked, and finds done now.

    A process that dies between an effect and its line records nothing, and the next one finds nothing to do: without
    these lines nobody would know the former values.

    Args:
        key: names these changes within the run.
        changes: to be made, as they are found now.
    """
    first: list[Effect] = await remember_once(key, effects(changes, LOST))
    still = {(change.record, change.field) for change in changes}
    record_effects(line for line in first if (line["record"], line["field"]) not in still)


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
    """The key of the account's lines as data: 18 characters tell accounts apart even in lower case."""
    return f"account-{account_id.lower()}"


async def audit_lines(account_id: str) -> list[dict[str, Any]]:
    """The account's lines, the oldest first; each with the page of its run, however the dashboard was called then."""
    rows = await rows_shown_now(audit_key(account_id))
    return [{**row, "run": page(run)} if (run := run_of_page(row["run"])) else row for row in rows]


def started_by(run: FlowRun) -> str:
    """Who or what started a run, as far as Prefect knows: its open-source server knows no users."""
    if label := run.labels.get("started-by"):
        return str(label)
    creator = run.created_by
    if creator and creator.type == "SCHEDULE":
        return "its schedule"
    if creator and creator.type == "USER" and creator.display_value:
        return creator.display_value
    return "the dashboard (name not verified)"


async def _append(account_id: str, name: str, lines: list[Effect]) -> None:
    key, run = audit_key(account_id), present_run()
    rows = await audit_lines(account_id)
    source = {"by": started_by(run), "run": page(run.id), "name": run.name}
    page_now = deduplicate([*rows, *(each_text({**line, **source}, as_read_back) for line in lines)])
    if page_now != rows:
        await keep_table(
            [{**line, "run": address_of(line["run"])} for line in page_now[-KEPT_LINES:]],
            key=key,
            description=f"The audit of {name or account_id} as data, newest last. The account's page shows it.",
            new_version=len(page_now) > KEPT_LINES,
        )
        await show_account(account_id, name, page_now, key)
