"""The preview of a sale that is open or incomplete: the plan as far as the records give it (ONB-1, ONB-3)."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from rules.common.problems import Problem
from rules.common.records import Change, Contact, Contract, Opportunity, Sale
from rules.common.scope import CRED_SERV
from rules.common.service_level import LEVELS
from rules.common.text import normalize
from rules.onboarding.review import CLOSED_WON, is_won
from rules.onboarding.reviewed_sale import ReviewedSale
from rules.onboarding.write_back import (
    BILLING_START,
    COMPANY_NAME,
    EMAIL,
    LOCATION_COUNT,
    MODULES,
    PLAN_AMOUNT,
    SERVICE_LEVEL,
    USER_COUNT,
)

TO_SETTLE = "to be settled"
"""What a plan shows for a value that depends on an open problem."""
STAND_IN_EMAIL = "to-be-settled@example.invalid"
"""Nobody has this address; it is never written."""

_NOBODY = Contact("", None, None, None, None)
_OF_CONTACT = {"First Name": "First Name", "Last Name": "Last Name", "Phone": "Phone Number", "Email": EMAIL}
_OF_CONTRACT = {
    SERVICE_LEVEL: (SERVICE_LEVEL, MODULES),
    "Products": (MODULES,),
    BILLING_START: (BILLING_START,),
    USER_COUNT: (USER_COUNT, LOCATION_COUNT),
    PLAN_AMOUNT: (PLAN_AMOUNT,),
}


def stage_note(opportunity: Opportunity) -> str:
    """A sentence about a sale that is not won yet; "" for a won one (ONB-1)."""
    if is_won(opportunity):
        return ""
    return f"Stage is {opportunity.stage}: onboarding starts when the opportunity is {CLOSED_WON}. (ONB-1)"


def draft(
    sale: Sale, problems: Collection[Problem], matrix_products: Collection[str] | None, today: date
) -> ReviewedSale | None:
    """The sale with stand-ins for what is open, so that the rest of its plan can be made.

    The plan's values that come of stand-ins are replaced by `without_stand_ins`.

    Args:
        sale: the records.
        problems: of the sale.
        matrix_products: the products of the permission matrix; None while it has faults.
        today: in the org's time zone.

    Returns:
        None if too little is known: no account, no contract of its own, no matrix, or open figures of a customer whom
        the LMS has already.
    """
    account, contract, on_contract = sale.account, sale.contract, open_figures(problems)
    if account is None or contract is None or contract.account_id != account.id or matrix_products is None:
        return None
    if on_contract and account.lms_company_id:
        return None
    contact = next(iter(sale.primary_contacts), _NOBODY) if len(sale.primary_contacts) == 1 else _NOBODY
    if _open_person(problems) & {EMAIL}:
        contact = replace(contact, email=STAND_IN_EMAIL)
    contract = _filled(contract, on_contract, matrix_products, today)
    whole = replace(sale, contract=contract, primary_contacts=(contact,))
    assert contract.billing_start is not None
    return ReviewedSale(whole, account, contact, contract, contract.billing_start)


def open_figures(problems: Iterable[Problem]) -> set[str]:
    """The fields of the contract that are open."""
    return {problem.field for problem in problems if problem.record == "Contract"} & _OF_CONTRACT.keys()


def without_stand_ins(changes: Iterable[Change], problems: Iterable[Problem]) -> tuple[Change, ...]:
    """The changes, with `TO_SETTLE` for each value that depends on an open problem."""
    every = tuple(problems)
    fields = {field for name in open_figures(every) for field in _OF_CONTRACT[name]}
    fields |= _open_person(every)
    fields |= {COMPANY_NAME} if any(problem.record == "Account" for problem in every) else set()
    return tuple(replace(one, after=TO_SETTLE) if one.field in fields else one for one in changes)


def _open_person(problems: Iterable[Problem]) -> set[str]:
    """The fields of the super admin to be that are open; all of them without the right contact."""
    return {
        field
        for problem in problems
        if problem.record == "Contact" or problem.field == "Primary Contact"
        for field in ([_OF_CONTACT[problem.field]] if problem.field in _OF_CONTACT else _OF_CONTACT.values())
    }


def _filled(contract: Contract, fields: Collection[str], matrix_products: Collection[str], today: date) -> Contract:
    known = {normalize(product) for product in (*matrix_products, CRED_SERV)}
    return replace(
        contract,
        billing_start=today if BILLING_START in fields else contract.billing_start,
        user_count=Decimal(1) if USER_COUNT in fields else contract.user_count,
        plan_amount=Decimal(0) if PLAN_AMOUNT in fields else contract.plan_amount,
        service_level=LEVELS[0] if SERVICE_LEVEL in fields else contract.service_level,
        products=tuple(product for product in contract.products if normalize(product) in known),
    )
