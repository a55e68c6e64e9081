"""The data for a CSM assignment: the account, its sale, the team and its books (CSM-1 to CSM-6)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from rules.assignment.books import Csm
from rules.common.records import Person


@dataclass(frozen=True)
class AssignedAccount:
    """The account fields that concern its CSM (CSM-3).

    Attributes:
        mrr: per month; None when Salesforce has none.
        plan_amount: per month, of the sale's contract or else the account's latest; None without one.
        users: of that contract.
        segmentation: from a person or an earlier assignment.
        assigned_on: when the CSM was assigned, to the second; None when Salesforce has no date.
        lms_company_id: None until the customer is set up.
    """

    id: str
    name: str
    mrr: Decimal | None
    plan_amount: Decimal | None
    users: Decimal | None
    segmentation: str | None
    csm: Person | None
    lead: Person | None
    assigned_on: datetime | None
    lms_company_id: str | None


@dataclass(frozen=True)
class AssignedOpportunity:
    """The sale that is onboarded, with the three (NEW) fields (CSM-4).

    Attributes:
        products: those of its contract, or the sold services when the contract has none.
    """

    id: str
    name: str
    products: tuple[str, ...]
    csm: Person | None
    onboarding_manager: Person | None
    lead: Person | None


@dataclass(frozen=True)
class OnboardingRecord:
    """A Customer Onboarding record (CSM-6).

    Attributes:
        products: those whose boxes are ticked.
        sent_on: the day on which the welcome e-mail was sent, according to the record.
        send: whether *Send Onboarding email* is ticked.
        created: when Salesforce created it.
    """

    id: str
    name: str
    opportunity_id: str | None
    products: tuple[str, ...]
    sent_on: date | None
    send: bool
    created: datetime


@dataclass(frozen=True)
class AssignmentSnapshot:
    """The data that decides an assignment, read by one call.

    Attributes:
        at: when it was read (UTC).
        opportunity: None when no sale is being onboarded.
        csms: every user with the role of a CSM, inactive ones too; no book contains the account itself.
        onboardings: of all sales of the account, oldest first.
    """

    at: datetime
    account: AssignedAccount
    opportunity: AssignedOpportunity | None
    csms: tuple[Csm, ...]
    onboardings: tuple[OnboardingRecord, ...]
