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
"""Records of one customer that are created within this time share one welcome: that of the first record."""


@dataclass(frozen=True)
class Welcome:
    """The changes of the onboarding record of a sale.

    Attributes:
        changes: the tick that sends the e-mail comes last.
        sends: whether these changes send the e-mail.
        withheld: whether the client gets no e-mail (PUB-6).
        message: a sentence about the e-mail.
    """

    record: OnboardingRecord
    changes: tuple[Change, ...]
    sends: bool
    withheld: bool
    message: str


def record_of(opportunity_id: str, records: Sequence[OnboardingRecord]) -> OnboardingRecord | None:
    """Return the first record of a sale; None until Salesforce has created it (CSM-5)."""
    return next((record for record in _in_order(records) if record.opportunity_id == opportunity_id), None)


def welcome(
    opportunity: AssignedOpportunity, records: Sequence[OnboardingRecord], today: date, *, no_welcome: bool = False
) -> Welcome:
    """Plan the changes of the onboarding record of a sale (CSM-6).

    The e-mail is sent once per customer, ever: not if any record of the account shows that it was sent, and for sales
    that begin together only with the record that Salesforce created first. So two runs at once agree without a lock.

    Args:
        opportunity: the sale.
        records: all Customer Onboarding records of its account, that of the sale among them.
        today: in the org's time zone.
        no_welcome: the client gets no automatic welcome e-mail; a tick of a person is kept (PUB-6).
    """
    record = record_of(opportunity.id, records)
    assert record is not None, "the caller waited for the record"
    sent = next((one for one in _in_order(records) if one.send or one.sent_on), None)
    before = next((one for one in _in_order(records) if record.created - one.created <= TOGETHER), record)
    sends = sent is None and before.id == record.id and not no_welcome
    changes = tuple(_changes(record, opportunity, today, sends=sends))
    message = _withheld(sent) if no_welcome else _message(sent, before, record)
    return Welcome(record, changes, sends, no_welcome, message)


def planned_welcome(
    opportunity: AssignedOpportunity,
    records: Sequence[OnboardingRecord],
    at: datetime,
    today: date,
    *,
    no_welcome: bool = False,
) -> Welcome:
    """Like `welcome`, also before Salesforce has created the record: it is then called `(new)`."""
    if record_of(opportunity.id, records) is None:
        records = (*records, OnboardingRecord("(new)", "", opportunity.id, (), None, send=False, created=at))
    return welcome(opportunity, records, today, no_welcome=no_welcome)


def record_missing(opportunity_id: str, seconds: float) -> Problem:
    """Return the problem that Salesforce did not create the record in time (CSM-5)."""
    found = f"not there {seconds:g} s after the sale's three (NEW) fields were filled"
    expected = "Check the automation that creates it in Salesforce, or create the record for this opportunity by hand."
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


def _message(sent: OnboardingRecord | None, before: OnboardingRecord, record: OnboardingRecord) -> str:
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
