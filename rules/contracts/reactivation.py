"""Whose end of service it was, and what brings a client back (PUB-5).

Only a renewal, or a contract that began or was extended after the end, does. Whom people deactivated stays so; while a
contract of it is in force, sales say what is right.
"""

from datetime import date

from rules.common.problems import Choice, Problem, Responsible
from rules.common.records import INACTIVE, Company, Publication
from rules.contracts.clients import Client
from rules.contracts.service_term import Phase, ServiceTerm

CS_STATUS, DEACTIVATED = "CS Status", "Deactivated"
OURS = "End of contract"
"""How the reason begins that we give for an end; whoever else set one wrote something else."""
RETURN_TOPIC = "service"
STAYS_OFF, IS_BACK = "stays off", "is back"


def ended_by_contract(client: Client, record: Company | Publication) -> bool:
    """Whether the end of a record was that of a contract: by its reason, or where it has none, by its day."""
    if record.reason:
        return record.reason.startswith(OURS)
    return record.last_day is not None and record.last_day in {one.end for one in client.agreements}


def comes_back(client: Client, service: ServiceTerm, company: Company, choice: str = "") -> bool:
    """Whether a company whose service has ended is in service again, now that service goes on.

    Args:
        client: whose it is.
        service: how it stands: it has not ended.
        company: inactive.
        choice: what sales decided; "" for nothing.
    """
    if choice:
        return choice == IS_BACK
    if company.reason:
        return ended_by_contract(client, company)
    return _began_after(service, company.last_day)


def publication_comes_back(
    client: Client, service: ServiceTerm, publication: Publication, company: Company | None
) -> bool:
    """The same for a publication: one that ended with a contract, or with the company; others ended by themselves."""
    if publication.reason:
        return ended_by_contract(client, publication)
    with_company = company is not None and company.last_day == publication.last_day and company.status == INACTIVE
    return (with_company or ended_by_contract(client, publication)) and _began_after(service, publication.last_day)


def return_problems(client: Client, service: ServiceTerm, company: Company | None, choice: str) -> tuple[Problem, ...]:
    """What sales are asked about a client that people deactivated, though a contract of it is in force (PUB-5)."""
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
    """Whether a contract has begun since that day."""
    return last_day is not None and service.begun is not None and service.begun > last_day


def _latest_end(client: Client, service: ServiceTerm) -> date | None:
    """The last day of the contracts that ended before the present one began; None without any."""
    begun = service.begun or date.min
    return max((one.end for one in client.signed if one.end and one.end < begun), default=None)


def deactivated_problem(client: Client, service: ServiceTerm, company: Company | None) -> Problem:
    """The question whether a client whose service is off is served again."""
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
