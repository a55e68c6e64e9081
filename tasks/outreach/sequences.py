"""One state of a prospect in a sequence, even if several processes start it (TRN-3, TRN-4)."""

from collections.abc import Iterable
from dataclasses import dataclass

from blocks.outreach.block import OutreachClient
from blocks.outreach.responses import Mailbox, OutreachSequence, SequenceState
from rules.common.records import Change
from tasks.core.effects import recording
from tasks.outreach.records import OUTREACH, check_can_start


@dataclass(frozen=True)
class Start:
    """The start of a sequence.

    Attributes:
        sequence: the sequence.
        mailbox: of the new CSM.
        rule: its id.
        before: ids of the states that existed before this hand-over.
    """

    sequence: OutreachSequence
    mailbox: Mailbox
    rule: str
    before: frozenset[int]

    def is_ours(self, state: SequenceState) -> bool:
        """Whether this hand-over started a state: from this mailbox, and active or new."""
        return state.mailbox == self.mailbox.id and (state.goes_on or state.id not in self.before)


async def only_state(client: OutreachClient, prospect_id: int, start: Start) -> SequenceState:
    """The state of the prospect in the sequence, started if there is none; every other active state is finished.

    Outreach cannot search and start in one call: the caller must hold the lock of the prospect.

    Raises:
        VendorRefused: the prospect, the sequence or the mailbox does not allow it.
        VendorUnavailable: when `outcome_unknown`, the next call finds the state if it was started.
    """
    states = await _states(client, prospect_id, start)
    ours = [state for state in states if start.is_ours(state)]
    await finish([state for state in states if state not in ours], client, start.sequence.name, start.rule)
    if not ours:
        started = await _start(client, prospect_id, start)
        states = await _states(client, prospect_id, start)
        ours = [state for state in states if start.is_ours(state)] or [started]
    kept, *duplicates = sorted(ours, key=lambda state: (not state.goes_on, state.id))
    await finish(duplicates, client, start.sequence.name, start.rule)
    return kept


async def _states(client: OutreachClient, prospect_id: int, start: Start) -> list[SequenceState]:
    return await client.sequence_states([prospect_id], [start.sequence.id])


async def _start(client: OutreachClient, prospect_id: int, start: Start) -> SequenceState:
    check_can_start(await client.prospect(prospect_id), start.sequence, start.mailbox)
    with recording(_change(prospect_id, start.sequence.name, "", start.mailbox.email, start.rule)):
        return await client.add_to_sequence(prospect_id, start.sequence.id, start.mailbox.id)


async def finish(states: Iterable[SequenceState], client: OutreachClient, sequence: str, rule: str) -> None:
    """Finish the active states."""
    for state in states:
        if state.goes_on:
            with recording(_change(state.prospect, sequence, state.state, "finished", rule)):
                await client.finish(state.id)


def _change(prospect_id: int, sequence: str, before: str, after: str, rule: str) -> Change:
    return Change(OUTREACH, f"Prospect {prospect_id}", f"Sequence {sequence}", before, after, rule)
