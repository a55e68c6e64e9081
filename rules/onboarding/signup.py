"""The form of the LMS pre-signup (ONB-6, ONB-7, ONB-8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from rules.common.text import strip
from rules.onboarding.reviewed_sale import ReviewedSale

BILLING_GRACE = timedelta(days=15)
"""Calendar days between the contract's billing start and the LMS's (ONB-7)."""


@dataclass(frozen=True)
class LocationRow:
    """A row of CS Operations' table: the number of locations up to a number of users (ONB-8)."""

    up_to_users: int
    locations: int


@dataclass(frozen=True)
class SignupForm:
    """The pre-signup form without the password (ONB-6).

    Attributes:
        plan_amount: per month, in the contract's currency.
    """

    account_id: str
    company_name: str
    first_name: str
    last_name: str
    phone: str
    email: str
    user_count: int
    location_count: int
    plan_amount: Decimal
    billing_start: date

    def fields(self) -> dict[str, str]:
        """Return the form by the field names of the LMS, without the password (ONB-6, ONB-10)."""
        return {
            "accountId": self.account_id,
            "companyName": self.company_name,
            "firstName": self.first_name,
            "lastName": self.last_name,
            "phone": self.phone,
            "email": self.email,
            "userCount": str(self.user_count),
            "locationCount": str(self.location_count),
            "planAmount": money_text(self.plan_amount),
            "billingStartDate": self.billing_start.isoformat(),
        }


def signup_form(
    sale: ReviewedSale, email: str, *, users: int, locations: int, plan_amount: Decimal, today: date
) -> SignupForm:
    """The form of a sale, with the username to be (ONB-6).

    Args:
        sale: the reviewed sale.
        email: the username.
        users: over all contracts in force.
        locations: for so many users (ONB-8).
        plan_amount: over all contracts in force.
        today: in the org's time zone.
    """
    return SignupForm(
        account_id=sale.account.id,
        company_name=sale.customer,
        first_name=strip(sale.contact.first_name),
        last_name=strip(sale.contact.last_name),
        phone=strip(sale.contact.phone),
        email=strip(email),
        user_count=users,
        location_count=locations,
        plan_amount=plan_amount,
        billing_start=billing_start(sale.billing_start, sale.opportunity.future_billing, today),
    )


def billing_start(contract_date: date, future: date | None, today: date) -> date:
    """Return 15 calendar days after the contract's date, or the RSM's date if it is later and in the future (ONB-7)."""
    usual = contract_date + BILLING_GRACE
    return future if future is not None and future > max(usual, today) else usual


def location_count(users: int, table: Sequence[LocationRow], users_per_location: int = 25) -> int:
    """Estimate the number of locations, at least 1 (ONB-8).

    The smallest row with enough users decides; beyond the table it is one for each `users_per_location`, rounded up.
    """
    rows = [row for row in table if row.up_to_users >= users]
    if rows:
        return max(1, min(rows, key=lambda row: row.up_to_users).locations)
    return max(1, -(-users // users_per_location), *(row.locations for row in table))


def money_text(amount: Decimal) -> str:
    """Return an amount as text with at least two decimals: "1250.00"."""
    whole, _, cents = f"{amount:f}".partition(".")
    return f"{whole}.{cents.rstrip('0').ljust(2, '0')}"
