"""Compare an account in Outreach with its CSM, and start the sequences of other mailboxes again (REC-2, TRN-10)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import orjson

from blocks.outreach.block import OutreachClient
from blocks.outreach.responses import FAILED, Mailbox, OutreachSequence, SequenceState
from rules.common.records import Change
from tasks.core.steps import read_task
from tasks.outreach.handover import start_sequence, states_before
from tasks.outreach.login import outreach
from tasks.outreach.owners import planned_owners
from tasks.outreach.records import OUTREACH, account_of, check_can_start, mailbox_of, read_account, user_of
from tasks.runs.claims import present_run, server
from tasks.runs.inputs import MOST_INPUTS, save_input

RESTARTS = "outreach-restart-"
"""The keys under which a run saves the sequences that it starts again: this, the prospect and the sequence."""


@dataclass(frozen=True)
class OtherSender:
    """A prospect in a sequence that goes on, and is sent from another mailbox than the CSM's.

    Attributes:
        prospect: its id.
        name: of the prospect.
        sequence: its name.
        sequence_id: its id.
        mailbox: the id of the mailbox; None when it has none.
    """

    prospect: int
    name: str
    sequence: str
    sequence_id: int
    mailbox: int | None

    def change(self, csm_email: str) -> Change:
        """The change of the sender, for people."""
        before = f"mailbox {self.mailbox}" if self.mailbox else "no mailbox"
        sequence = f"Sequence {self.sequence}"
        return Change(OUTREACH, f"Prospect {self.prospect}", sequence, before, csm_email, "TRN-10")


@dataclass(frozen=True)
class OutreachDrift:
    """The differences between an account in Outreach and its CSM.

    Attributes:
        changes: of owners, then of senders.
        sequences: sent from other mailboxes.
    """

    changes: tuple[Change, ...]
    sequences: tuple[OtherSender, ...]


@read_task("Compare {label} in Outreach with its CSM")
async def outreach_drift(account_id: str, csm_email: str, sequences: Sequence[str]) -> OutreachDrift:
    """Owners other than the CSM, and sequences that go on from another mailbox.

    Sequences that have failed are left to the CSM, and prospects who have opted out get no mail.

    Args:
        account_id: of Salesforce, 18 characters.
        csm_email: of the CSM in Outreach.
        sequences: names; unknown names are ignored.

    Raises:
        VendorRefused: Outreach does not have the account or the user, or a sequence cannot be started again.
    """
    client = await outreach()
    user, account = await user_of(client, csm_email), await account_of(client, account_id)
    owners = [change for _, change in await planned_owners(client, account, user)]
    others = await _other_senders(client, account_id, sequences, await client.mailbox_of(user))
    if others:
        await mailbox_of(client, user)
    return OutreachDrift((*owners, *(one.change(csm_email) for one in others)), tuple(others))


async def _other_senders(
    client: OutreachClient, account_id: str, sequences: Sequence[str], mailbox: Mailbox | None
) -> list[OtherSender]:
    account = await read_account(client, account_id, sequences)
    rows = {row.id: row for name in sequences if (row := await client.sequence_by_name(name))}
    people = {prospect.id: prospect for prospect in account.prospects if not prospect.opted_out} if account else {}
    states = [state for state in account.states if _is_sent_by_another(state, mailbox)] if account else []
    found: dict[tuple[int, int], OtherSender] = {}
    for state in states:
        if state.prospect in people:
            prospect, row = people[state.prospect], rows[state.sequence]
            if mailbox:
                check_can_start(prospect, row, mailbox)
            found[prospect.id, row.id] = _other_sender(state, prospect.name, row)
    return list(found.values())


def _is_sent_by_another(state: SequenceState, mailbox: Mailbox | None) -> bool:
    return state.goes_on and state.state not in FAILED and (mailbox is None or state.mailbox != mailbox.id)


def _other_sender(state: SequenceState, name: str, row: OutreachSequence) -> OtherSender:
    return OtherSender(state.prospect, name, row.name, row.id, state.mailbox)


async def start_again(found: Iterable[OtherSender], csm_email: str, rules: Mapping[str, str]) -> list[int]:
    """Finish each sequence that another mailbox sends, and start it from the CSM's, once; the ids of the new states.

    A Retry completes also what an earlier try finished and could not start.

    Args:
        found: what this try of the run has found.
        csm_email: of the CSM in Outreach.
        rules: by the name of a sequence, the rule that asks for it.

    Raises:
        VendorRefused: names the user, mailbox, sequence or prospect to correct, and who can do it.
    """
    started = []
    for one in await _remembered(found):
        before = await states_before.labelled(one.name)(one.prospect, one.sequence)
        start, rule = start_sequence.labelled(one.name), rules.get(one.sequence, "TRN-3")
        started.append(await start(one.prospect, one.sequence, csm_email, rule=rule, before=before))
    return started


async def _remembered(found: Iterable[OtherSender]) -> list[OtherSender]:
    """What any try of this run has found."""
    run_id = present_run().id
    for one in found:
        await save_input(run_id, f"{RESTARTS}{one.prospect}-{one.sequence_id}", asdict(one))
    saved = await server().filter_flow_run_input(run_id, key_prefix=RESTARTS, limit=MOST_INPUTS, exclude_keys=set())
    return [OtherSender(**orjson.loads(row.value)) for row in saved]


@read_task("Verify {label} in Outreach")
async def outreach_differences(
    account_id: str, csm_email: str, sequences: Sequence[str], started: Sequence[int]
) -> list[str]:
    """The differences that are left between the account in Outreach and its CSM, a sentence each.

    Args:
        account_id: of Salesforce, 18 characters.
        csm_email: of the CSM in Outreach.
        sequences: names; unknown names are ignored.
        started: ids of the states that the run has started.
    """
    drift = await outreach_drift.fn(account_id, csm_email, sequences)
    account = await read_account(await outreach(), account_id, sequences)
    present = {state.id for state in account.states} if account else set()
    wrong = [f"Outreach {one.record}: {one.field} is {one.before} instead of {one.after}." for one in drift.changes]
    return [*wrong, *(f"Outreach has no sequence state {one}." for one in started if one not in present)]
