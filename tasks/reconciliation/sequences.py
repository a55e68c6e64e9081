"""The prospects in sequences of account transitions that have not finished, by client (TRN-3, TRN-4)."""

from collections.abc import Iterable, Mapping

from blocks.outreach.block import OutreachClient
from blocks.outreach.responses import SequenceState
from rules.reconciliation.client_state import OpenSequence

Sequences = Mapping[str, tuple[OpenSequence, ...]]
"""By the account id of Salesforce, 18 characters."""


async def open_sequences(client: OutreachClient, names: Iterable[str]) -> Sequences:
    """The open sequences of every client.

    Args:
        client: of Outreach.
        names: of the sequences. One that Outreach does not have has no prospects.
    """
    known = [sequence for name in dict.fromkeys(names) if (sequence := await client.sequence_by_name(name))]
    titles = {sequence.id: sequence.name for sequence in known}
    states = [state for number in titles for state in await client.open_states(number)]
    accounts, senders = await _accounts(client, states), await _senders(client, states)
    found: dict[str, list[OpenSequence]] = {}
    for state in states:
        if account_id := accounts.get(state.prospect):
            one = OpenSequence(state.prospect, titles[state.sequence], senders.get(state.mailbox or 0, ""))
            found.setdefault(account_id, []).append(one)
    return {account_id: tuple(sequences) for account_id, sequences in found.items()}


async def _accounts(client: OutreachClient, states: Iterable[SequenceState]) -> dict[int, str]:
    """The account id of Salesforce by prospect; a prospect without one is missing."""
    prospects = await client.prospects({state.prospect for state in states})
    accounts = await client.accounts({prospect.account for prospect in prospects if prospect.account})
    custom_ids = {account.id: account.custom_id for account in accounts}
    ids = ((prospect.id, custom_ids.get(prospect.account or 0, "")) for prospect in prospects)
    return {prospect_id: account_id for prospect_id, account_id in ids if account_id}


async def _senders(client: OutreachClient, states: Iterable[SequenceState]) -> dict[int, str]:
    """The e-mail address of the user by mailbox; a mailbox without a user is missing."""
    mailboxes = await client.mailboxes({state.mailbox for state in states if state.mailbox})
    users = await client.users({mailbox.user_id for mailbox in mailboxes if mailbox.user_id})
    emails = {user.id: user.email for user in users}
    return {mailbox.id: emails[mailbox.user_id or 0] for mailbox in mailboxes if mailbox.user_id in emails}
