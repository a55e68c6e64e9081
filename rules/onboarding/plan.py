"""The plan of an onboarding: every change, known before the first is made (ONB-6 to ONB-13, PUB-6)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from rules.common.emails import same_address
from rules.common.problems import Problem
from rules.common.records import Account, Change, Company, Contract, LmsUser, Opportunity
from rules.common.scope import scope
from rules.common.text import join_names, strip, unique_by_normalized
from rules.onboarding.customer import Customer
from rules.onboarding.entitlements import Entitlement, Target, company_changes, target
from rules.onboarding.no_welcome import Placeholder
from rules.onboarding.reviewed_sale import ReviewedSale
from rules.onboarding.signup import SignupForm, money_text, signup_form
from rules.onboarding.write_back import (
    BILLING_START,
    COMPANY_NAME,
    EMAIL,
    LMS_COMPANY_ID,
    LOCATION_COUNT,
    MODULES,
    RECURLY_ACCOUNT_ID,
    RECURLY_BILLING_URL,
    SIGNUP_FIELDS,
    opportunity_changes,
)

FROM_LMS = "to be given by the LMS"
FROM_RECURLY = "to be given by Recurly"
NEW_COMPANY = "Company (new)"
NEW_USER = "User (new)"

_RULES = {LOCATION_COUNT: "ONB-8", BILLING_START: "ONB-7"}


@dataclass(frozen=True)
class OnboardingPlan:
    """What an onboarding will do.

    Attributes:
        form: the sign-up; None when the company exists already.
        company_id: the company in the LMS; None until the sign-up.
        rename: the user who gives up the super admin's address, and the address that user gets (ONB-9).
        email: the super admin's username in the end.
        placeholder: what comes before it, or was left in its place by an earlier try; None for most (PUB-6).
        modules: the whole set that the company is to have (ONB-13).
        changes: every change, in the order in which it is made.
        remarks: what is worth knowing but stops nothing, a sentence each.
        is_ending: the company has ended in the LMS, or is set to.
        problems: what people must say before anything is changed in an existing company.
    """

    form: SignupForm | None
    company_id: str | None
    rename: tuple[LmsUser, str] | None
    email: str
    placeholder: Placeholder | None
    modules: tuple[str, ...]
    changes: tuple[Change, ...]
    remarks: tuple[str, ...]
    is_ending: bool = False
    problems: tuple[Problem, ...] = ()

    @property
    def billing_start(self) -> str:
        """When billing starts in the LMS, an ISO date; "" when the company exists already (ONB-7)."""
        return str(self.form.billing_start) if self.form else ""

    @property
    def signup_changes(self) -> tuple[Change, ...]:
        """What the sign-up sets; nothing when the company exists already (ONB-6)."""
        return tuple(c for c in self.changes if c.record == NEW_COMPANY and c.field != MODULES)

    @property
    def company_changes(self) -> tuple[Change, ...]:
        """What an existing company has otherwise than the contract, modules aside (ONB-6)."""
        return tuple(c for c in self.changes if c.record == f"Company {self.company_id}" and c.field != MODULES)

    @property
    def module_changes(self) -> tuple[Change, ...]:
        """The company's modules, where they change (ONB-13)."""
        return tuple(c for c in self.changes if c.field == MODULES)


def plan_onboarding(
    sale: ReviewedSale,
    customer: Customer,
    *,
    company: Company | None,
    entitled: Entitlement,
    chosen: Mapping[str, str],
    locations: Callable[[int], int],
    today: date,
    placeholder: Placeholder | None = None,
) -> OnboardingPlan:
    """The plan of a sale.

    Args:
        sale: the reviewed sale.
        customer: as the LMS knew it before the sign-up (ONB-9).
        company: the customer in the LMS now, when it exists: it is brought up to the contracts.
        entitled: what the customer's contracts in force give (ONB-6, ONB-13).
        chosen: what people decided, by topic.
        locations: the number of locations by the number of users (ONB-8).
        today: in the org's time zone.
        placeholder: of a client without a welcome mail; None for every other (PUB-6).
    """
    if company and not customer.left:
        placeholder = None
    email = customer.email
    username = placeholder.address if placeholder else email
    agreed = target(company, entitled, chosen, locations)
    form = signup_form(
        sale, username, users=agreed.users, locations=agreed.locations, plan_amount=agreed.plan_amount, today=today
    )
    changes = (
        *_rename_changes(customer.rename),
        *(() if company else _signup_changes(form, sale, placeholder)),
        *_address_changes(placeholder, customer.left, email),
        *(_existing_changes(company, form, agreed) if company else _first_modules(agreed.modules)),
        *_code_changes(sale.account, company),
        *opportunity_changes(sale.opportunity, sale.contract),
    )
    return OnboardingPlan(
        form=None if company else form,
        company_id=company.id if company else None,
        rename=customer.rename,
        email=email,
        placeholder=placeholder,
        modules=agreed.modules,
        changes=changes,
        remarks=(
            *_remarks(sale, company, form, email, placeholder),
            *_shares(sale.contract, entitled),
            *agreed.remarks,
        ),
        is_ending=company is not None and company.status != "active",
        problems=agreed.problems,
    )


def _rename_changes(rename: tuple[LmsUser, str] | None) -> Iterator[Change]:
    if rename:
        holder, address = rename
        yield Change("LMS", f"User {holder.id}", EMAIL, holder.email, address, "ONB-9")


def _signup_changes(form: SignupForm, sale: ReviewedSale, placeholder: Placeholder | None) -> Iterator[Change]:
    values = form.fields()
    own_address = same_address(form.email, sale.email)
    rules = _RULES if own_address else {**_RULES, EMAIL: "PUB-6" if placeholder else "ONB-9"}
    for label, name in SIGNUP_FIELDS.items():
        yield Change("LMS", NEW_COMPANY, label, "", values[name], rules.get(label, "ONB-6"))


def _address_changes(placeholder: Placeholder | None, left: LmsUser | None, email: str) -> Iterator[Change]:
    """The true address, where a placeholder comes before it (PUB-6)."""
    if placeholder:
        record = f"User {left.id}" if left else NEW_USER
        yield Change("LMS", record, EMAIL, placeholder.address, email, "PUB-6")


def _existing_changes(company: Company, form: SignupForm, wanted: Target) -> Iterator[Change]:
    """Where the company in the LMS is not as the account and the contracts have it."""
    if company.name != form.company_name:
        yield Change("LMS", f"Company {company.id}", COMPANY_NAME, company.name, form.company_name, "ONB-6")
    yield from company_changes(company, wanted)


def _first_modules(modules: tuple[str, ...]) -> Iterator[Change]:
    if modules:
        yield Change("LMS", NEW_COMPANY, MODULES, "", ", ".join(modules), "ONB-13")


def _code_changes(account: Account, company: Company | None) -> Iterator[Change]:
    """The account's codes as far as they are known: Recurly's are read only once the customer is there."""
    record = f"Account {account.id}"
    company_id = company.id if company else FROM_LMS
    if account.lms_company_id != company_id:
        yield Change("Salesforce", record, LMS_COMPANY_ID, account.lms_company_id or "", company_id, "ONB-11")
    codes = (
        (RECURLY_ACCOUNT_ID, account.recurly_account_id),
        (RECURLY_BILLING_URL, account.recurly_billing_url),
    )
    for field, present in codes:
        if not strip(present):
            yield Change("Salesforce", record, field, "", FROM_RECURLY, "ONB-11")


def _remarks(
    sale: ReviewedSale, company: Company | None, form: SignupForm, email: str, placeholder: Placeholder | None
) -> Iterator[str]:
    opportunity = sale.opportunity
    sold = scope(opportunity.services)
    if sold.left_out:
        yield f"{sold.reason} (ONB-2)"
    yield from _disagreements(opportunity, sale.contract)
    if (placeholder or not company) and not same_address(email, sale.email):
        yield f"{sale.email} is another user's; the super admin signs in as {email}. (ONB-9)"
    if placeholder:
        yield f"The super admin begins as {placeholder.address}, so that no welcome mail reaches {email}. (PUB-6)"
    if company:
        if company.status != "active":
            told = "if the end of a contract did that, it goes on"
            yield f"The company {company.id} is {company.status} in the LMS: {told}. (PUB-5)"
        return
    future = opportunity.future_billing
    if future and future != form.billing_start:
        stands = form.billing_start
        yield f"The RSM's billing date {future} is past or before {stands}: {stands} stands. (ONB-7)"


def _shares(contract: Contract, entitled: Entitlement) -> Iterator[str]:
    """Which contracts are added up, where the sale's is not the only one (ONB-6)."""
    if len(entitled.contracts) > 1:
        numbers = join_names(entitled.contracts)
        amount = money_text(entitled.plan_amount)
        yield f"The contracts {numbers} are in force: together {entitled.users} users, {amount} a month. (ONB-6)"
    if not entitled.counts(contract.id):
        yield f"Contract {contract.id} is not in force today: what it gives counts while it is. (ONB-6)"


def _disagreements(opportunity: Opportunity, contract: Contract) -> Iterator[str]:
    """What only one of opportunity and contract lists; the contract decides about modules (ONB-13)."""
    services = unique_by_normalized(opportunity.services)
    agreed = unique_by_normalized(contract.products)
    only_sold = [name for key, name in services.items() if key not in agreed]
    only_agreed = [name for key, name in agreed.items() if key not in services]
    if only_sold:
        yield f"The opportunity lists {join_names(only_sold)}, the contract does not. (ONB-13)"
    if only_agreed:
        yield f"The contract lists {join_names(only_agreed)}, the opportunity does not. (ONB-13)"
