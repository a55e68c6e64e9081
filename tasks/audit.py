"""The audit: every effect leaves one line, on one page per account (design decision 11)."""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypedDict

from prefect.artifacts import Artifact, acreate_table_artifact
from prefect.logging import get_run_logger

from rules.records import Change
from tasks.runs import page, present_run

KEPT_LINES = 1000
"""An account's page holds its newest lines; older ones stay in the page's earlier versions."""


class Effect(TypedDict):
    """One thing that was done: a `rules.records.Change` in plain form and when (UTC, ISO 8601)."""

    at: str
    system: str
    record: str
    field: str
    before: str
    after: str
    rule: str


def effects(changes: Iterable[Change]) -> list[Effect]:
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
        )
        for change in changes
    ]


@asynccontextmanager
async def audit_trail(account_id: str) -> AsyncIterator[list[Effect]]:
    """Collect the lines of a procedure, and add them to the account's page at its end, however it ends."""
    lines: list[Effect] = []
    try:
        yield lines
    finally:
        if lines:
            await _append(account_id, lines)


def audit_key(account_id: str) -> str:
    """The key of the account's page under Artifacts: 18 characters tell accounts apart even in lower case."""
    return f"account-{account_id.lower()}"


async def _append(account_id: str, lines: list[Effect]) -> None:
    key, run = audit_key(account_id), present_run()
    latest = await Artifact.aget(key)
    rows: list[dict[str, Any]] = _rows(latest.data) if latest else []
    told = {"by": run.labels.get("started-by") or "the dashboard", "run": page(run.id)}
    new = [{**line, **told} for line in lines]
    new = [row for row in new if row not in rows]
    if new:
        await acreate_table_artifact(
            [*rows, *new][-KEPT_LINES:],
            key=key,
            description=f"Everything done for account {account_id}, newest last.",
        )
        get_run_logger().info("%d lines added to the page of account %s", len(new), account_id)


def _rows(data: Any) -> list[dict[str, Any]]:
    """The rows of a table artifact, which Prefect keeps as JSON text."""
    rows = json.loads(data) if isinstance(data, str) else data
    return rows if isinstance(rows, list) else []
