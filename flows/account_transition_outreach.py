"""Align an account in Outreach with its CSM: owner of the account and its prospects, sender of sequences (TRN-10)."""

from typing import Any

from prefect import State
from prefect.states import Completed

from flows.parameters import AccountId
from rules.common.ids import record_id_in
from rules.common.records import Person
from rules.common.text import counted
from rules.contracts.clients import Client
from tasks.core.errors import BadInput
from tasks.core.steps import gather_all
from tasks.onboarding.verification import out_of_sync
from tasks.outreach.alignment import OutreachDrift, outreach_differences, outreach_drift, start_again
from tasks.outreach.owners import hand_over_in_outreach
from tasks.procedure import Preview, Run, procedure
from tasks.salesforce.clients import read_client
from tasks.salesforce.reassignments import read_people
from tasks.transition.introductions import sequence_rules
from tasks.transition.outreach_reports import show_outreach


@procedure("account-transition", run_name="Outreach of {account_id}")
async def align_outreach(run: Run, account_id: AccountId, preview: Preview = False) -> State[Any]:
    """Make the account's CSM in Salesforce the owner of the account and its prospects in Outreach, and the sender.

    Open sequences of the account transition that another mailbox sends are finished and started again from the CSM's
    mailbox. A run that is started twice, or run again, does only what is not done.
    """
    # 1. Read the account's CSM in Salesforce, and compare the account in Outreach
    account_id = record_id_in(account_id, "001")
    client, rules = await run.begin(f"account:{account_id}", gather_all(read_client(account_id), sequence_rules()))
    await run.open(f"{client.name} in Outreach", account_id=account_id, account=client.name)
    csm, email = await active_csm(client)
    drift = await outreach_drift.labelled(client.name)(account_id, email, list(rules))
    if run.preview:
        await run.planned(drift.changes, account_id, client.name)
        return await show_preview(client, drift)

    # 2. Change the owners, then start the sequences again (TRN-3, TRN-4, TRN-10)
    await hand_over_in_outreach.labelled(f"{client.name} to {csm.name}")(account_id, email)
    started = await start_again(drift.sequences, email, rules)

    # 3. Read everything back, and report (REC-3)
    verify = outreach_differences.labelled(client.name)
    if differences := await verify(account_id, email, list(rules), started):
        return out_of_sync(client.name, differences)
    summary = f"{csm.name} owns the account in Outreach. {counted(len(drift.changes), 'change')} made."
    await show_outreach(client, summary, drift.changes, preview=False)
    return Completed(message=f"{client.name}: {summary}")


async def active_csm(client: Client) -> tuple[Person, str]:
    """The account's active CSM, and the CSM's e-mail address.

    Raises:
        BadInput: the account has none, or the CSM has no address.
    """
    look_up = read_people.labelled(f"the CSM of {client.name}")
    found = await look_up([client.csm.id]) if client.csm else []
    csm = next((user.person for user in found if user.active and user.is_csm), None)
    if csm is None:
        remedy = f"CS Operations assign one with csm-assignment/csm-assignment and the account id {client.id}."
        raise BadInput(f"Account {client.id} ({client.name}): the Customer Success Manager is not active. {remedy}")
    if not csm.email:
        raise BadInput(f"User {csm.id} ({csm.name}): Email is empty. CS Operations enter it in Salesforce.")
    return csm, csm.email


async def show_preview(client: Client, drift: OutreachDrift) -> State[Any]:
    """Show the changes; nothing was written."""
    summary = f"{counted(len(drift.changes), 'change')} would be made. Nothing was written."
    await show_outreach(client, summary, drift.changes, preview=True)
    return Completed(name="Previewed", message=f"{client.name}: {summary}")
