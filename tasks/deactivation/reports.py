"""Messages and the account's artifact about the end of a client's service (PUB-4, PUB-5)."""

from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from rules.common.records import Person
from rules.contracts.clients import Client
from rules.contracts.deactivation import Deactivation
from rules.contracts.service_term import Phase, ServiceTerm
from tasks.assignment.reports import mention
from tasks.core.artifacts import show_page
from tasks.core.connections import connection
from tasks.core.steps import read_task
from tasks.runs.claims import page, present_run
from tasks.templates import render


def ending_key(account_id: str) -> str:
    """The key of an account's artifact about the end of its service."""
    return f"end-of-service-{account_id.lower()}"


async def end_message(client: Client, service: ServiceTerm, news: str) -> str:
    """The message to CSM and sales.

    Args:
        client: the client.
        service: its term of service.
        news: the notification, as `rules.contracts.deactivation.Deactivation` has it; "" for discrepancies.
    """
    org, members = await connection(SalesforceOrg), (await connection(Policy)).member_by_email

    def named(person: Person | None) -> object:
        return mention(person, members) if person else ""

    agreement = service.agreement
    return render(
        "end_of_service.slack",
        news=news,
        client=client,
        contract=agreement.number if agreement else "",
        last_day=service.last_day or "",
        csm=named(client.csm),
        owner=named(client.owner),
        account_url=org.record_url(client.id),
        contract_url=org.record_url(agreement.id if agreement else client.id),
        run_url=page(present_run().id),
    )


@read_task("Report on {client.name}")
async def show_end(client: Client, service: ServiceTerm, plan: Deactivation, *, preview: bool) -> None:
    """Show the term of service, the discrepancies, and the changes that were, or would be, made."""
    org = await connection(SalesforceOrg)
    text = render(
        "end_of_service.md",
        title=f"{'Preview: ' if preview else ''}{heading(service, plan)} of {client.name}",
        client=client,
        said=sentence(service, plan),
        problems=plan.problems,
        asked=_asked(plan, preview=preview),
        before="Now" if preview else "Before",
        after="Then" if preview else "After",
        changes=plan.changes,
        remarks=plan.remarks,
        account_url=org.record_url(client.id),
        record_url=org.record_url,
    )
    await show_page(text, key=ending_key(client.id), description=sentence(service, plan))


def _asked(plan: Deactivation, *, preview: bool) -> str:
    """What becomes of the problems."""
    if plan.ask_now:
        return "A run that is no preview asks people about them." if preview else "People are asked about them."
    return "Nobody is asked yet: there is time. No end is set."


def heading(service: ServiceTerm, plan: Deactivation) -> str:
    """The subject of the page: the end of the service only if the service ends."""
    return "end of service" if service.ends and not plan.problems else "service"


def sentence(service: ServiceTerm, plan: Deactivation) -> str:
    """The term of service in a sentence."""
    if service.agreement is None:
        at_fault = "when its service ends is not known: the dates of its contract are at fault."
        return at_fault if service.faults else "no signed contract has begun."
    contract, last_day = f"contract {service.agreement.number}", service.last_day
    is_over = service.phase is Phase.ENDED
    if plan.problems:
        return f"{contract} {'ended' if is_over else 'ends'} on {last_day}; the next step is not settled."
    if is_over:
        return f"its service ended after {last_day}, with {contract}."
    if plan.is_off:
        return f"its service is off, and {contract} runs until {last_day}."
    if service.ends:
        return f"{last_day} is its last day of service, by {contract}."
    return f"its service goes on, by {contract}, until {last_day}."
