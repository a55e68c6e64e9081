"""Contradictions of LMS and Recurly with the end of a client's service (PUB-3, PUB-7)."""

from collections.abc import Iterator, Sequence

from rules.common.problems import Problem, Responsible
from rules.common.records import INACTIVE, Company, Subscription
from rules.contracts.clients import Client
from rules.contracts.reactivation import DEACTIVATED, ended_by_contract
from rules.contracts.service_term import DAY, Phase, ServiceTerm

LAST_DAY = "Last Day of Service"
_OVER = ("expired", "failed")
"""The states of a subscription that is no longer billed."""


def is_over(client: Client, service: ServiceTerm, company: Company | None) -> bool:
    """Whether the service has ended in the LMS too; then only a renewal can change something."""
    over = company.status == INACTIVE if company else client.cs_status == DEACTIVATED
    return over and service.phase is Phase.ENDED


def unknown_company(client: Client, company: Company | None) -> Iterator[Problem]:
    """Yield a problem when the account has a company id that the LMS lacks."""
    if client.lms_company_id and (company is None or company.id != client.lms_company_id):
        has = f"the LMS has {company.id} for this account" if company else "the LMS has no such company"
        yield Problem(
            *(Responsible.CS_OPS, "Account", client.id, "LMS Company Id", f"{client.lms_company_id}, but {has}"),
            "Correct the company id on the account, or clear it if the client was never set up.",
            "PUB-3",
        )


def other_end(client: Client, service: ServiceTerm, company: Company | None) -> Iterator[Problem]:
    """Yield a problem when somebody set another last day in the LMS (PUB-7)."""
    if company is None or company.last_day in (None, service.last_day) or company.status == INACTIVE:
        return
    if not ended_by_contract(client, company):
        yield Problem(
            *(Responsible.SALES, "LMS company", company.id, LAST_DAY),
            f"{company.last_day} ({company.reason or 'no reason given'}), but the contract ends on {service.last_day}",
            "Correct the end of the contract in Salesforce, or have CS Operations correct the company in the LMS.",
            "PUB-7",
        )


def billed_beyond(service: ServiceTerm, subscriptions: Sequence[Subscription]) -> Iterator[Problem]:
    """Yield a problem for each subscription that is billed beyond the last day of service (PUB-7)."""
    assert service.last_day is not None
    for subscription in subscriptions:
        until, state = subscription.until, subscription.state
        beyond = until is not None and until > service.last_day + DAY
        if state == "future" or (state not in _OVER and (subscription.renews or beyond)):
            state_until = f"is {state}{f' until {until}' if until else ''}"
            goes_on = "still renews" if subscription.renews else state_until
            but = f"but the contract ends on {service.last_day}"
            yield Problem(
                *(Responsible.SALES, "Recurly subscription", subscription.id, "State"),
                f"{subscription.plan}: {goes_on}, {but}",
                "Cancel the subscription if the client leaves, or enter the renewal in Salesforce if the client stays.",
                "PUB-7",
                sentence=f"The Recurly subscription ({subscription.plan}) {goes_on}, {but}.",
            )
