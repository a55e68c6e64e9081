"""Deactivation: clients end with their contract, stay with a renewal, on the right day (PUB-3 to PUB-5, PUB-7)."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

from prefect import State
from prefect.states import Completed

from flows.parameters import AccountId, FirstDay, OrContractId, day_in
from rules.common.ids import record_id_in
from rules.common.problems import HumanInputRequired, to_settle
from rules.common.text import counted
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
from tasks.core.steps import gather_all
from tasks.deactivation.reports import end_message, ending_key, sentence, show_end
from tasks.deactivation.runs import STAGE, continue_runs, earlier_runs, start_client_runs, start_publications
from tasks.deactivation.service_end import (
    InLms,
    confirm,
    pending_notification,
    read_in_lms,
    read_subscriptions,
    set_cs_status,
    set_end,
)
from tasks.deactivation.sweep_reports import show_outlook, show_placeholders, show_sweep
from tasks.onboarding.placeholders import remaining_placeholders
from tasks.procedure import Preview, Run, procedure
from tasks.questions.subject import QuestionSubject, bulk_subject, client_subject
from tasks.runs.claims import present_run, tag_run
from tasks.runs.progress import progress
from tasks.salesforce.clients import AT_ONCE, account_of, read_client
from tasks.salesforce.ends import DueAccounts, clients_of, due_accounts
from tasks.slack.messages import Announced
from tasks.slack.notices import SALES, THE_CSM, notify_of_end

SWEEP = "sweep:end-of-contract"
OUTLOOK = timedelta(days=90)
LEAVE_AS_IT_IS = "Leave this service as it is"
LEFT_AS_IT_IS = (
    "Nothing will end this service on its last day, unless the LMS has that day already, and nobody is asked again. "
    "A new contract or end date in Salesforce starts it anew."
)
"""What a cancelled run means for the customer: the sweep leaves that end alone."""


@procedure("deactivation", run_name="End of service of {account_id|contract_id}")
async def deactivate_account(
    run: Run, account_id: AccountId = "", contract_id: OrContractId = "", preview: Preview = False
) -> State[Any]:
    """Bring a client's end of service into line with its contracts: set, withdrawn, done, or asked about.

    Give the account, or one of its contracts. A run that is started twice, or run again, does only what is not done.
    """
    # 1. Determine the term of service by the contracts (PUB-4, PUB-5)
    account_id = await resolve_account_id(account_id, contract_id)
    client = await run.begin(f"account:{account_id}", read_client(account_id))
    term = determine_term(client, run.policy.today, run.policy.windows)
    await run.open(account_id=account_id, account=client.name, about=partial(term_subject, run, client, term))

    # 2. Compare it with the LMS and Recurly, and plan the changes (PUB-3 to PUB-5)
    in_lms, billed, _ = await gather_all(
        read_in_lms(client), read_subscriptions(client), run.rename(f"End of service of {client.name}")
    )
    choice = run.questions.chosen.get(RETURN_TOPIC, "")
    plan = deactivation(client, term, in_lms.company, in_lms.publications, billed, choice=choice)

    # 3. Change, read back, tell CSM and sales; ask about what does not fit (PUB-3 to PUB-5, PUB-7)
    if run.preview:
        await run.planned(plan.changes, account_id, client.name)
    else:
        await apply(run, client, term, plan)
    await show_end(client, term, plan, preview=run.preview)
    if plan.ask_now and not run.preview:
        raise HumanInputRequired(plan.problems)
    if not run.preview:
        stage = f"{STAGE}{stage_key(term, plan.status_after(client))}"
        await gather_all(run.questions.reviewed(), tag_run(stage))
    return final_state(client, term, plan, preview=run.preview)


async def resolve_account_id(account_id: str, contract_id: str) -> str:
    """The 18-character id of the account that a person named, be it by one of its contracts.

    Raises:
        BadInput: neither was given.
        NotAnId: the text is no id.
    """
    if account_id.strip():
        return record_id_in(account_id, "001")
    if contract_id.strip():
        return await account_of(record_id_in(contract_id, "800"))
    raise BadInput("Neither an account nor a contract is named: enter the id, or the address in Salesforce, of one.")


async def apply(run: Run, client: Client, term: ServiceTerm, plan: Deactivation) -> None:
    """Make the changes, read them back, and tell CSM and sales.

    A client that comes back is marked in Salesforce first: until the last change is made, a re-run finds it missing.

    Raises:
        UnexpectedResponse: a system does not have what was written.
    """
    notification = await pending_notification(stage_key(term), plan.notification) if not plan.problems else ""
    steps = [partial(set_end, client, end) for end in plan.ends]
    if plan.status:
        status = plan.status_after(client)
        write = partial(set_cs_status.labelled(f"{client.name}: {status}"), plan.status)
        steps.insert(len(steps) if status == DEACTIVATED else 0, write)
    for step in steps:
        await step()
    if steps:
        await confirm(client, plan.changes)
    if notification:
        await gather_all(*(notify(run, client, term, notification, whom) for whom in (SALES, THE_CSM)))


async def cancel_planned_end(run: Run, client: Client, choice: str = "", *, sold: bool = False) -> InLms:
    """Withdraw the planned end of a client whose service goes on, at once; the client in the LMS after that (PUB-5).

    Args:
        run: the present run.
        client: as Salesforce has it.
        choice: what sales decided about the client's return; "" for nothing.
        sold: the client's sale is being onboarded: an inactive company is asked about.

    Raises:
        HumanInputRequired: the client was deactivated, and sales must say whether it returns.
    """
    in_lms = await read_in_lms(client)
    term = determine_term(client, run.policy.today, run.policy.windows)
    if term.agreement is None or term.phase is not Phase.RUNS:
        return in_lms
    plan = deactivation(client, term, in_lms.company, in_lms.publications, (), choice=choice)
    if sold and plan.is_off and in_lms.company and not choice:
        raise HumanInputRequired([deactivated_problem(client, term, in_lms.company)])
    if plan.changes and not plan.problems:  # the client's own run asks about what does not fit
        await apply(run, client, term, plan)
        await show_end(client, term, plan, preview=False)
        in_lms = await read_in_lms(client)
    return in_lms


async def notify(run: Run, client: Client, term: ServiceTerm, notification: str, whom: str) -> Announced:
    """Tell sales or the CSM about the end of the service; each notification of an end once (PUB-4, PUB-5)."""
    key = f"deactivation:{term_key(term) or client.id}:{notification or present_run().id}:{whom}"
    text, news = await end_message(client, term, notification), notification or "does not fit"
    return await notify_of_end(key, whom=whom, name=client.name, news=news, text=text, since=run.claim.since)


async def term_subject(run: Run, client: Client, term: ServiceTerm) -> QuestionSubject:
    """The subject of questions about the end of a service."""
    return client_subject(
        client,
        what="end of service",
        page=f"waiting-{ending_key(client.id)}",
        announced=partial(notify, run, client, term, "", SALES),
        also=(f"opportunity:{renewal.id}" for renewal in client.renewals),
        cancel=LEAVE_AS_IT_IS,
        cancelled=LEFT_AS_IT_IS,
    )


def final_state(client: Client, term: ServiceTerm, plan: Deactivation, *, preview: bool) -> State[Any]:
    """The final state of the client's run."""
    said = f"{client.name}: {sentence(term, plan)}"
    if preview:
        summary = f"{said} {counted(len(plan.changes), 'change')} would be made. Nothing was written."
        return Completed(name="Previewed", message=f"{summary} {to_settle(plan.problems)}".strip())
    if plan.problems:
        return Completed(name="Needs clarification", message=f"{said} {' '.join(map(str, plan.problems))}")
    return Completed(message=f"{said} Changes made: {len(plan.changes)}.")


@procedure("deactivation", run_name="End of contract")
async def end_of_contract(run: Run, on: FirstDay = "", preview: Preview = False) -> State[Any]:
    """Look at every contract that ends, has ended or was renewed, and start a run for each client concerned.

    A night that was missed is made up for: the records in Salesforce count, not what changed since the last night.
    """
    day = day_in(on)
    if day and not run.preview:
        raise BadInput("Another day than today can only be looked at: tick preview, or leave the day empty.")
    await run.begin(SWEEP)
    if run.claim.other_run:
        # One that waits for CS Operations looks again: withdrawals must not wait with it.
        await continue_runs.labelled("the sweep that waits")({run.claim.holder: RunStatus.WAITS})
    await run.open(about=sweep_subject)
    today, chosen = run.policy.today, run.questions.chosen
    if run.preview and not run.shadow:
        return await look_ahead(run, day or today)

    # 1. Find the accounts that are due, and determine what each needs (PUB-4, PUB-5)
    items, due = await find_due(run)
    ends = [item for item in items if item.is_new and item.action is SweepAction.START]
    others = [item for item in items if item not in ends]

    # 2. Start the runs; CS Operations decide first if unusually many services would end (PUB-2, PUB-7)
    begun = {contract: str(first) for contract, first in due.begun.items()}
    started, _ = await gather_all(dispatch_runs(others), start_publications(begun))
    acting = [item for item in ends if not run.policy.going_live.previews(item.client_id)]
    held = ""
    if question := exceeds_guard(acting, due.clients, run.policy.guard, chosen.get(GUARD_TOPIC, "")):
        if not run.shadow:
            await show_sweep(items, started, today)
            raise HumanInputRequired([question])
        held = f" {counted(len(acting), 'end')} of live accounts held back: more than the guard allows."
        ends = [item for item in ends if item not in acting]
    started |= await dispatch_runs(ends)

    # 3. Report, with the placeholders that are left (PUB-6)
    left, _ = await gather_all(remaining_placeholders(), run.questions.reviewed())
    await gather_all(show_sweep(items, started, today), show_placeholders(left))
    message = f"Clients looked at: {len(items)}. Runs started: {len(started)}. Placeholders left: {len(left)}.{held}"
    return Completed(message=message)


async def find_due(run: Run) -> tuple[list[SweepItem], DueAccounts]:
    """Every account that is due, or whose planned end may have to be withdrawn, and what is to be done about it."""
    today, policy = run.policy.today, run.policy
    horizon = today + timedelta(days=policy.windows.look_ahead)
    due, earlier = await gather_all(
        due_accounts(today - policy.catch_up, horizon, today), earlier_runs(horizon - today + policy.catch_up)
    )
    accounts = (*due.accounts, *accounts_with_pending_end(earlier, due.accounts))
    return await determine_items(accounts, earlier, today, policy.windows), due


async def determine_items(
    accounts: Sequence[str], earlier: Sequence[PreviousRun], today: date, windows: Windows
) -> list[SweepItem]:
    """The term of each account and what is to be done about it, two hundred accounts in a call."""
    runs = by_account(earlier)
    items: list[SweepItem] = []
    async with progress("Clients looked at", len(accounts)) as advance:
        for first in range(0, len(accounts), AT_ONCE):
            some = accounts[first : first + AT_ONCE]
            clients = await clients_of.labelled(f"{first + 1} to {first + len(some)} of {len(accounts)}")(some)
            items += [
                sweep_item(client, determine_term(client, today, windows), runs.get(client.id, ()), today)
                for client in clients
            ]
            await advance(len(some))
    return items


async def dispatch_runs(items: Sequence[SweepItem]) -> dict[str, str]:
    """Start, resume or retry the clients' runs, as each item says; the ids of started runs by account."""
    moved = {item.run_id: item.run_status for item in items if item.action in (SweepAction.WAKE, SweepAction.RETRY)}
    if moved:
        await continue_runs.labelled(counted(len(moved), "client"))(moved)
    keys = [(item.client_id, item.key) for item in items if item.action is SweepAction.START]
    started: dict[str, str] = {}
    async with progress("Runs started", len(keys)) as advance:
        for first in range(0, len(keys), AT_ONCE):
            some = keys[first : first + AT_ONCE]
            start = start_client_runs.labelled(f"{first + 1} to {first + len(some)} of {len(keys)}")
            started |= await start(dict(some))
            await advance(len(some))
    return started


async def look_ahead(run: Run, day: date) -> State[Any]:
    """Show which services end on each of the next 90 days, by the records in Salesforce; nothing is written."""
    last, windows = day + OUTLOOK, Windows(OUTLOOK.days, OUTLOOK.days)
    due = await due_accounts(day, last, day)
    items = [item for item in await determine_items(due.accounts, (), day, windows) if item.last_day]
    days = outlook(items, day, last)
    await gather_all(show_outlook(days, day, last), run.rename(f"End of contract from {day}"))
    ends = sum(len(one.settled) for one in days)
    unsettled = sum(len(one.open) for one in days)
    message = f"From {day} to {last}: {counted(ends, 'service')} to end, {unsettled} not settled. Nothing was written."
    return Completed(name="Previewed", message=message)


async def sweep_subject() -> QuestionSubject:
    """The subject of the question to CS Operations when unusually many services would end."""
    return bulk_subject("End of contract", what="sweep", page="waiting-end-of-contract")
