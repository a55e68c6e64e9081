"""The Customer Onboarding record: name, boxes, and the welcome e-mail once per customer (CSM-5, CSM-6, PUB-6)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rules.assignment.snapshot import AssignedOpportunity, OnboardingRecord
from rules.common.problems import Problem, Responsible
from rules.common.records import Change
from rules.common.scope import CRED_SERV, IN_SCOPE
from rules.common.text import normalize

NAME = "Customer Onboarding Name"
SENT_ON = "Onboarding Email Sent Date"
SEND = "Send Onboarding Email"
BOXES = (*IN_SCOPE, CRED_SERV)
LONGEST_NAME = 80
TOGETHER = timedelta(days=1)
"""Sales of one customer whose records are made within so long of each other are one welcome: that of the first."""


@dataclass(frozen=True)
class Welcome:
    """What is to be entered in the record of a sale.

    Attributes:
        record: the sale's record.
        changes: every field that is otherwise; the tick that sends the e-mail comes last.
        sends: whether the e-mail goes out by these changes.
        withheld: whether the client gets none (PUB-6).
        message: about the e-mail, in a sentence.
    """

    record: OnboardingRecord
    changes: tuple[Change, ...]
    sends: bool
    withheld: bool
    message: str


def record_of(opportunity_id: str, records: Sequence[OnboardingRecord]) -> OnboardingRecord | None:
    """The first record of a sale; None while Salesforce has not made it (CSM-5)."""
    return next((record for record in _in_order(records) if record.opportunity_id == opportunity_id), None)


def welcome(
    opportunity: AssignedOpportunity, records: Sequence[OnboardingRecord], today: date, *, no_welcome: bool = False
) -> Welcome:
    """What the record of a sale still lacks (CSM-6).

    The e-mail goes out once per customer, ever: not when any record of the account tells that it did, and of several
    sales that begin together only by the record that Salesforce made first. So two runs at once agree without a lock.

    Args:
        opportunity: the sale.
        records: all Customer Onboarding records of its account, that of the sale among them.
        today: in the org's time zone.
        no_welcome: to this client no automatic welcome mail ever goes; what a person ticked stays (PUB-6).
    """
    record = record_of(opportunity.id, records)
    assert record is not None, "the record was waited for"
    sent = next((one for one in _in_order(records) if one.send or one.sent_on), None)
    before = next((one for one in _in_order(records) if record.created - one.created <= TOGETHER), record)
    sends = sent is None and before.id == record.id and not no_welcome
    changes = tuple(_changes(record, opportunity, today, sends=sends))
    said = _withheld(sent) if no_welcome else _said(sent, before, record)
    return Welcome(record, changes, sends, no_welcome, said)


def planned_welcome(
    opportunity: AssignedOpportunity,
    records: Sequence[OnboardingRecord],
    at: datetime,
    today: date,
    *,
    no_welcome: bool = False,
) -> Welcome:
    """As `welcome`, while Salesforce may not have made the record yet: `(new)`, at that moment."""
    if record_of(opportunity.id, records) is None:
        records = (*records, OnboardingRecord("(new)", "", opportunity.id, (), None, send=False, created=at))
    return welcome(opportunity, records, today, no_welcome=no_welcome)


def record_missing(opportunity_id: str, seconds: float) -> Problem:
    """The record that Salesforce did not make in time (CSM-5)."""
    found = f"not there {seconds:g} s after the sale's three (NEW) fields were filled"
    expected = "Look at the automation that creates it in Salesforce, or create it by hand for this opportunity."
    return Problem(
        Responsible.CS_OPS, "Opportunity", opportunity_id, "Customer Onboarding record", found, expected, "CSM-5"
    )


def _changes(
    record: OnboardingRecord, opportunity: AssignedOpportunity, today: date, *, sends: bool
) -> Iterator[Change]:
    where = f"Customer_Onboarding__c {record.id}"
    name = opportunity.name
    if len(name) > LONGEST_NAME:
        name = f"{name[: LONGEST_NAME - 1]}…"
    if record.name != name:
        yield Change("Salesforce", where, NAME, record.name, name, "CSM-6")
    owned = {normalize(product) for product in opportunity.products}
    for box in BOXES:
        if normalize(box) in owned and box not in record.products:
            yield Change("Salesforce", where, box, "", "ticked", "CSM-6", value=True)
    if sends:
        yield Change("Salesforce", where, SENT_ON, "", today.isoformat(), "CSM-6")
        yield Change("Salesforce", where, SEND, "", "ticked", "CSM-6", value=True)


def _said(sent: OnboardingRecord | None, before: OnboardingRecord, record: OnboardingRecord) -> str:
    if sent:
        day = f" on {sent.sent_on}" if sent.sent_on else ""
        return f"The welcome e-mail was sent{day} already; it goes out once per customer."
    if before.id != record.id:
        return f"The welcome e-mail goes out with the customer's first onboarding, record {before.id}."
    return "The welcome e-mail was sent."


def _withheld(sent: OnboardingRecord | None) -> str:
    if sent:
        day = f" on {sent.sent_on}" if sent.sent_on else ""
        return f"No automatic welcome e-mail goes to this client. By record {sent.id} one was sent{day} before. (PUB-6)"
    return "No automatic welcome e-mail goes to this client. (PUB-6)"


def _in_order(records: Sequence[OnboardingRecord]) -> list[OnboardingRecord]:
    return sorted(records, key=lambda record: (record.created, record.id))
