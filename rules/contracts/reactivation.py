"""Who ended a service, and whether the client returns to service (PUB-5).

A client returns by a renewal, or by a contract that began or was extended after the end. A client whom people
deactivated does not return by itself; while one of its contracts is in force, sales decide.
"""

from datetime import date

from rules.common.problems import Choice, Problem, Responsible
from rules.common.records import INACTIVE, Company, Publication
from rules.contracts.clients import Client
from rules.contracts.service_term import Phase, ServiceTerm

CS_STATUS, DEACTIVATED = "CS Status", "Deactivated"
OURS = "End of contract"
"""The beginning of the reason that this product writes for an end."""
RETURN_TOPIC = "service"
STAYS_OFF, IS_BACK = "stays off", "is back"


def ended_by_contract(client: Client, record: Company | Publication) -> bool:
    """Whether a contract ended a record: by the record's reason, or without a reason by its last day."""
    if record.reason:
        return record.reason.startswith(OURS)
    return record.last_day is not None and record.last_day in {one.end for one in client.agreements}


def comes_back(client: Client, service: ServiceTerm, company: Company, choice: str = "") -> bool:
    """Whether an inactive company is in service again.

    Args:
        client: the client of the company.
        service: the term of its service, which has not ended.
        company: the inactive company.
        choice: the decision of sales; "" for none.
    """
    if choice:
        return choice == IS_BACK
    if company.reason:
        return ended_by_contract(client, company)
    return _began_after(service, company.last_day)


def publication_comes_back(
    client: Client, service: ServiceTerm, publication: Publication, company: Company | None
) -> bool:
    """Whether an inactive publication is in service again: only if it ended with a contract or with the company."""
    if publication.reason:
        return ended_by_contract(client, publication)
    with_company = company is not None and company.last_day == publication.last_day and company.status == INACTIVE
    return (with_company or ended_by_contract(client, publication)) and _began_after(service, publication.last_day)


def return_problems(client: Client, service: ServiceTerm, company: Company | None, choice: str) -> tuple[Problem, ...]:
    """Return the question about a client that people deactivated while a contract is in force (PUB-5)."""
    if choice or service.agreement is None or service.phase is Phase.ENDED:
        return ()
    is_marked = client.cs_status == DEACTIVATED
    if company is None:
        is_back = not is_marked or _began_after(service, _latest_end(client, service))
    elif company.status == INACTIVE:
        began = service.phase is Phase.RUNS and _began_after(service, company.last_day)
        is_back = comes_back(client, service, company) or not (is_marked or began)
    else:
        is_back = not is_marked
    return () if is_back else (deactivated_problem(client, service, company),)


def _began_after(service: ServiceTerm, last_day: date | None) -> bool:
    """Whether a contract has begun after that day."""
    return last_day is not None and service.begun is not None and service.begun > last_day


def _latest_end(client: Client, service: ServiceTerm) -> date | None:
    """Return the latest end before the present contract began; None without any."""
    begun = service.begun or date.min
    return max((one.end for one in client.signed if one.end and one.end < begun), default=None)


def deactivated_problem(client: Client, service: ServiceTerm, company: Company | None) -> Problem:
    """Return the question whether a client whose service is off is served again."""
    agreement = service.agreement
    assert agreement is not None
    in_lms = ""
    if company is not None:
        why = f": {company.reason}" if company.reason else ""
        in_lms = f", company {company.id} is {company.status} in the LMS{why}"
    return Problem(
        *(Responsible.SALES, "Account", client.id, CS_STATUS),
        f"{client.cs_status or 'empty'}{in_lms}, but contract {agreement.number} is in force until {agreement.end}",
        "Choose whether the client stays deactivated or is served again. If it has left, terminate the contract.",
        "PUB-5",
        topic=RETURN_TOPIC,
        choices=(Choice(STAYS_OFF, "It stays deactivated"), Choice(IS_BACK, "It is served again")),
    )
