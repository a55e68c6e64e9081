"""A client and its contracts, as far as its service and its publications are concerned (PUB-2 to PUB-5).

Everything that a person types may be missing: what must not be missing is the business of the rules that read it.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rules.common.records import Person
from rules.common.text import normalize

UNSIGNED = ("Draft", "In Approval Process")
"""The states of a contract that nobody has signed, unless it was won."""
OVER = ("Terminated", "Expired")
"""The states of a contract that counts only while no other does."""


@dataclass(frozen=True)
class Agreement:
    """A contract of the client.

    Attributes:
        id: 18 characters.
        number: as people know it, `00000123`.
        status: Draft, In Approval Process, Activated, Terminated or Expired.
        start: its first day of service.
        end: its last day of service (PUB-4).
        won: an opportunity of it is Closed Won.
        products: as listed, in any spelling.
        service_level: as written.
        users: contracted.
        publications: their names, as the seller listed them.
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
        """Whether it counts: a draft does when the sale was won, for then the client is served under it."""
        return self.won or normalize(self.status) not in {normalize(state) for state in UNSIGNED}

    @property
    def is_over(self) -> bool:
        """Whether it was terminated or has expired: then it counts only while no other does."""
        return normalize(self.status) in {normalize(state) for state in OVER}

    def covers(self, day: date) -> bool:
        """Whether the day is one of its service; an end that is missing is none."""
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
    """An account with what stands in Salesforce about its service.

    Attributes:
        id: of the account, 18 characters.
        name: of the account.
        lms_company_id: None while the client is not set up.
        recurly_account_id: None when Recurly is not known.
        cs_status: Onboarding, Active, Churned or Deactivated.
        mrr: per month.
        owner: the account's, a seller.
        manager: the owner's.
        csm: who looks after the client.
        lead: the CSM's.
        agreements: every contract, the first to begin first.
        renewals: every open one.
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
        """The contracts that count, the first to begin first."""
        return tuple(agreement for agreement in self.agreements if agreement.is_signed)
