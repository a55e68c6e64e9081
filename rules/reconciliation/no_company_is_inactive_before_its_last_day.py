"""Drift of a service that ended, or is planned to end, before its last day (REC-2, PUB-4, PUB-5)."""

from collections.abc import Iterator

from rules.common.records import INACTIVE, Company
from rules.contracts.ambiguities import LAST_DAY
from rules.contracts.deactivation import ACTIVE, STATUS
from rules.contracts.reactivation import CS_STATUS, DEACTIVATED
from rules.reconciliation.client_state import LMS, ClientState, Standards
from rules.reconciliation.drift import Offender, sentence
from rules.reconciliation.end_of_service import PlannedEnd, planned_end
from rules.reconciliation.repairs import update_end_of_service


@sentence("No company is inactive before the last day of its contract.", needs=(LMS,))
def no_company_is_inactive_before_its_last_day(state: ClientState, standards: Standards) -> Iterator[Offender]:
    """Yield an inactive company, a planned end that is too early, and a CS Status that denies the service (PUB-5).

    An end that people planned is kept while the contract goes on beyond the look-ahead, as a deactivation keeps it.
    """
    planned, company = planned_end(state, standards), state.company
    if company is None or planned.is_over or not planned.is_compared:
        return
    repair, record = update_end_of_service(state), f"Company {company.id}"
    if company.status == INACTIVE:
        why = company.reason or "no reason given"
        yield Offender(record, STATUS, f"{INACTIVE} ({why})", f"{ACTIVE}, {planned.because}", repair)
        return
    if _is_early(company, planned):
        yield Offender(record, LAST_DAY, str(company.last_day), f"{_day(planned)}, {planned.because}", repair)
    if state.client.cs_status == DEACTIVATED:
        expected = f"Active, as company {company.id} is, {planned.because}"
        yield Offender(f"Account {state.client.id}", CS_STATUS, DEACTIVATED, expected, repair)


def _is_early(company: Company, planned: PlannedEnd) -> bool:
    """Whether a planned end must be cancelled, or be later."""
    end, present = planned.of_company, company.last_day
    return end is not None and present is not None and (end.last_day is None or present < end.last_day)


def _day(planned: PlannedEnd) -> str:
    end = planned.of_company
    return str(end.last_day) if end and end.last_day else "empty"
