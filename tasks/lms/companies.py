"""LMS steps for a company: find a free username, sign up, update to the contract, set the modules."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypedDict

from blocks.common.errors import UnexpectedResponse, VendorRefused
from blocks.lms.block import Lms, LmsClient
from rules.common.emails import EmailDecision, decide, donotuse, plus
from rules.common.problems import HumanInputRequired, Problem, Responsible
from rules.common.records import Change, Company, LmsUser
from rules.onboarding.customer import Customer
from rules.onboarding.no_welcome import Placeholder, held_twice
from rules.onboarding.signup import money_text
from rules.onboarding.write_back import COMPANY_NAME, EMAIL, LOCATION_COUNT, MODULES, PLAN_AMOUNT, USER_COUNT
from tasks.core.connections import connection
from tasks.core.effects import record, record_if_unknown, recording
from tasks.core.steps import attempt, read_task, write_task
from tasks.lms.records import company_of, company_of_holder, holder_of, user_on_placeholder

MOST_TRIES = 20
"""Variants of an address that are tried before CS Operations are asked."""


class SignedUp(TypedDict):
    """The result of a sign-up; `created` is False when the company existed before."""

    company_id: str
    created: bool


@read_task("Look up {email} in the LMS")
async def read_customer(
    account_id: str, company_id: str | None, email: str, placeholder: Placeholder | None = None
) -> Customer:
    """The customer's company, if there is one, and a username for its super admin (ONB-9).

    It takes one call when the address is free, and one or two more for each conflict. A placeholder takes one more:
    a user who is still on it needs the address, whatever Salesforce and the LMS have as company (PUB-6).

    Args:
        account_id: of Salesforce, 18 characters.
        company_id: the LMS company id on the Salesforce account, or None.
        email: the primary contact's address.
        placeholder: the address before it, for a client without a welcome e-mail.

    Raises:
        HumanInputRequired: CS Operations must decide which user gets which address.
    """
    lms = (await connection(Lms)).client()
    company = await company_of(lms, company_id) if company_id else None
    unfinished = await user_on_placeholder(lms, placeholder) if placeholder else None
    if company and not unfinished:
        return Customer(company, email, None)
    holder = await holder_of(lms, email)
    own = company or await company_of_holder(lms, unfinished or holder, account_id)
    match decide(holder, own.id if own else None):
        case EmailDecision.FREE:
            return Customer(own, email, None, unfinished)
        case EmailDecision.OURS:
            if unfinished and holder:
                raise HumanInputRequired([held_twice(unfinished, holder)])
            return Customer(own, email, None)
        case EmailDecision.RENAME_HOLDER:
            assert holder is not None
            return Customer(own, email, (holder, await _free_variant(lms, email)), unfinished)
        case EmailDecision.TAKE_PLUS:
            return await _with_plus(lms, account_id, email, own, unfinished)


async def _with_plus(
    lms: LmsClient, account_id: str, email: str, company: Company | None, unfinished: LmsUser | None
) -> Customer:
    """The first of local+1, local+2 … that is free, or that this customer's super admin has already."""
    for n in range(1, MOST_TRIES + 1):
        address = plus(email, n)
        holder = await holder_of(lms, address)
        own = await company_of_holder(lms, holder, account_id)
        if holder is None or (own and not unfinished):
            return Customer(company or own, address, None, unfinished)
    raise HumanInputRequired([_all_taken(account_id, plus(email, MOST_TRIES))])


async def _free_variant(lms: LmsClient, email: str) -> str:
    """The first of localDONOTUSE, localDONOTUSE2 … that is free."""
    for n in range(1, MOST_TRIES + 1):
        address = donotuse(email, n)
        if await holder_of(lms, address) is None:
            return address
    raise HumanInputRequired([_all_taken("", donotuse(email, MOST_TRIES))])


@write_task("Free {email}: rename {label} user {user_id} in the LMS")
async def free_username(user_id: str, email: str, new_email: str) -> None:
    """Give a demo or trial user another address, so that the super admin can have this one (ONB-9)."""
    lms = (await connection(Lms)).client()
    holder = await holder_of(lms, email)
    if holder and holder.id == user_id:
        with recording(Change("LMS", f"User {user_id}", EMAIL, email, new_email, "ONB-9")):
            await lms.change_email(user_id, new_email)


@write_task(
    "Sign up {form[companyName]} in the LMS",
    done="LMS company {value[company_id]} signed up for {form[companyName]}",
)
async def sign_up(opportunity_id: str, form: Mapping[str, str], changes: Sequence[Change]) -> SignedUp:
    """Create the company and its super admin, once per opportunity (ONB-6, ONB-10).

    A company that exists already, from an earlier try or by hand, is used unchanged.

    Args:
        opportunity_id: 18 characters; the idempotency key for the LMS.
        form: the fields of the pre-signup form; the client adds the password.
        changes: the plan's changes of this sign-up, for the audit.
    """
    lms = (await connection(Lms)).client()
    try:
        with record_if_unknown(*changes):
            signed = await lms.pre_sign(form, idempotency_key=opportunity_id)
    except VendorRefused as refused:
        if refused.code not in ("account_exists", "idempotency_conflict"):
            raise
        existing = await lms.company_of_account(form["accountId"])
        if existing is None:
            raise
        return SignedUp(company_id=existing["id"], created=False)
    # The LMS reports a repeat as "not created"; in a second try, the lost first one created the company.
    if signed.created or attempt() > 1:
        record(*(replace(change, record=f"Company {signed.company_id}") for change in changes))
    return SignedUp(company_id=signed.company_id, created=signed.created)


@read_task("Read company {company_id} in the LMS")
async def read_company(company_id: str) -> Company:
    """A company that must exist.

    Raises:
        VendorRefused: the LMS has no such company.
    """
    company = await company_of((await connection(Lms)).client(), company_id)
    if company is None:
        raise VendorRefused("LMS", f"there is no company {company_id}.", code="not_found")
    return company


@write_task(
    "Update LMS company {company_id} to the contract",
    per_try=True,
    done="LMS company {company_id} updated: {count} fields",
    skip_value=None,
)
async def update_company(company_id: str, changes: Sequence[Change]) -> None:
    """Set name, counts and plan amount of an existing company to those of the contract (ONB-6).

    Args:
        company_id: of the LMS.
        changes: the differences.
    """
    fields = dict(_COMPANY_FIELDS[change.field](change.after) for change in changes)
    lms = (await connection(Lms)).client()
    with recording(*changes):
        await lms.update_company(company_id, **fields)


@write_task(
    "Set the modules of LMS company {company_id}",
    per_try=True,
    done="Permissions of LMS company {company_id} set: {number_of[modules]} modules",
    skip_value=None,
)
async def set_modules(company_id: str, modules: Sequence[str], changes: Sequence[Change]) -> None:
    """Replace the modules of a company (ONB-13); a repeat changes nothing.

    Args:
        company_id: of the LMS.
        modules: all modules of the company.
        changes: the differences; those of a company that was only planned get its id.
    """
    lms = (await connection(Lms)).client()
    with recording(*(replace(change, record=f"Company {company_id}") for change in changes)):
        await lms.set_modules(company_id, list(modules))


async def confirm_company(company_id: str, changes: Sequence[Change]) -> None:
    """Read a company back after changes.

    Raises:
        UnexpectedResponse: the LMS accepted a change, and the company does not show it.
    """
    company = await read_company(company_id)
    values = {
        COMPANY_NAME: company.name,
        USER_COUNT: str(company.user_count),
        LOCATION_COUNT: str(company.location_count),
        PLAN_AMOUNT: money_text(company.plan_amount),
        MODULES: ", ".join(sorted(set(company.modules))),
    }
    wrong = [
        f"{change.field} must be {change.after}, and is {values[change.field]}."
        for change in changes
        if values[change.field] != change.after
    ]
    if wrong:
        raise UnexpectedResponse("LMS", f"it accepted every change, but in company {company_id} {' '.join(wrong)}")


_COMPANY_FIELDS: dict[str, Callable[[str], tuple[str, str | int]]] = {
    COMPANY_NAME: lambda text: ("name", text),
    USER_COUNT: lambda text: ("userCount", int(text)),
    LOCATION_COUNT: lambda text: ("locationCount", int(text)),
    PLAN_AMOUNT: lambda text: ("planAmount", text),
}
"""By label of the plan: the name of the field in the LMS, and its value."""


def _all_taken(account_id: str, last: str) -> Problem:
    return Problem(
        Responsible.CS_OPS,
        "LMS user",
        account_id,
        "Email Address / Username",
        f"taken, with every variant up to {last}",
        "Free one of them in the LMS, or change the primary contact's e-mail in Salesforce.",
        "ONB-9",
    )
