"""The records of a sale, from a row of Salesforce."""

from blocks.policy.block import FieldMap
from rules.common.records import Account, Contact, Contract, Opportunity, Sale
from rules.publications.names import names_in
from tasks.salesforce.fields import Record, children, day, flag, number, owner, parent, required, several, text


def sale_from(record: Record, fields: FieldMap) -> Sale:
    """The sale, from one row of `tasks.salesforce.sales.sale_query`.

    Raises:
        UnexpectedResponse: a field is missing or has another type than Salesforce promises.
    """
    account, contract = parent(record, "Account"), parent(record, fields.opportunity.contract_relationship)
    return Sale(
        opportunity=_opportunity(record, fields),
        account=_account(account, fields) if account is not None else None,
        contract=_contract(contract, fields) if contract is not None else None,
        primary_contacts=tuple(_contacts(record)),
    )


def _opportunity(record: Record, fields: FieldMap) -> Opportunity:
    names, (seller, manager) = fields.opportunity, owner(record)
    return Opportunity(
        id=required(record, "Id"),
        name=required(record, "Name"),
        stage=required(record, "StageName"),
        type=text(record, "Type"),
        services=several(record, names.services_included),
        service_level=text(record, names.service_level),
        future_billing=day(record, names.future_billing_date),
        owner=seller,
        manager=manager,
        is_won=flag(record, "IsWon"),
    )


def _account(record: Record, fields: FieldMap) -> Account:
    names = fields.account
    return Account(
        id=required(record, "Id"),
        name=text(record, "Name"),
        lms_company_id=text(record, names.lms_company_id),
        recurly_account_id=text(record, names.recurly_account_id),
        recurly_billing_url=text(record, names.recurly_billing_url),
    )


def _contract(record: Record, fields: FieldMap) -> Contract:
    names = fields.contract
    return Contract(
        id=required(record, "Id"),
        billing_start=day(record, names.billing_start_date),
        user_count=number(record, names.user_count),
        plan_amount=number(record, names.plan_amount),
        service_level=text(record, names.service_level),
        products=several(record, names.products),
        publications=names_in(text(record, names.publications)),
        account_id=text(record, "AccountId"),
        account_name=_account_name(record),
    )


def _contacts(record: Record) -> list[Contact]:
    roles = children(record, "OpportunityContactRoles")
    contacts = [contact for role in roles if (contact := parent(role, "Contact")) is not None]
    return [
        Contact(
            id=required(contact, "Id"),
            first_name=text(contact, "FirstName"),
            last_name=text(contact, "LastName"),
            email=text(contact, "Email"),
            phone=text(contact, "Phone"),
            account_id=text(contact, "AccountId"),
            account_name=_account_name(contact),
        )
        for contact in contacts
    ]


def _account_name(record: Record) -> str | None:
    """The name of the account that a contact or a contract belongs to."""
    account = parent(record, "Account")
    return text(account, "Name") if account is not None else None
