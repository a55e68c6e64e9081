"""Drift of the welcome e-mail of a customer (REC-2, CSM-6, PUB-6)."""

from collections.abc import Iterator, Sequence

from rules.assignment.snapshot import OnboardingRecord
from rules.common.text import join_names
from rules.onboarding.no_welcome import is_no_welcome
from rules.onboarding.welcome import SEND, TOGETHER, record_of
from rules.reconciliation.client_state import ClientState, Standards
from rules.reconciliation.drift import Offender, sentence
from rules.reconciliation.repairs import assign_csm
from rules.reconciliation.service import is_served, recent_sale


@sentence("Every onboarded customer got one welcome e-mail; clients with a no-welcome policy need none.")
def every_welcome_was_sent_once(state: ClientState, standards: Standards) -> Iterator[Offender]:
    """Yield a customer whose welcome e-mail was sent several times, or never (CSM-6, PUB-6).

    A customer without a record of its latest sale is no offender: it was set up by hand, or its onboarding is not done.
    """
    if not is_served(state):
        return
    sent = [record for record in state.onboardings if record.send or record.sent_on]
    if len(sent) > 1:
        yield _sent_again(sent)
    elif not sent and (record := _record_to_tick(state, standards)):
        yield _never_sent(state, standards, record)


def _record_to_tick(state: ClientState, standards: Standards) -> OnboardingRecord | None:
    """The record whose tick sends the welcome: of sales that began together, that of the first one."""
    client, sale = state.client, state.sale
    record = record_of(sale.id, state.onboardings) if sale else None
    if record is None or is_no_welcome(client.id, client.name, standards.no_welcome):
        return None
    return min(
        (one for one in state.onboardings if record.created - one.created <= TOGETHER), key=lambda one: one.created
    )


def _sent_again(sent: Sequence[OnboardingRecord]) -> Offender:
    found = join_names([f"{one.id} ({one.sent_on or 'no date'})" for one in sent])
    expected = "one welcome e-mail. Nothing takes it back: leave it as it is, and tell the CSM"
    return Offender(f"Customer_Onboarding__c {sent[-1].id}", SEND, f"sent with {found}", expected)


def _never_sent(state: ClientState, standards: Standards, record: OnboardingRecord) -> Offender:
    """People tick the record of an older sale: only they can say whether so late a welcome is right."""
    where, sale = f"Customer_Onboarding__c {record.id}", recent_sale(state, standards)
    expected = "ticked: that sends the welcome e-mail"
    if sale and record.opportunity_id == sale.id:
        return Offender(where, SEND, "not ticked", expected, assign_csm(state))
    expected += ". The sale is not the latest of the last 90 days: tick the record by hand, or leave it as it is"
    return Offender(where, SEND, "not ticked", expected)
