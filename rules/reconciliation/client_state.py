"""A client as every system shows it, for the sentences about drift (REC-2)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from rules.assignment.snapshot import OnboardingRecord
from rules.common.records import Company, LmsUser, Person, Publication, RecurlyAccount, Subscription
from rules.contracts.clients import Client
from rules.contracts.service_term import Windows
from rules.onboarding.permissions import Matrix

LMS, RECURLY, OUTREACH, MATRIX = "LMS", "Recurly", "Outreach", "permission matrix"
"""The systems, and the workbook, that a reconciliation can do without; without Salesforce it checks nothing."""


@dataclass(frozen=True)
class LatestSale:
    """The account's latest won opportunity.

    Attributes:
        id: 18 characters.
        closed: its close date.
        csm: Customer Success Manager (NEW).
        onboarding_manager: Customer Onboarding Manager (NEW).
        lead: Customer Success Manager Leader (NEW).
    """

    id: str
    name: str
    closed: date
    csm: Person | None
    onboarding_manager: Person | None
    lead: Person | None


@dataclass(frozen=True)
class OpenSequence:
    """A prospect of the client in a sequence of an account transition that has not finished.

    Attributes:
        prospect: its id in Outreach.
        sequence: the sequence's name.
        sender: e-mail address of the user whose mailbox sends it; "" when the mailbox has no user.
    """

    prospect: int
    sequence: str
    sender: str


@dataclass(frozen=True)
class ClientState:
    """A client in every system.

    Attributes:
        client: from Salesforce; its `csm.is_active` and `lead.is_active` tell whether they may still log in.
        billing_url: the Recurly billing URL on the account.
        csm_lead: the active team lead of the account's CSM, from the CSM's own user; None without one.
        sale: None when the account has no won opportunity.
        onboardings: the Customer Onboarding records of the account, oldest first.
        companies: every company of the account in the LMS.
        publications: of these companies.
        placeholder: the LMS user who still has the account's placeholder address; None when there is none.
        recurly: the Recurly accounts that have the id on the Salesforce account, or the account's id as their code.
        subscriptions: of the client in Recurly; needed only for a client whose contract has ended. One that is billed
            beyond the last day excuses a service that goes on.
        sequences: in Outreach.
        systems: the systems that were read besides Salesforce; the values of others are empty.
    """

    client: Client
    billing_url: str | None = None
    csm_lead: Person | None = None
    sale: LatestSale | None = None
    onboardings: tuple[OnboardingRecord, ...] = ()
    companies: tuple[Company, ...] = ()
    publications: tuple[Publication, ...] = ()
    placeholder: LmsUser | None = None
    recurly: tuple[RecurlyAccount, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    sequences: tuple[OpenSequence, ...] = ()
    systems: frozenset[str] = frozenset((LMS, RECURLY, OUTREACH))

    @property
    def company(self) -> Company | None:
        """The company, if the account has exactly one."""
        return self.companies[0] if len(self.companies) == 1 else None


@dataclass(frozen=True)
class Standards:
    """The values with which every client is compared.

    Attributes:
        today: in the org's time zone.
        windows: before the end of a contract (PUB-4).
        matrix: products and modules; None when the workbook has faults: no modules are compared.
        locations: the number of locations for a number of users (ONB-8).
        no_welcome: names and ids of the clients without a welcome e-mail (PUB-6).
        billing_url: the staff page of a Recurly account, by its code (ONB-11).
    """

    today: date
    windows: Windows
    matrix: Matrix | None
    locations: Callable[[int], int]
    no_welcome: tuple[str, ...]
    billing_url: Callable[[str], str]
