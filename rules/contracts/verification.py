"""Compare LMS and Salesforce with the changes that a deactivation wrote (PUB-4, PUB-5)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rules.common.records import INACTIVE, Change, Company, Publication
from rules.contracts.ambiguities import LAST_DAY
from rules.contracts.clients import Client


@dataclass(frozen=True)
class Discrepancy:
    """A field whose value differs from the written one."""

    system: str
    record: str
    field: str
    expected: str
    found: str

    def __str__(self) -> str:
        """One sentence for a person."""
        expected, found = self.expected or "empty", self.found or "empty"
        return f"{self.record}: {self.field} must be {expected}, and is {found}."


def discrepancies(
    changes: Iterable[Change], client: Client, records: Sequence[Company | Publication]
) -> tuple[Discrepancy, ...]:
    """Return every field whose value differs from the written one.

    Args:
        changes: the changes that were made.
        client: from Salesforce, read afterwards.
        records: the company and its publications from the LMS, read afterwards.
    """
    return tuple(_differences(changes, client, {_name(record): record for record in records}))


def _differences(
    changes: Iterable[Change], client: Client, records: dict[str, Company | Publication]
) -> Iterator[Discrepancy]:
    for change in changes:
        found = client.cs_status or ""
        if change.system == "LMS":
            found = _found(records.get(change.record), change)
        if found != change.after:
            yield Discrepancy(change.system, change.record, change.field, change.after, found)


def _found(record: Company | Publication | None, change: Change) -> str:
    if record is None:
        return "missing"
    if change.field == LAST_DAY:
        return record.last_day.isoformat() if record.last_day else ""
    # A record that is scheduled to end is still active.
    return change.after if (record.status == INACTIVE) == (change.after == INACTIVE) else record.status


def _name(record: Company | Publication) -> str:
    return f"{'Company' if isinstance(record, Company) else 'Publication'} {record.id}"
