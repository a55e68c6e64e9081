"""Read users, companies and publications in the LMS as records of the rules."""

from typing import Any

from blocks.lms import responses as answers
from blocks.lms.block import LmsClient
from rules.common.problems import HumanInputRequired
from rules.common.records import Company, LmsUser, Publication
from rules.common.text import normalize
from rules.onboarding.no_welcome import Placeholder, another_person


async def holder_of(lms: LmsClient, email: str) -> LmsUser | None:
    """The user with this address, or None (ONB-9)."""
    user = await lms.user_by_email(email)
    return _user(user) if user else None


async def user_on_placeholder(lms: LmsClient, placeholder: Placeholder) -> LmsUser | None:
    """The user who still has the placeholder as address, or None (PUB-6).

    Raises:
        HumanInputRequired: the user is another person than the primary contact.
        UnexpectedResponse: the LMS does not return the user's name.
    """
    user = await lms.user_by_email(placeholder.address)
    if user is None:
        return None
    name = " ".join(answers.text("users", user, field) for field in ("firstName", "lastName"))
    if normalize(name) != normalize(placeholder.person):
        raise HumanInputRequired([another_person(user["id"], name, placeholder.person)])
    return _user(user)


async def company_of_holder(lms: LmsClient, holder: LmsUser | None, account_id: str) -> Company | None:
    """The company of a user, if it is that of the account: then an earlier try has signed the customer up."""
    if holder is None or holder.company_id is None:
        return None
    company = await company_of(lms, holder.company_id)
    return company if company and company.account_id == account_id else None


async def company_of(lms: LmsClient, company_id: str) -> Company | None:
    """The company with this id, or None."""
    row = await lms.company(company_id)
    return company_from(row) if row else None


async def company_of_account(lms: LmsClient, account_id: str) -> Company | None:
    """The company of a Salesforce account, or None."""
    row = await lms.company_of_account(account_id)
    return company_from(row) if row else None


def company_from(row: dict[str, Any]) -> Company:
    """The company of a row of the client."""
    return Company(
        id=row["id"],
        account_id=row["accountId"],
        name=row["name"],
        status=row["status"],
        modules=tuple(row["modules"]),
        user_count=row["userCount"],
        location_count=row["locationCount"],
        plan_amount=row["planAmount"],
        last_day=row["deactivateOn"],
        reason=row["deactivationReason"],
    )


async def publications_of(lms: LmsClient, company_id: str) -> tuple[Publication, ...]:
    """The publications of a company, oldest first (PUB-2)."""
    return tuple(publication_from(row) for row in await lms.publications(company_id))


def publication_from(row: dict[str, Any]) -> Publication:
    """The publication of a row of the client."""
    return Publication(
        id=row["id"],
        organization=row["organizationName"],
        name=row["publicationName"],
        status=row["status"],
        details=row["details"],
        last_day=row["deactivateOn"],
        reason=row["deactivationReason"],
    )


def _user(row: dict[str, Any]) -> LmsUser:
    return LmsUser(row["id"], row["email"], row["kind"], row["status"], row["companyId"])
