"""Differences that people have accepted: a person skipped the step that would have removed them (REC-3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rules.common.records import NEW, Change

Field = tuple[str, str]
"""A record (`Company 48258`) and the label of a field."""


@dataclass(frozen=True)
class SkippedStep:
    """A step that a person skipped.

    Attributes:
        title: as the dashboard shows it.
        decision: `skipped by <name>: <reason>`.
        fields: that the step was to change.
    """

    title: str
    decision: str
    fields: frozenset[Field] = frozenset()

    def __str__(self) -> str:
        return f"{self.title}: {self.decision.rstrip('.')}."


def fields_of(changes: Iterable[Change]) -> frozenset[Field]:
    """Return the fields that changes are about."""
    return frozenset((change.record, change.field) for change in changes)


def is_accepted(record: str, field: str, skipped: Iterable[SkippedStep]) -> bool:
    """Whether a skipped step was to change a field."""
    return any(
        field == its_field and _is_same(record, its_record) for step in skipped for its_record, its_field in step.fields
    )


def without_accepted(changes: Iterable[Change], skipped: Sequence[SkippedStep]) -> tuple[Change, ...]:
    """Return the changes that no skipped step was to make."""
    return tuple(change for change in changes if not is_accepted(change.record, change.field, skipped))


def _is_same(record: str, planned: str) -> bool:
    """Whether a record is the planned one, which may have had no id then."""
    return record == planned or (planned.endswith(NEW) and record.startswith(planned.removesuffix(NEW)))
