"""All that is read of an account before it goes to another CSM (TRN-6, TRN-7).

Days are days in the org's time zone. What people type may be missing, so nearly every field may be None.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from rules.common.records import Person, Subscription
from rules.common.scope import COMPLIANCE, CRED_SOFT, LEARNING
from rules.common.text import normalize
from rules.contracts.clients import Agreement, Client
from rules.contracts.service_term import Windows, determine_term

ESCALATION, COURSE = "Escalation", "Course"
"""Types of a case that the analysis asks about by themselves (TRN-6)."""
RENEWAL = "Renewal"
"""The type of an opportunity by which a contract goes on."""
_IN_FORCE = frozenset({"active", "canceled"})
"""States of a subscription whose period is paid for: what is canceled runs to the end of its period."""


@dataclass(frozen=True)
class PointOfContact:
    """A contact of the account.

    Attributes:
        id: 18 characters.
        name: in full.
        email: as it was entered.
        title: what the person is.
        is_main: the account's main contact; one of them is, unless there is none.
        last_reply: the day of the last completed e-mail or call with the contact **(ours: Salesforce does not tell
            who wrote, so one of ours counts as well)**; None when there was none.
    """

    id: str
    name: str
    email: str | None
    title: str | None
    is_main: bool
    last_reply: date | None


@dataclass(frozen=True)
class Case:
    """A case of the account: open, or closed of late. `opened` and `closed` are days; `type` as in Salesforce."""

    id: str
    number: str
    type: str | None
    subject: str | None
    description: str | None
    is_closed: bool
    opened: date
    closed: date | None
    owner_id: str | None


@dataclass(frozen=True)
class AccountOpportunity:
    """An opportunity of the account: open, or closed of late; the three ids are those of the (NEW) fields (CSM-4)."""

    id: str
    name: str
    type: str | None
    stage: str
    amount: Decimal | None
    close: date | None
    is_closed: bool
    is_won: bool
    csm_id: str | None
    manager_id: str | None
    leader_id: str | None


@dataclass(frozen=True)
class CrmTask:
    """A task in Salesforce: open, or done of late.

    `subtype` is Task, Email or Call; `due` the day of it; `contact_id` with whom; `record_id` what it is about.
    """

    id: str
    subject: str | None
    subtype: str | None
    due: date | None
    is_closed: bool
    owner_id: str | None
    contact_id: str | None
    record_id: str | None


@dataclass(frozen=True)
class SignedContract:
    """A contract that counts, and how many providers it is for; None where it does not say."""

    agreement: Agreement
    providers: Decimal | None


@dataclass(frozen=True)
class ModuleUse:
    """How many people used a module of the LMS within a month."""

    module: str
    monthly_active_users: int


@dataclass(frozen=True)
class Usage:
    """What the LMS counts in a company: its users by status, its active providers, the use of its modules.

    `modules` are in the order of their names; `as_of` is when it was counted (UTC).
    """

    active: int
    inactive: int
    terminated: int
    providers: int
    modules: tuple[ModuleUse, ...]
    as_of: datetime


@dataclass(frozen=True)
class Billed:
    """A subscription in Recurly, and how many units of its plan are billed; None when Recurly does not tell."""

    subscription: Subscription
    quantity: int | None = None


@dataclass(frozen=True)
class AccountFacts:
    """An account that moves, as all systems know it.

    Attributes:
        id: 18 characters.
        name: of the account.
        csm: who looks after it.
        lead: the CSM's.
        health: Health in Salesforce.
        special_mentions: as written.
        mrr: per month.
        segmentation: SMB, Mid-Market or Enterprise.
        cs_status: Onboarding, Active, Churned or Deactivated.
        lms_company_id: None while the client is not set up.
        recurly_account_id: None when it is not entered; Recurly is then asked by the account's id.
        contacts: the first to be entered first.
        cases: open ones, and those closed of late.
        opportunities: open ones, and those closed of late.
        tasks: open ones, and those done of late.
        contracts: the signed ones, the first to begin first.
        usage: None when the client is not set up, or the LMS has no such company.
        billed: every subscription.
        assigned_on: when the CSM was assigned, to the second (UTC); None when Salesforce does not tell.
    """

    id: str
    name: str
    csm: Person | None
    lead: Person | None
    health: str | None
    special_mentions: str | None
    mrr: Decimal | None
    segmentation: str | None
    cs_status: str | None
    lms_company_id: str | None
    recurly_account_id: str | None
    contacts: tuple[PointOfContact, ...] = ()
    cases: tuple[Case, ...] = ()
    opportunities: tuple[AccountOpportunity, ...] = ()
    tasks: tuple[CrmTask, ...] = ()
    contracts: tuple[SignedContract, ...] = ()
    usage: Usage | None = None
    billed: tuple[Billed, ...] = ()
    assigned_on: datetime | None = None

    @property
    def main_contact(self) -> PointOfContact | None:
        """Who is written to."""
        return next((one for one in self.contacts if one.is_main), None)

    def open_cases(self, *types: str) -> tuple[Case, ...]:
        """The open cases of these types, or of any, the oldest first."""
        return _of_types(self.cases, types, is_closed=False)

    def past_cases(self, *types: str) -> tuple[Case, ...]:
        """The closed cases of these types, or of any, the oldest first."""
        return _of_types(self.cases, types, is_closed=True)

    @property
    def open_opportunities(self) -> tuple[AccountOpportunity, ...]:
        """Those that are neither won nor lost, the first to be closed first."""
        found = (one for one in self.opportunities if not one.is_closed)
        return tuple(sorted(found, key=lambda one: (one.close or date.max, one.id)))

    @property
    def open_tasks(self) -> tuple[CrmTask, ...]:
        """Those that are not done, the first to be due first."""
        found = (one for one in self.tasks if not one.is_closed)
        return tuple(sorted(found, key=lambda one: (one.due or date.max, one.id)))

    def in_force(self, today: date) -> tuple[SignedContract, ...]:
        """The contracts that cover the day."""
        return tuple(one for one in self.contracts if one.agreement.covers(today))

    def last_contract(self, today: date) -> Agreement | None:
        """The contract that decides when service ends, renewals taken into account; None when none tells (PUB-4)."""
        client = Client(
            *(self.id, self.name, self.lms_company_id, self.recurly_account_id, self.cs_status, self.mrr),
            *(None, None, self.csm, self.lead),
            agreements=tuple(one.agreement for one in self.contracts),
            renewals=(),
        )
        return determine_term(client, today, Windows(look_ahead=0, notice=0)).agreement

    def users_paid_for(self, today: date) -> int | None:
        """How many users are paid for; None when nobody tells (TRN-7).

        **(ours)** By the users that Recurly bills, where a plan is billed more than once; otherwise by the contracts in
        force.
        """
        in_force = (one for one in self.billed if one.subscription.state in _IN_FORCE)
        billed = sum(one.quantity for one in in_force if one.quantity is not None and one.quantity > 1)
        return billed or _total(one.agreement.users for one in self.in_force(today))

    def providers_contracted(self, today: date) -> int | None:
        """How many providers the contracts in force are for; None when they do not say (TRN-7)."""
        return _total(one.providers for one in self.in_force(today))

    def products(self, today: date) -> frozenset[str]:
        """Which of Learning, Compliance and Credentialing Software the contracts in force are for."""
        listed = {normalize(name) for one in self.in_force(today) for name in one.agreement.products}
        return frozenset(name for name in (LEARNING, COMPLIANCE, CRED_SOFT) if normalize(name) in listed)


def _of_types(cases: Iterable[Case], types: tuple[str, ...], *, is_closed: bool) -> tuple[Case, ...]:
    wanted = {normalize(one) for one in types}
    found = (one for one in cases if one.is_closed is is_closed and (not wanted or normalize(one.type) in wanted))
    return tuple(sorted(found, key=lambda one: (one.opened, one.id)))


def _total(numbers: Iterable[Decimal | None]) -> int | None:
    given = [number for number in numbers if number is not None]
    return int(sum(given, Decimal())) if given else None
