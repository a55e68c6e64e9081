"""Drift of the Recurly id and billing URL on an account (REC-2, ONB-11, ONB-12)."""

from collections.abc import Iterator

from rules.common.records import RecurlyAccount
from rules.onboarding.write_back import RECURLY_ACCOUNT_ID, RECURLY_BILLING_URL
from rules.reconciliation.client_state import RECURLY, ClientState, Standards
from rules.reconciliation.drift import Offender, sentence
from rules.reconciliation.repairs import onboard_again
from rules.reconciliation.service import is_served

_KEPT = ". Clear id and URL on the account, and the next report offers a repair: an onboarding keeps what is there"


@sentence("The Recurly id and billing URL on the account are those of its Recurly account.", needs=(RECURLY,))
def recurly_ids_agree(state: ClientState, standards: Standards) -> Iterator[Offender]:
    """Yield an id that is not that of the account in Recurly, and a billing URL that is not its page (ONB-11)."""
    if not is_served(state):
        return
    present, right = state.client.recurly_account_id or "", _right_account(state)
    if right is None:
        yield _offender(state, RECURLY_ACCOUNT_ID, _unknown(present), "the id of the client's account in Recurly")
        return
    if present != right.id:
        yield _offender(state, RECURLY_ACCOUNT_ID, present or "empty", f"{right.id}, the account {right.code}")
    url = standards.billing_url(right.code)
    if state.billing_url != url:
        yield _offender(state, RECURLY_BILLING_URL, state.billing_url or "empty", url)


def _right_account(state: ClientState) -> RecurlyAccount | None:
    """The account with the Salesforce id as its code; without an open one, that which people chose (ONB-12)."""
    code = state.client.id.casefold()
    own = next((one for one in state.recurly if one.code.casefold() == code), None)
    named = next((one for one in state.recurly if one.id == state.client.recurly_account_id), None)
    return own if own and (own.is_open or named is None) else named


def _unknown(present: str) -> str:
    return f"{present}, which Recurly does not have" if present else "empty, and Recurly has no account of this code"


def _offender(state: ClientState, field: str, found: str, expected: str) -> Offender:
    both = bool(state.client.recurly_account_id and state.billing_url)
    record = f"Account {state.client.id}"
    return Offender(record, field, found, f"{expected}{_KEPT if both else ''}", None if both else onboard_again(state))
