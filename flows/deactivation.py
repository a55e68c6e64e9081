"""Deactivation: clients end with their contract, stay with a renewal, on the right day (PUB-3 to PUB-5, PUB-7)."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Any

from prefect import State
from prefect.states import Completed
from pydantic import Field

from flows.parameters import AccountId, ContractId
from rules.common.ids import to18
from rules.common.problems import HumanInputRequired
from rules.contracts.clients import Client
from rules.contracts.deactivation import Deactivation, deactivation
from rules.contracts.outlook import outlook
from rules.contracts.reactivation import DEACTIVATED, RETURN_TOPIC, deactivated_problem
from rules.contracts.service_term import Phase, ServiceTerm, Windows, determine_term
from rules.contracts.sweep import (
    PreviousRun,
    RunStatus,
    SweepAction,
    SweepItem,
    accounts_with_pending_end,
    by_account,
    stage_key,
    sweep_item,
    term_key,
)
from rules.contracts.sweep_guard import GUARD_TOPIC, exceeds_guard
from tasks.core.errors import BadInput
from tasks.core.policy import load_policy
from tasks.core.steps import as_dicts, gather_all
from tasks.deactivation.reports import end_message, ending_key, sentence, show_end
from tasks.deactivation.runs import STAGE, earlier_runs, move_on, start_client_runs, start_publications
from tasks.deactivation.service_end import (
    InLms,
    confirm,
    news_owed,
    read_in_lms,
    read_subscriptions,
    set_cs_status,
    set_end,
)
from tasks.deactivation.sweep_reports import show_outlook, show_placeholders, show_sweep
from tasks.onboarding.placeholders import placeholders_left
from tasks.procedure import Preview, procedure
from tasks.questions.asking import asking, called_off
from tasks.questions.history import load_history
from tasks.questions.subject import QuestionSubject, bulk_subject, client_matter
from tasks.runs.audit import Trail, audit_trail, record_effects
from tasks.runs.claims import Claim, claim_record, name_run, present_run, tag_run, this_try
from tasks.runs.progress import progress
from tasks.salesforce.clients import AT_ONCE, account_of, read_client
from tasks.salesforce.ends import clients_of, due_accounts
from tasks.slack.messages import SALES, THE_CSM, Announced, tell_of_end

SWEEP = "sweep:end-of-contract"
OUTLOOK = timedelta(days=90)
On = Annotated[
    date | None, Field(title="From day", description="For a preview: the day to look ahead from; empty for today.")
]


@procedure("deactivation", run_name="End of service of {account_id}")
async def deactivate_account(
    account_id: AccountId | None = None, contract_id: ContractId | None = None, preview: Preview = False
) -> State[Any]:
    """Bring a client's end of service into line with its contracts: set, withdrawn, done, or asked about.

    Give the account, or one of its contracts. A run that is started twice, or run again, does only what is not done.
    """
    account_id = await resolve_account_id(account_id, contract_id)
    claim, history = await gather_all(
        claim_record(f"account:{account_id}", preview=preview), load_history(present_run().id)
    )
    if claim.other_run:
        return Completed(name="Already under way", message=f"This account is being looked after by {claim.other_run}")
    client, rules = await gather_all(read_client(account_id), load_policy())
    standing = determine_term(client, rules.today, rules.windows)
    what = partial(term_subject, client, standing, claim)
    if history.cancelled:
        return await called_off(await what(), history)

    async with asking(what, history, preview=preview) as people, audit_trail(account_id) as trail:
        in_lms, billed, _ = await gather_all(
            read_in_lms(client),
            read_subscriptions(client),
            name_run(f"End of service of {client.name}", preview=preview),
        )
        choice = people.chosen.get(RETURN_TOPIC, "")
        todo = deactivation(client, standing, in_lms.company, in_lms.publications, billed, choice=choice)
        if not preview:
            await apply(client, standing, todo, claim, trail)
        await show_end(client, standing, todo, preview=preview)
        if todo.ask_now:
            raise HumanInputRequired(todo.problems)
        if not preview:
            await gather_all(people.reviewed(), tag_run(f"{STAGE}{stage_key(standing, todo.status_after(client))}"))
    return final_state(client, standing, todo, preview=preview)


async def resolve_account_id(account_id: str | None, contract_id: str | None) -> str:
    """The 18-character id of the account that a person named, be it by one of its contracts.

    Raises:
        BadInput: neither was given.
        NotAnId: what was given is no id.
    """
    if account_id:
        return to18(account_id, "001")
    if contract_id:
        return await account_of(to18(contract_id, "800"))
    raise BadInput("Neither an account nor a contract is named: enter the id of one of them.")


async def apply(client: Client, standing: ServiceTerm, todo: Deactivation, claim: Claim, trail: Trail) -> None:
    """Change what is to be changed, read it back, and tell CSM and sales.

    A client that comes back is marked in Salesforce first: until the last change is made, a re-run finds it missing.

    Raises:
        WrongAnswer: a system does not have what was written.
    """
    news = await news_owed(stage_key(standing), todo.notification) if not todo.problems else ""
    steps = [partial(set_end, client, end) for end in todo.ends]
    if status := todo.status_after(client) if todo.status else "":
        write = partial(set_cs_status, client.name, status, as_dicts(todo.status), try_id=this_try())
        steps.insert(len(steps) if status == DEACTIVATED else 0, write)
    for step in steps:
        trail += await step()
    if steps:
        await confirm(client, todo.changes)
    if news:
        await gather_all(*(tell(client, standing, news, claim, whom) for whom in (SALES, THE_CSM)))


async def stay(client: Client, claim: Claim, trail: Trail, choice: str = "", *, sold: bool = False) -> InLms:
    """The client in the LMS, once what was set to end is withdrawn for one that goes on: now, not at night (PUB-5)."""
    in_lms: InLms = await read_in_lms(client)
    rules = await load_policy()
    standing = determine_term(client, rules.today, rules.windows)
    if standing.agreement is None or standing.phase is not Phase.RUNS:
        return in_lms
    todo = deactivation(client, standing, in_lms.company, in_lms.publications, (), choice=choice)
    if sold and todo.is_off and in_lms.company and not choice:
        raise HumanInputRequired([deactivated_problem(client, standing, in_lms.company)])
    if todo.changes and not todo.problems:  # what does not fit is asked by the client's own run
        await apply(client, standing, todo, claim, trail)
        await show_end(client, standing, todo, preview=False)
        in_lms = await read_in_lms(client)
    return in_lms


async def tell(client: Client, standing: ServiceTerm, news: str, claim: Claim, whom: str) -> Announced:
    """Tell sales or the CSM how it stands; each news of an end once."""
    key = f"deactivation:{term_key(standing) or client.id}:{news or present_run().id}:{whom}"
    text = await end_message(client, standing, news)
    told = await tell_of_end(
        key, whom=whom, name=client.name, news=news or "does not fit", text=text, since=claim.since
    )  # fmt: skip
    record_effects(told["effects"])
    return told


async def term_subject(client: Client, standing: ServiceTerm, claim: Claim) -> QuestionSubject:
    """What people are asked about the end of a service."""
    return client_matter(
        client,
        what="end of service",
        page=f"waiting-{ending_key(client.id)}",
        announced=partial(tell, client, standing, "", claim, SALES),
        also=(f"opportunity:{one.id}" for one in client.renewals),
    )


def final_state(client: Client, standing: ServiceTerm, todo: Deactivation, *, preview: bool) -> State[Any]:
    """The run's last word."""
    said = f"{client.name}: {sentence(standing, todo)}"
    if preview:
        return Completed(name="Previewed", message=f"{said} Changes that would be made: {len(todo.changes)}.")
    if todo.problems:
        return Completed(name="Needs clarification", message=f"{said} {' '.join(map(str, todo.problems))}")
    return Completed(message=f"{said} Changes made: {len(todo.changes)}.")


@procedure("deactivation", run_name="End of contract")
async def end_of_contract(on: On = None, preview: Preview = False) -> State[Any]:
    """Look at every contract that ends, has ended or was renewed, and have a run look after each client concerned.

    A night that was missed is made up for: what stands in Salesforce counts, not what changed since the last one.
    """
    if on and not preview:
        raise BadInput("Another day than today can only be looked at: tick preview, or leave the day empty.")
    claim, history, rules = await gather_all(
        claim_record(SWEEP, preview=preview), load_history(present_run().id), load_policy()
    )
    today, windows = rules.today, rules.windows
    if claim.other_run:
        # One that waits for CS Operations looks again: withdrawals must not wait with it.
        await move_on("the sweep that waits", {claim.holder: RunStatus.WAITS})
        return Completed(name="Already under way", message=f"The contracts are being looked at by {claim.other_run}")
    if preview:
        return await look_ahead(on or today)
    if history.cancelled:
        return await called_off(await matter_of_sweep(), history)

    async with asking(matter_of_sweep, history, preview=False) as people:
        horizon = today + timedelta(days=windows.look_ahead)
        due, earlier = await gather_all(
            due_accounts(today - rules.catch_up, horizon, today), earlier_runs(horizon - today + rules.catch_up)
        )
        lines = await look_at(
            (*due.accounts, *accounts_with_pending_end(earlier, due.accounts)), earlier, today, windows
        )
        ends = [one for one in lines if one.is_new and one.action is SweepAction.START]
        others = [one for one in lines if one not in ends]
        started, _ = await gather_all(
            dispatch_runs(others), start_publications({one: str(first) for one, first in due.begun.items()})
        )
        if question := exceeds_guard(ends, due.clients, rules.guard, people.chosen.get(GUARD_TOPIC, "")):
            await show_sweep(lines, started, today)
            raise HumanInputRequired([question])
        started |= await dispatch_runs(ends)
        left, _ = await gather_all(placeholders_left(), people.reviewed())
        await gather_all(show_sweep(lines, started, today), show_placeholders(left))
    said = f"Clients looked at: {len(lines)}. Runs started: {len(started)}. Placeholders left: {len(left)}."
    return Completed(message=said)


async def look_at(
    accounts: Sequence[str], earlier: Sequence[PreviousRun], today: date, windows: Windows
) -> list[SweepItem]:
    """Where the service of each account stands and what is to be done about it, two hundred accounts in a call."""
    runs = by_account(earlier)
    lines: list[SweepItem] = []
    async with progress("Clients looked at", len(accounts)) as advance:
        for first in range(0, len(accounts), AT_ONCE):
            some = accounts[first : first + AT_ONCE]
            clients = await clients_of(f"{first + 1} to {first + len(some)} of {len(accounts)}", some)
            lines += [
                sweep_item(one, determine_term(one, today, windows), runs.get(one.id, ()), today) for one in clients
            ]
            await advance(len(some))
    return lines


async def dispatch_runs(lines: Sequence[SweepItem]) -> dict[str, str]:
    """Start the runs that are to be started, and have those that wait or broke off look again; run ids by account."""
    moved = {one.run_id: one.run_status for one in lines if one.action in (SweepAction.WAKE, SweepAction.RETRY)}
    if moved:
        await move_on(f"{len(moved)} clients", moved)
    keys = [(one.client_id, one.key) for one in lines if one.action is SweepAction.START]
    started: dict[str, str] = {}
    async with progress("Runs started", len(keys)) as advance:
        for first in range(0, len(keys), AT_ONCE):
            some = keys[first : first + AT_ONCE]
            started |= await start_client_runs(f"{first + 1} to {first + len(some)} of {len(keys)}", dict(some))
            await advance(len(some))
    return started


async def look_ahead(day: date) -> State[Any]:
    """Show which services end on each of the next 90 days, by what stands in Salesforce; nothing is written."""
    last, windows = day + OUTLOOK, Windows(OUTLOOK.days, OUTLOOK.days)
    due = await due_accounts(day, last, day)
    lines = [one for one in await look_at(due.accounts, (), day, windows) if one.last_day]
    days = outlook(lines, day, last)
    await gather_all(show_outlook(days, day, last), name_run(f"End of contract from {day}", preview=True))
    ends = sum(len(one.settled) for one in days)
    unsettled = sum(len(one.open) for one in days)
    said = f"From {day} to {last}, {ends} services end and {unsettled} are not settled. Nothing was written."
    return Completed(name="Previewed", message=said)


async def matter_of_sweep() -> QuestionSubject:
    """What CS Operations are asked about a sweep that would end unusually many."""
    return bulk_subject("End of contract", what="sweep", page="waiting-end-of-contract")
