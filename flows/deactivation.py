"""Deactivation: clients end with their contract, stay with a renewal, on the right day (PUB-3 to PUB-5, PUB-7)."""

from functools import partial
from typing import Any

from prefect import State
from prefect.states import Completed

from flows.parameters import AccountId, ContractId
from rules.clients import Client
from rules.deactivation import Deactivation, deactivation
from rules.ids import NotAnId, to18
from rules.problems import NeedsPeople
from rules.service import Service, service
from rules.sweep import about, mark
from tasks.asking import asking, called_off
from tasks.audit import Trail, audit_trail, leave_trail
from tasks.conversation import hear
from tasks.ending import read_in_lms, read_subscriptions, set_cs_status, set_end
from tasks.ending_reports import end_message, ending_key, sentence, show_end
from tasks.ending_runs import STAGE
from tasks.matters import Matter
from tasks.policy import house_rules
from tasks.procedure import Preview, procedure
from tasks.runs import Claim, claim, name_run, present_run, tag_run
from tasks.salesforce_clients import account_of, read_client, read_clients
from tasks.slack import SALES, THE_CSM, Announced, tell_of_end
from tasks.steps import plain, together


@procedure("deactivation", run_name="End of service of {account_id}")
async def deactivate_account(
    account_id: AccountId | None = None, contract_id: ContractId | None = None, preview: Preview = False
) -> State[Any]:
    """Bring a client's end of service into line with its contracts: set, withdrawn, done, or asked about.

    Give the account, or one of its contracts. A run that is started twice, or run again, does only what is not done.
    """
    account_id = await the_account(account_id, contract_id)
    mine, talk = await together(claim(f"account:{account_id}", preview=preview), hear(present_run().id))
    if mine.held_by:
        return Completed(name="Already under way", message=f"This account is being looked after by {mine.held_by}")
    client, rules = await together(read_client(account_id), house_rules())
    standing = service(client, rules.today, rules.windows)
    what = partial(matter_of, client, standing, mine)
    if talk.cancelled:
        return await called_off(await what(), talk)

    async with asking(what, talk, preview=preview) as people, audit_trail(account_id) as trail:
        in_lms, billed, _ = await together(
            read_in_lms(client),
            read_subscriptions(client),
            name_run(f"End of service of {client.name}", preview=preview),
        )
        todo = deactivation(client, standing, in_lms.company, in_lms.publications, billed)
        if not preview:
            await apply(client, standing, todo, mine, trail)
        await show_end(client, standing, todo, preview=preview)
        if todo.asks:
            raise NeedsPeople(todo.problems)
        if not preview:
            await together(people.reviewed(), tag_run(f"{STAGE}{mark(standing)}"))
    return ended(client, standing, todo, preview=preview)


async def the_account(account_id: str | None, contract_id: str | None) -> str:
    """The 18-character id of the account that a person named, be it by one of its contracts.

    Raises:
        NotAnId: neither was given, or what was given is no id.
    """
    if account_id:
        return to18(account_id, "001")
    if contract_id:
        return await account_of(to18(contract_id, "800"))
    raise NotAnId("Neither an account nor a contract is named. Enter the id of one of them.")


async def apply(client: Client, standing: Service, todo: Deactivation, mine: Claim, trail: Trail) -> None:
    """Change what is to be changed, and tell CSM and sales.

    The account's status comes last: until it is written, a re-run finds that there is something to tell.
    """
    for end in todo.ends:
        trail += await set_end(client, end)
    if todo.news:
        await together(*(tell(client, standing, todo.news, mine, whom) for whom in (SALES, THE_CSM)))
    if todo.status:
        trail += await set_cs_status(client.name, todo.status[0].after, plain(todo.status))


async def tell(client: Client, standing: Service, news: str, mine: Claim, whom: str) -> Announced:
    """Tell sales or the CSM how it stands; each news of an end once."""
    key = f"deactivation:{about(standing) or client.id}:{news or present_run().id}:{whom}"
    text = await end_message(client, standing, news)
    told = await tell_of_end(
        key, whom=whom, name=client.name, news=news or "does not fit", text=text, since=mine.since
    )  # fmt: skip
    leave_trail(told["effects"])
    return told


async def matter_of(client: Client, standing: Service, mine: Claim) -> Matter:
    """What people are asked about the end of a service: the account's owner, in the thread of a notice."""
    contracts = [f"contract:{one.id}" for one in client.agreements]
    renewals = [f"opportunity:{one.id}" for one in client.renewals]

    async def unchanged() -> bool:
        return await read_clients([client.id]) == [client]

    return Matter(
        name=client.name,
        what="end of service",
        record_id=client.id,
        account_id=client.id,
        owner=client.owner,
        manager=client.manager,
        mrr=client.mrr,
        records=(f"account:{client.id}", *contracts, *renewals),
        page=f"waiting-{ending_key(client.id)}",
        announced=partial(tell, client, standing, "", mine, SALES),
        unchanged=unchanged,
    )


def ended(client: Client, standing: Service, todo: Deactivation, *, preview: bool) -> State[Any]:
    """The run's last word."""
    said = f"{client.name}: {sentence(standing)}"
    if preview:
        return Completed(name="Previewed", message=f"{said} {len(todo.changes)} changes would be made.")
    if todo.problems:
        return Completed(name="Not settled yet", message=f"{said} {' '.join(map(str, todo.problems))}")
    return Completed(message=f"{said} {len(todo.changes)} changes were made.")
