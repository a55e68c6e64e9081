"""The account, its sale and its onboarding records in Salesforce before an assignment (CSM-1)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from simple_salesforce.format import format_soql

from blocks.common.field_map import FieldMap, relationship
from rules.assignment.books import CsmTerms
from rules.assignment.snapshot import AssignedAccount, AssignedOpportunity, AssignmentSnapshot, OnboardingRecord
from tasks.salesforce.books import ContractTotals, books_from
from tasks.salesforce.fields import (
    Record,
    children,
    day,
    flag,
    moment,
    number,
    parent,
    person,
    required,
    required_moment,
    several,
    text,
)
from tasks.salesforce.queries import select
from tasks.salesforce.team import absences_from, csms_from
from tasks.salesforce.writes import checkboxes


def customer_statement(fields: FieldMap, account_id: str, opportunity_id: str | None, since: date) -> str:
    """The SOQL of the account, with its latest contract and the sale whose onboarding begins.

    Args:
        fields: how this org calls its fields.
        account_id: 18 characters.
        opportunity_id: that sale; None for the account's latest one closed since `since`.
        since: a day in the org's time zone.
    """
    account, opportunity, contract = fields.account, fields.opportunity, fields.contract
    terms = (contract.plan_amount, contract.user_count)
    own = (
        *(account.mrr, account.segmentation, account.csm_assigned_on, account.lms_company_id),
        *_user(account.csm),
        *_user(account.csm_leader),
    )
    sold = (
        *("Id", "Name", opportunity.services_included),
        *_user(opportunity.csm),
        *_user(opportunity.onboarding_manager),
        *_user(opportunity.csm_leader),
        *(f"{opportunity.contract_relationship}.{name}" for name in ("Id", *terms, contract.products)),
    )
    chosen = (
        format_soql("Id = {}", opportunity_id)
        if opportunity_id
        else format_soql("IsWon = true AND CloseDate >= {}", since)
    )
    newest = "ORDER BY CloseDate DESC, CreatedDate DESC LIMIT 1"
    latest_sale = select(sold, "Opportunities", f"WHERE {chosen} {newest}")
    latest_contract = select(terms, "Contracts", "ORDER BY StartDate DESC NULLS LAST LIMIT 1")
    columns = ("Id", "Name", *own, f"({latest_sale})", f"({latest_contract})")
    return select(columns, "Account", format_soql("WHERE Id = {}", account_id))


def onboardings_statement(fields: FieldMap, account_id: str) -> str:
    """The SOQL of all Customer Onboarding records of an account."""
    return onboardings_where(fields, format_soql(f"{fields.onboarding.account} = {{}}", account_id))


def onboardings_where(fields: FieldMap, condition: str) -> str:
    """The SOQL of Customer Onboarding records, oldest first."""
    columns = ("Id", "Name", "CreatedDate", *(name for name, _ in fields.onboarding.api_names()))
    return select(columns, fields.onboarding.sobject, f"WHERE {condition} ORDER BY CreatedDate, Id")


def snapshot_from(
    rows: Sequence[list[Record]],
    totals: ContractTotals,
    at: datetime,
    fields: FieldMap,
    *,
    zone: ZoneInfo,
    terms: Mapping[str, CsmTerms],
) -> AssignmentSnapshot:
    """The snapshot, from the rows of the statements of customer, team, books, calendar and onboardings.

    Args:
        rows: a list for each of these statements, in this order.
        totals: of the accounts without MRR, by book.
        at: when they were read (UTC).
        fields: how this org calls its fields.
        zone: of the org.
        terms: the CSMs' own limits, by e-mail address in lower case.

    Raises:
        UnexpectedResponse: a field is missing or has another type than Salesforce promises.
    """
    (customer,), team, books, calendar, onboardings = rows
    sales = children(customer, "Opportunities")
    sold_by = parent(sales[0], fields.opportunity.contract_relationship) if sales else None
    return AssignmentSnapshot(
        at=at,
        account=_account(customer, sold_by or next(iter(children(customer, "Contracts")), None), fields),
        opportunity=_opportunity(sales[0], sold_by, fields) if sales else None,
        csms=csms_from(team, books_from(books, totals), absences_from(calendar, zone), fields=fields, terms=terms),
        onboardings=onboardings_from(onboardings, fields),
    )


def onboardings_from(rows: Iterable[Record], fields: FieldMap) -> tuple[OnboardingRecord, ...]:
    """The records of the rows of `onboardings_statement`, oldest first."""
    return tuple(_onboarding(row, fields) for row in rows)


def _user(lookup: str) -> tuple[str, ...]:
    path = relationship(lookup)
    return f"{path}.Id", f"{path}.Name", f"{path}.Email"


def _account(row: Record, contract: Record | None, fields: FieldMap) -> AssignedAccount:
    names = fields.account
    return AssignedAccount(
        id=required(row, "Id"),
        name=text(row, "Name") or "",
        mrr=number(row, names.mrr),
        plan_amount=number(contract, fields.contract.plan_amount) if contract else None,
        users=number(contract, fields.contract.user_count) if contract else None,
        segmentation=text(row, names.segmentation),
        csm=person(row, relationship(names.csm)),
        lead=person(row, relationship(names.csm_leader)),
        assigned_on=moment(row, names.csm_assigned_on),
        lms_company_id=text(row, names.lms_company_id),
    )


def _opportunity(row: Record, contract: Record | None, fields: FieldMap) -> AssignedOpportunity:
    names = fields.opportunity
    agreed = several(contract, fields.contract.products) if contract else ()
    return AssignedOpportunity(
        id=required(row, "Id"),
        name=required(row, "Name"),
        products=agreed or several(row, names.services_included),
        csm=person(row, relationship(names.csm)),
        onboarding_manager=person(row, relationship(names.onboarding_manager)),
        lead=person(row, relationship(names.csm_leader)),
    )


def _onboarding(row: Record, fields: FieldMap) -> OnboardingRecord:
    names = fields.onboarding
    return OnboardingRecord(
        id=required(row, "Id"),
        name=text(row, "Name") or "",
        opportunity_id=text(row, names.opportunity),
        products=tuple(product for product, checkbox in checkboxes(names).items() if flag(row, checkbox)),
        sent_on=day(row, names.email_sent_date),
        send=flag(row, names.send_email),
        created=required_moment(row, "CreatedDate"),
    )
