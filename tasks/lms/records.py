"""Users and companies of the LMS as the records the procedures speak about: looked up, never changed."""

from typing import Any

from blocks.lms import responses as answers
from blocks.lms.block import LmsClient
from rules.common.problems import HumanInputRequired
from rules.common.records import Company, LmsUser, Publication
from rules.common.text import normalize
from rules.onboarding.no_welcome import Placeholder, another_person


async def holder_of(lms: LmsClient, email: str) -> LmsUser | None:
    """Who has this address (ONB-9)."""
    user = await lms.user_by_email(email)
    return _user(user) if user else None


async def left_on(lms: LmsClient, placeholder: Placeholder) -> LmsUser | None:
    """The user who is still on a placeholder (PUB-6).

    Raises:
        HumanInputRequired: it is another person than is signed up now.
        UnexpectedResponse: the LMS does not tell who it is.
    """
    user = await lms.user_by_email(placeholder.address)
    if user is None:
        return None
    name = " ".join(answers.text("users", user, field) for field in ("firstName", "lastName"))
    if normalize(name) != normalize(placeholder.person):
        raise HumanInputRequired([another_person(user["id"], name, placeholder.person)])
    return _user(user)


async def own_company(lms: LmsClient, holder: LmsUser | None, account_id: str) -> Company | None:
    """The company of the holder, when it is this very customer's: an earlier try got as far as the sign-up."""
    if holder is None or holder.company_id is None:
        return None
    company = await company_of(lms, holder.company_id)
    return company if company and company.account_id == account_id else None


async def company_of(lms: LmsClient, company_id: str) -> Company | None:
    """The company with this id, if there is one."""
    found = await lms.company(company_id)
    return _company(found) if found else None


async def company_of_account(lms: LmsClient, account_id: str) -> Company | None:
    """The company of a Salesforce account, if there is one."""
    found = await lms.company_of_account(account_id)
    return _company(found) if found else None


def _company(found: dict[str, Any]) -> Company:
    return Company(
        id=found["id"],
        account_id=found["accountId"],
        name=found["name"],
        status=found["status"],
        modules=tuple(found["modules"]),
        user_count=found["userCount"],
        location_count=found["locationCount"],
        plan_amount=found["planAmount"],
        last_day=found["deactivateOn"],
        reason=found["deactivationReason"],
    )


async def publications_of(lms: LmsClient, company_id: str) -> tuple[Publication, ...]:
    """The publications of a company, in the order in which they were made (PUB-2)."""
    return tuple(
        Publication(
            id=found["id"],
            organization=found["organizationName"],
            name=found["publicationName"],
            status=found["status"],
            details=found["details"],
            last_day=found["deactivateOn"],
            reason=found["deactivationReason"],
        )
        for found in await lms.publications(company_id)
    )


def _user(found: dict[str, Any]) -> LmsUser:
    return LmsUser(found["id"], found["email"], found["kind"], found["status"], found["companyId"])
