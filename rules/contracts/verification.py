"""Whether an end of service, or its withdrawal, stands in every system as it was written (PUB-4, PUB-5)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rules.common.records import INACTIVE, Change, Company, Publication
from rules.contracts.ambiguities import LAST_DAY
from rules.contracts.clients import Client


@dataclass(frozen=True)
class Discrepancy:
    """A field that is not as it was written."""

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
    """What is not as it was written; none when all is.

    Args:
        changes: that were made.
        client: as Salesforce has it now.
        records: the company and its publications, as the LMS has them now.
    """
    return tuple(_otherwise(changes, client, {_name(one): one for one in records}))


def _otherwise(
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
    # What is in service until a day that is set is active too.
    return change.after if (record.status == INACTIVE) == (change.after == INACTIVE) else record.status


def _name(record: Company | Publication) -> str:
    return f"{'Company' if isinstance(record, Company) else 'Publication'} {record.id}"
