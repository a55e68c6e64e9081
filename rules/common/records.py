"""The records the procedures speak about, as plain values read from outside.

Everything that a person types may be missing, so nearly every field may be None: telling what is missing is
the business of `rules.onboarding.review`. Money is Decimal in the contract's currency
per month; dates are dates without a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Person:
    """A Salesforce user: the opportunity's owner (the RSM), a CSM, a team lead.

    Attributes:
        is_active: whether the user may still log in to Salesforce; True where that was not asked.
    """

    id: str
    name: str
    email: str | None
    is_active: bool = True


@dataclass(frozen=True)
class Contact:
    """A contact; the opportunity's primary one becomes the super admin (ONB-6).

    Attributes:
        account_id: the account that it belongs to; None for a contact without one.
        account_name: the name of that account.
    """

    id: str
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    account_id: str | None = None
    account_name: str | None = None


@dataclass(frozen=True)
class Account:
    """The customer company in Salesforce, with the system codes of ONB-11."""

    id: str
    name: str | None
    lms_company_id: str | None
    recurly_account_id: str | None
    recurly_billing_url: str | None


@dataclass(frozen=True)
class Contract:
    """What was agreed. Counts are Decimal because Salesforce numbers are: 5.0 users; publications are names.

    Attributes:
        account_id: the account that it belongs to.
        account_name: the name of that account.
    """

    id: str
    billing_start: date | None
    user_count: Decimal | None
    plan_amount: Decimal | None
    service_level: str | None
    products: tuple[str, ...]
    publications: tuple[str, ...] = ()
    account_id: str | None = None
    account_name: str | None = None


@dataclass(frozen=True)
class Opportunity:
    """A sale. `services` is ONB-2's scope; `type` is New Business, Expansion or Renewal; `manager` is the owner's.

    `is_won`: whether Salesforce counts its stage as won, however the stage is called; None when it is not known.
    """

    id: str
    name: str
    stage: str
    type: str | None
    services: tuple[str, ...]
    service_level: str | None
    future_billing: date | None
    owner: Person | None
    manager: Person | None = None
    is_won: bool | None = None


@dataclass(frozen=True)
class Sale:
    """The four records of ONB-3 as one query brings them.

    Attributes:
        primary_contacts: every contact role marked primary; exactly one is right.
    """

    opportunity: Opportunity
    account: Account | None
    contract: Contract | None
    primary_contacts: tuple[Contact, ...]

    @property
    def record_tags(self) -> tuple[str, ...]:
        """`<kind>:<id>` of every record whose change may settle something, or bring the sale into scope."""
        return (
            f"opportunity:{self.opportunity.id}",
            *([f"account:{self.account.id}"] if self.account else []),
            *([f"contract:{self.contract.id}"] if self.contract else []),
            *(f"contact:{contact.id}" for contact in self.primary_contacts),
        )


@dataclass(frozen=True)
class LmsUser:
    """Who holds a username in the LMS. `kind`: demo, trial or customer; `status`: active or inactive."""

    id: str
    email: str
    kind: str
    status: str
    company_id: str | None


NEW = "(new)"
"""The end of the name of a record that has no id yet."""
INACTIVE = "inactive"
"""The status of a company or a publication whose service has ended."""


@dataclass(frozen=True)
class Company:
    """The customer inside the LMS.

    Attributes:
        status: active, scheduled (active until its last day) or inactive.
        last_day: the last day of its service, where one is set: `deactivateOn`.
        reason: why it ends or ended, as whoever set it wrote; "" when nothing is known.
    """

    id: str
    account_id: str | None
    name: str
    status: str
    modules: tuple[str, ...]
    user_count: int
    location_count: int
    plan_amount: Decimal
    last_day: date | None = None
    reason: str = ""


@dataclass(frozen=True)
class Publication:
    """A named instance of the product, of an organization (PUB-2).

    Attributes:
        id: the LMS's.
        organization: the name of the organization.
        name: its own, one in its organization.
        status: active, scheduled (active until its last day) or inactive.
        details: as the LMS has them.
        last_day: the last day of its service, where one is set.
        reason: why it ends or ended; "" when nothing is known.
    """

    id: str
    organization: str
    name: str
    status: str
    details: Mapping[str, Any] = field(default_factory=dict, compare=False)
    last_day: date | None = None
    reason: str = ""


@dataclass(frozen=True)
class Subscription:
    """A subscription in Recurly.

    Attributes:
        id: Recurly's own.
        plan: the plan's name.
        state: active, canceled, expired, failed, future or paused.
        renews: whether another period follows the present one by itself.
        until: the day on which the period that is paid for ends, in the org's time zone; None when not told.
    """

    id: str
    plan: str
    state: str
    renews: bool
    until: date | None


@dataclass(frozen=True)
class RecurlyAccount:
    """A Recurly account: `id` is Recurly's own, `code` ours (the Salesforce account id, ONB-12).

    Attributes:
        is_open: False for one that was closed: nothing is billed to it.
        email: of the account; None when it has none, or was not read.
        created: the day on which it was created, in the org's time zone; None when it was not read.
    """

    id: str
    code: str
    company: str | None
    is_open: bool = True
    email: str | None = None
    created: date | None = None


@dataclass(frozen=True)
class Change:
    """One field of one record, before and after: a line of a plan and, once done, of the audit.

    Attributes:
        system: `Salesforce`, `LMS`, `Recurly`, `Slack`.
        record: kind and id ("Account 001…", "Company 48213", "Company (new)").
        before: the present value as text; "" when there is none.
        after: the value to be, as people read it.
        rule: the rule that asks for it.
        value: what is written where that is not the text itself: a user's id for the name, a box.
    """

    system: str
    record: str
    field: str
    before: str
    after: str
    rule: str
    value: str | bool = ""

    @property
    def written(self) -> str | bool:
        """What is sent to the system."""
        return self.after if self.value == "" else self.value
