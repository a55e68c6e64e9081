"""Drift of a service that goes on after its last day (REC-2, PUB-4)."""

from collections.abc import Iterator
from datetime import date

from rules.contracts.ambiguities import LAST_DAY
from rules.reconciliation.client_state import LMS, ClientState, Standards
from rules.reconciliation.drift import Offender, sentence
from rules.reconciliation.end_of_service import PlannedEnd, planned_end
from rules.reconciliation.repairs import update_end_of_service


@sentence("No company is active after the last day of its contract.", needs=(LMS,))
def no_company_is_active_after_its_last_day(state: ClientState, standards: Standards) -> Iterator[Offender]:
    """Yield what is in service after the last day, and a planned end that is later than that day (PUB-4).

    An end that is not planned yet is no offender: on the last day at the latest, the nightly sweep plans it.
    """
    planned = planned_end(state, standards)
    if not planned.is_compared:
        return
    if planned.is_over:
        yield from _in_service(state, planned)
    elif state.company and (end := planned.of_company) and _is_later(state.company.last_day, end.last_day):
        expected = f"{end.last_day}, {planned.because}"
        record, found = f"Company {end.id}", str(state.company.last_day)
        yield Offender(record, LAST_DAY, found, expected, update_end_of_service(state))


def _is_later(present: date | None, right: date | None) -> bool:
    return present is not None and right is not None and present > right


def _in_service(state: ClientState, planned: PlannedEnd) -> Iterator[Offender]:
    """Yield the company, its publications and the account's CS Status, where they do not show the end."""
    for change in (*(end.changes[-1] for end in planned.plan.ends), *planned.plan.status):
        expected = f"{change.after}, {planned.because}"
        yield Offender(change.record, change.field, change.before or "empty", expected, update_end_of_service(state))
