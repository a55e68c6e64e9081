"""From Salesforce's JSON to our records, strictly: a field that is missing from an answer is a broken promise."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from blocks.errors import WrongAnswer
from blocks.policy import FieldMap
from rules.records import Account, Contact, Contract, Opportunity, Person, Sale

Record = dict[str, Any]


def sale_from(record: Record, fields: FieldMap) -> Sale:
    """The sale of one row of `tasks.salesforce.sale_query`.

    Raises:
        WrongAnswer: a field is missing or is not of the type that Salesforce promises.
    """
    account, contract = _parent(record, "Account"), _parent(record, fields.opportunity.contract_relationship)
    return Sale(
        opportunity=_opportunity(record, fields),
        account=_account(account, fields) if account is not None else None,
        contract=_contract(contract, fields) if contract is not None else None,
        primary_contacts=tuple(_contacts(record)),
    )


def _opportunity(record: Record, fields: FieldMap) -> Opportunity:
    owner = _parent(record, "Owner")
    names = fields.opportunity
    return Opportunity(
        id=_required(record, "Id"),
        name=_required(record, "Name"),
        stage=_required(record, "StageName"),
        type=_text(record, "Type"),
        services=_several(record, names.services_included),
        service_level=_text(record, names.service_level),
        future_billing=_day(record, names.future_billing_date),
        owner=_person(owner) if owner is not None else None,
    )


def _person(record: Record) -> Person:
    return Person(_required(record, "Id"), _required(record, "Name"), _text(record, "Email"))


def _account(record: Record, fields: FieldMap) -> Account:
    names = fields.account
    return Account(
        id=_required(record, "Id"),
        name=_text(record, "Name"),
        lms_company_id=_text(record, names.lms_company_id),
        recurly_account_id=_text(record, names.recurly_account_id),
        recurly_billing_url=_text(record, names.recurly_billing_url),
    )


def _contract(record: Record, fields: FieldMap) -> Contract:
    names = fields.contract
    return Contract(
        id=_required(record, "Id"),
        billing_start=_day(record, names.billing_start_date),
        user_count=_number(record, names.user_count),
        plan_amount=_number(record, names.plan_amount),
        service_level=_text(record, names.service_level),
        products=_several(record, names.products),
    )


def _contacts(record: Record) -> list[Contact]:
    roles = _value(record, "OpportunityContactRoles")
    if not isinstance(roles, list) or not all(isinstance(role, dict) for role in roles):
        raise _broken("OpportunityContactRoles")
    found = [contact for role in roles if (contact := _parent(role, "Contact")) is not None]
    return [
        Contact(
            id=_required(contact, "Id"),
            first_name=_text(contact, "FirstName"),
            last_name=_text(contact, "LastName"),
            email=_text(contact, "Email"),
            phone=_text(contact, "Phone"),
        )
        for contact in found
    ]


def _value(record: Record, name: str) -> Any:
    if name not in record:
        raise _broken(name)
    return record[name]


def _parent(record: Record, name: str) -> Record | None:
    value = _value(record, name)
    if value is not None and not isinstance(value, dict):
        raise _broken(name)
    return value


def _text(record: Record, name: str) -> str | None:
    value = _value(record, name)
    if value is not None and not isinstance(value, str):
        raise _broken(name)
    return value


def _required(record: Record, name: str) -> str:
    value = _text(record, name)
    if not value:
        raise _broken(name)
    return value


def _several(record: Record, name: str) -> tuple[str, ...]:
    """A multi-select picklist: values separated by semicolons."""
    return tuple(part.strip() for part in (_text(record, name) or "").split(";") if part.strip())


def _day(record: Record, name: str) -> date | None:
    text = _text(record, name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise _broken(name) from None


def _number(record: Record, name: str) -> Decimal | None:
    value = _value(record, name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise _broken(name)
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise _broken(name) from None


def _broken(name: str) -> WrongAnswer:
    return WrongAnswer(
        "Salesforce", f"the answer to the sale's query lacks the field {name} or holds another type there."
    )
