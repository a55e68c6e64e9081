"""What runs in shadow mode would have done in a week, against what Salesforce and the LMS have now (ADR-17)."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rules.assignment.plan import CSM, CSM_NEW, LEADER, LEADER_NEW, MANAGER_NEW, SEGMENTATION
from rules.common.records import Company, Publication
from rules.common.spreadsheet import text_cell
from rules.contracts.ambiguities import LAST_DAY
from rules.contracts.deactivation import STATUS
from rules.contracts.reactivation import CS_STATUS
from rules.onboarding.plan import FROM_LMS, FROM_RECURLY, NEW_COMPANY
from rules.onboarding.signup import money_text
from rules.onboarding.write_back import (
    COMPANY_NAME,
    LMS_COMPANY_ID,
    LOCATION_COUNT,
    MODULES,
    PLAN_AMOUNT,
    RECURLY_ACCOUNT_ID,
    RECURLY_BILLING_URL,
    SERVICE_LEVEL,
    USER_COUNT,
)
from rules.reports.week import Week

IN_SALESFORCE: Final[Mapping[str, tuple[str, ...]]] = {
    "Account": (LMS_COMPANY_ID, RECURLY_ACCOUNT_ID, RECURLY_BILLING_URL, CSM, LEADER, SEGMENTATION, CS_STATUS),
    "Opportunity": (SERVICE_LEVEL, CSM_NEW, MANAGER_NEW, LEADER_NEW),
}
"""The fields that are compared, by object."""
IN_LMS: Final = (COMPANY_NAME, USER_COUNT, LOCATION_COUNT, PLAN_AMOUNT, MODULES, LAST_DAY, STATUS)
"""The fields of companies and publications that are compared."""
Place = tuple[str, str, str]
"""Account id, record and field. A company has the record `NEW_COMPANY`, whether it exists or not."""


class Verdict(StrEnum):
    """How a planned value compares with the present one."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_YET = "nobody did it yet"
    NOT_COMPARED = "not compared"


@dataclass(frozen=True)
class PlannedValue:
    """A change that a run would have made.

    Attributes:
        account_id: 18 characters; "" for a record without an account.
        before: the value when the run read it.
        after: the value to be, for people.
        written: what would have been sent, such as a user's id.
        run: the page of the run.
    """

    account: str
    account_id: str
    system: str
    record: str
    field: str
    before: str
    after: str
    written: str
    run: str

    @property
    def place(self) -> Place | None:
        """Where the value is to be found; None if its field is not compared."""
        if self.system == "Salesforce" and self.field in IN_SALESFORCE.get(self.record.partition(" ")[0], ()):
            return (self.account_id, self.record, self.field)
        if self.system == "LMS" and self.field in IN_LMS and self.account_id:
            kind = self.record.partition(" ")[0]
            return (self.account_id, NEW_COMPANY if kind == "Company" else self.record, self.field)
        return None


@dataclass(frozen=True)
class Present:
    """The value that a field has now; as people read it, and as it is stored."""

    shown: str
    stored: str


@dataclass(frozen=True)
class ShadowLine:
    """A planned value, what is there now, and how they compare."""

    planned: PlannedValue
    present: str
    verdict: Verdict


@dataclass(frozen=True)
class FieldCount:
    """How often a field was planned, by verdict; a field that is never compared has no percentage."""

    field: str
    counts: Mapping[Verdict, int]

    @property
    def done(self) -> int:
        """How often people have done it, in whatever way."""
        return self.counts[Verdict.SAME] + self.counts[Verdict.DIFFERENT]

    @property
    def percent(self) -> int | None:
        """The share that people did as the run would have; None while nobody did any."""
        return round(100 * self.counts[Verdict.SAME] / self.done) if self.done else None


@dataclass(frozen=True)
class ShadowWeek:
    """The report of a week: its runs, and every line, in the order of accounts."""

    week: Week
    runs: int
    lines: tuple[ShadowLine, ...]

    @property
    def fields(self) -> list[FieldCount]:
        """The counts by field, the most frequent first."""
        names = dict.fromkeys(line.planned.field for line in self.lines)
        found = [_count(name, [line for line in self.lines if line.planned.field == name]) for name in names]
        return sorted(found, key=lambda one: (-sum(one.counts.values()), one.field))

    @property
    def total(self) -> FieldCount:
        """The counts over all fields."""
        return _count("All fields", self.lines)

    def having(self, verdict: Verdict) -> list[ShadowLine]:
        """The lines with a verdict."""
        return [line for line in self.lines if line.verdict is verdict]


def _count(name: str, lines: Sequence[ShadowLine]) -> FieldCount:
    return FieldCount(name, {each: sum(line.verdict is each for line in lines) for each in Verdict})


def latest(values: Iterable[PlannedValue]) -> list[PlannedValue]:
    """Return the last plan for each field of each record; `values` come the oldest first."""
    found = {(one.account_id, one.system, one.record, one.field): one for one in values}
    return sorted(found.values(), key=lambda one: (one.account, one.account_id))


def compared(values: Iterable[PlannedValue], present: Mapping[Place, Present]) -> tuple[ShadowLine, ...]:
    """Return each planned value with its verdict.

    Args:
        values: from `latest`.
        present: what there is now; a place without a value is empty.
    """
    return tuple(_line(one, present) for one in values)


def _line(planned: PlannedValue, present: Mapping[Place, Present]) -> ShadowLine:
    if planned.place is None:
        return ShadowLine(planned, "", Verdict.NOT_COMPARED)
    now = present.get(planned.place, Present("", ""))
    return ShadowLine(planned, now.shown, _verdict(planned, now))


def _verdict(planned: PlannedValue, now: Present) -> Verdict:
    if planned.after in (FROM_LMS, FROM_RECURLY):
        return Verdict.SAME if now.stored and now.stored != planned.before else Verdict.NOT_YET
    if planned.written == now.stored or planned.after == now.shown:
        return Verdict.SAME
    return Verdict.NOT_YET if planned.before in (now.shown, now.stored) else Verdict.DIFFERENT


def company_values(
    account_id: str, company: Company | None, publications: Iterable[Publication]
) -> dict[Place, Present]:
    """Return the present values of an account in the LMS."""
    found: dict[Place, Present] = {}
    records: dict[str, Company | Publication] = {f"Publication {each.id}": each for each in publications}
    if company:
        records[NEW_COMPANY] = company
        values = {
            COMPANY_NAME: company.name,
            USER_COUNT: str(company.user_count),
            LOCATION_COUNT: str(company.location_count),
            PLAN_AMOUNT: money_text(company.plan_amount),
            MODULES: ", ".join(sorted(set(company.modules))),
        }
        found |= {(account_id, NEW_COMPANY, field): Present(value, value) for field, value in values.items()}
    for record, one in records.items():
        last_day = one.last_day.isoformat() if one.last_day else ""
        found[account_id, record, LAST_DAY] = Present(last_day, last_day)
        found[account_id, record, STATUS] = Present(one.status, one.status)
    return found


def shadow_csv(report: ShadowWeek) -> str:
    """Return every line as a CSV file."""
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    columns = ("Week from", "Account", "Account id", "System", "Record", "Field", "Before", "Planned", "Now", "Verdict")
    writer.writerow(columns)
    for line in report.lines:
        one = line.planned
        cells = (one.account, one.account_id, one.system, one.record, one.field, one.before, one.after, line.present)
        writer.writerow((report.week.monday.isoformat(), *map(text_cell, cells), line.verdict.value))
    return file.getvalue()
