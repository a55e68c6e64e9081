"""A client and its contracts, for the rules about service and publications (PUB-2 to PUB-5).

Every field that a person types may be missing; the rules that need a field report it.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rules.common.records import Person
from rules.common.text import normalize

UNSIGNED = ("Draft", "In Approval Process")
"""The states of a contract that is not signed, unless its sale was won."""
OVER = ("Terminated", "Expired")
"""The states of a contract that counts only when no other contract does."""


@dataclass(frozen=True)
class Agreement:
    """A contract of the client.

    Attributes:
        id: 18 characters.
        number: the contract number for people, `00000123`.
        status: Draft, In Approval Process, Activated, Terminated or Expired.
        start: its first day of service.
        end: its last day of service (PUB-4).
        won: whether an opportunity of it is Closed Won.
        products: in the spelling of Salesforce.
        service_level: in the spelling of Salesforce.
        users: the contracted number.
        publications: names, as the seller listed them.
        plan_amount: per month.
        sold_as: the type of the first sale that was won with it: New Business, Expansion or Renewal; None without one.
    """

    id: str
    number: str
    status: str
    start: date | None
    end: date | None
    won: bool
    products: tuple[str, ...]
    service_level: str | None
    users: Decimal | None
    publications: tuple[str, ...]
    plan_amount: Decimal | None = None
    sold_as: str | None = None

    @property
    def is_signed(self) -> bool:
        """Whether the contract counts; a draft counts when its sale was won."""
        return self.won or normalize(self.status) not in {normalize(state) for state in UNSIGNED}

    @property
    def is_over(self) -> bool:
        """Whether it was terminated or has expired; then it counts only when no other contract does."""
        return normalize(self.status) in {normalize(state) for state in OVER}

    def covers(self, day: date) -> bool:
        """Whether the day is a day of service; a contract without an end has no last day."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


@dataclass(frozen=True)
class Renewal:
    """An open opportunity of type Renewal."""

    id: str
    name: str
    stage: str
    close: date | None


@dataclass(frozen=True)
class Client:
    """An account with the Salesforce data about its service.

    Attributes:
        id: of the account, 18 characters.
        name: of the account.
        lms_company_id: None until the client is set up.
        recurly_account_id: None when the account has none.
        cs_status: Onboarding, Active, Churned or Deactivated.
        mrr: per month.
        owner: the seller who owns the account.
        manager: the owner's manager.
        lead: the CSM's team lead.
        agreements: every contract, in the order of their starts.
        renewals: every open renewal.
    """

    id: str
    name: str
    lms_company_id: str | None
    recurly_account_id: str | None
    cs_status: str | None
    mrr: Decimal | None
    owner: Person | None
    manager: Person | None
    csm: Person | None
    lead: Person | None
    agreements: tuple[Agreement, ...]
    renewals: tuple[Renewal, ...]

    @property
    def signed(self) -> tuple[Agreement, ...]:
        """The signed contracts, in the order of their starts."""
        return tuple(agreement for agreement in self.agreements if agreement.is_signed)
