"""One way of a prospect through a sequence, however often and by however many processes it is begun (TRN-3, TRN-4)."""

from collections.abc import Iterable
from dataclasses import dataclass

from blocks.outreach.block import OutreachClient
from blocks.outreach.responses import Mailbox, OutreachSequence, SequenceState
from rules.common.records import Change
from tasks.core.effects import recording
from tasks.outreach.records import OUTREACH, check_can_start


@dataclass(frozen=True)
class Start:
    """What is to be begun.

    Attributes:
        sequence: which.
        mailbox: of the new CSM.
        rule: why.
        before: ids of the states that were there before this hand-over.
    """

    sequence: OutreachSequence
    mailbox: Mailbox
    rule: str
    before: frozenset[int]

    def is_ours(self, state: SequenceState) -> bool:
        """Whether this hand-over began it: by this mailbox, and not one that had ended before."""
        return state.mailbox == self.mailbox.id and (state.goes_on or state.id not in self.before)


async def only_state(client: OutreachClient, prospect_id: int, start: Start) -> SequenceState:
    """The one state of the prospect in the sequence, begun if there is none; every other that goes on is finished.

    Outreach cannot look and begin at once: the caller holds the lock of the prospect.

    Raises:
        VendorRefused: the prospect, the sequence or the mailbox does not allow it.
        VendorUnavailable: when `outcome_unknown`, the next call finds what was begun.
    """
    states = await _states(client, prospect_id, start)
    ours = [one for one in states if start.is_ours(one)]
    await finish([one for one in states if one not in ours], client, start.sequence.name, start.rule)
    if not ours:
        begun = await _begin(client, prospect_id, start)
        ours = [one for one in await _states(client, prospect_id, start) if start.is_ours(one)] or [begun]
    kept, *doubles = sorted(ours, key=lambda one: (not one.goes_on, one.id))
    await finish(doubles, client, start.sequence.name, start.rule)
    return kept


async def _states(client: OutreachClient, prospect_id: int, start: Start) -> list[SequenceState]:
    return await client.sequence_states([prospect_id], [start.sequence.id])


async def _begin(client: OutreachClient, prospect_id: int, start: Start) -> SequenceState:
    check_can_start(await client.prospect(prospect_id), start.sequence, start.mailbox)
    with recording(_change(prospect_id, start.sequence.name, "", start.mailbox.email, start.rule)):
        return await client.add_to_sequence(prospect_id, start.sequence.id, start.mailbox.id)


async def finish(states: Iterable[SequenceState], client: OutreachClient, sequence: str, rule: str) -> None:
    """End the states that go on."""
    for state in states:
        if state.goes_on:
            with recording(_change(state.prospect, sequence, state.state, "finished", rule)):
                await client.finish(state.id)


def _change(prospect_id: int, sequence: str, before: str, after: str, rule: str) -> Change:
    return Change(OUTREACH, f"Prospect {prospect_id}", f"Sequence {sequence}", before, after, rule)
