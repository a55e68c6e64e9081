"""The effects of a run: one line of the audit for each change that was made, or may have been made (D-11)."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TypedDict

from blocks.common.errors import VendorUnavailable
from rules.common.records import Change

LOST = "the answer was lost: it may have been done"
"""The note of a change whose answer was lost."""


class Effect(TypedDict):
    """One change that was made: a `rules.common.records.Change`, when (UTC, ISO 8601), and a doubt if there is one."""

    at: str
    system: str
    record: str
    field: str
    before: str
    after: str
    rule: str
    note: str


_collector: ContextVar[list[Effect] | None] = ContextVar("collector", default=None)


@contextmanager
def collecting(lines: list[Effect]) -> Iterator[None]:
    """Add every effect that is recorded inside the block to these lines, and to no other."""
    outer = _collector.set(lines)
    try:
        yield
    finally:
        _collector.reset(outer)


def record_effects(lines: Iterable[Effect]) -> None:
    """Add lines to those of the step that is at work, or else to those of the run."""
    collected = _collector.get()
    if collected is not None:
        collected.extend(lines)


def record(*changes: Change) -> None:
    """Record changes that have just been made."""
    record_effects(effects(changes))


@contextmanager
def record_if_unknown(*changes: Change) -> Iterator[None]:
    """Record changes whose answer is lost: a Retry finds them made, and would not record them."""
    try:
        yield
    except VendorUnavailable as error:
        if error.outcome_unknown:
            record_effects(effects(changes, LOST))
        raise


@contextmanager
def recording(*changes: Change) -> Iterator[None]:
    """Record the changes that the block makes: when it succeeds, and with a doubt when its answer is lost."""
    with record_if_unknown(*changes):
        yield
    record(*changes)


def effects(changes: Iterable[Change], note: str = "") -> list[Effect]:
    """The audit lines of changes that are made now."""
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
