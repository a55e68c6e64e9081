"""Drift of the sender of a sequence in Outreach (REC-2, TRN-10)."""

from collections.abc import Iterator

from rules.common.text import normalize
from rules.reconciliation.client_state import OUTREACH, ClientState, Standards
from rules.reconciliation.drift import Offender, sentence
from rules.reconciliation.repairs import align_outreach
from rules.reconciliation.service import is_served


@sentence("The account's CSM sends every open sequence of an account transition.", needs=(OUTREACH,))
def open_outreach_sequences_have_the_current_owner(state: ClientState, _standards: Standards) -> Iterator[Offender]:
    """Yield each open sequence that another mailbox sends (TRN-10).

    An account without an active CSM is the matter of another sentence. Without the CSM's address nothing is compared.
    """
    csm = state.client.csm
    if csm is None or not csm.is_active or not csm.email or not is_served(state):
        return
    for one in state.sequences:
        if normalize(one.sender) != normalize(csm.email):
            field, expected = f"Mailbox of {one.sequence}", f"{csm.email}, of {csm.name}"
            found = one.sender or "a mailbox without a user"
            yield Offender(f"Prospect {one.prospect}", field, found, expected, align_outreach(state))
