"""Read thousands of clients in Salesforce: accounts in the order of their ids, and the records of the same accounts.

A page is a range of ids and not a number of rows to skip, so a change between two pages hides no account.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from simple_salesforce.format import format_soql

from blocks.common.errors import UnexpectedResponse
from blocks.common.field_map import FieldMap, relationship
from blocks.salesforce.client import SalesforceClient
from rules.assignment.snapshot import OnboardingRecord
from rules.common.records import Person
from rules.contracts.clients import Client
from rules.contracts.reactivation import DEACTIVATED
from rules.reconciliation.client_state import LatestSale
from tasks.salesforce.clients import (
    Where,
    account_columns,
    among,
    client_from,
    contracts_statement,
    renewals_statement,
)
from tasks.salesforce.ends import SERVED
from tasks.salesforce.fields import Record, day, flag, parent, person, required, text
from tasks.salesforce.queries import by_account, select
from tasks.salesforce.snapshot import onboardings_from, onboardings_where
from tasks.salesforce.team import MANAGER, lead_of

PAGE = 2000
"""Accounts of a page: as many rows as one answer of Salesforce holds."""
NAMED = 500
"""Accounts that one call names by their ids."""


@dataclass(frozen=True)
class SalesforceState:
    """A client as Salesforce shows it; the attributes are those of `ClientState`."""

    client: Client
    billing_url: str | None
    csm_lead: Person | None
    sale: LatestSale | None
    onboardings: tuple[OnboardingRecord, ...]


def page_after(client: SalesforceClient, fields: FieldMap, after: str) -> list[SalesforceState]:
    """Up to 2,000 clients with ids after one, in the order of their ids, in two calls.

    Args:
        client: of this thread.
        fields: how this org calls its fields.
        after: an account id, 18 characters, or "" for the first client.

    Raises:
        UnexpectedResponse: the ids are not in their order, byte by byte.
    """
    conditions = [_above("Id", after), _is_client(fields)("Id")]
    where = " AND ".join(condition for condition in conditions if condition)
    accounts = client.query(_accounts_statement(fields, f"WHERE {where} ORDER BY Id LIMIT {PAGE}"))
    ids = [required(row, "Id") for row in accounts]
    if ids != sorted(set(ids)) or (ids and ids[0] <= after):
        raise UnexpectedResponse("Salesforce", "the accounts are not in the order of their ids.")
    return _states(accounts, client.queries(_related(fields, _between(fields, after, ids[-1]))), fields) if ids else []


def count_statement(fields: FieldMap) -> str:
    """The SOQL of the number of clients, as `clients`."""
    return select(["COUNT(Id) clients"], "Account", f"WHERE {_is_client(fields)('Id')}")


def these(client: SalesforceClient, fields: FieldMap, account_ids: Sequence[str]) -> list[SalesforceState]:
    """The clients among these accounts, in the order of their ids, in one call for every 500."""
    found = []
    for first in range(0, len(account_ids), NAMED):
        named = among(account_ids[first : first + NAMED])
        where = _both(named, _is_client(fields))
        statements = [_accounts_statement(fields, f"WHERE {where('Id')} ORDER BY Id"), *_related(fields, named)]
        accounts, *related = client.queries(statements)
        found += _states(accounts, related, fields)
    return sorted(found, key=lambda state: state.client.id)


def _is_client(fields: FieldMap) -> Where:
    """Accounts with a CS Status or an LMS company."""
    status, company = fields.account.cs_status, fields.account.lms_company_id

    def condition(account: str) -> str:
        of = f"{path}." if (path := relationship(account)) else ""
        return format_soql(f"({of}{status} IN {{}} OR {of}{company} != null)", [*SERVED, DEACTIVATED])

    return condition


def _between(fields: FieldMap, after: str, last: str) -> Where:
    """The clients with ids after one, up to another."""

    def within(account: str) -> str:
        return " AND ".join(filter(None, (_above(account, after), format_soql(f"{account} <= {{}}", last))))

    return _both(within, _is_client(fields))


def _above(account: str, after: str) -> str:
    return format_soql(f"{account} > {{}}", after) if after else ""


def _both(first: Where, second: Where) -> Where:
    return lambda account: f"{first(account)} AND {second(account)}"


def _accounts_statement(fields: FieldMap, conditions: str) -> str:
    csm, lead = relationship(fields.account.csm), relationship(fields.account.csm_leader)
    manager = (f"{csm}.{column}" for column in MANAGER)
    also = (fields.account.recurly_billing_url, f"{csm}.IsActive", f"{lead}.IsActive", *manager)
    return select((*account_columns(fields), *also), "Account", conditions)


def _related(fields: FieldMap, where: Where) -> list[str]:
    """The SOQL of contracts, open renewals, won sales and onboarding records, oldest first."""
    return [
        contracts_statement(fields, where),
        renewals_statement(where),
        _sales_statement(fields, where),
        onboardings_where(fields, where(fields.onboarding.account)),
    ]


def _sales_statement(fields: FieldMap, where: Where) -> str:
    names = fields.opportunity
    users = (relationship(name) for name in (names.csm, names.onboarding_manager, names.csm_leader))
    columns = (f"{user}.{field}" for user in users for field in ("Id", "Name", "Email", "IsActive"))
    conditions = f"WHERE {where('AccountId')} AND IsWon = true ORDER BY CloseDate, CreatedDate, Id"
    return select(("Id", "AccountId", "Name", "CloseDate", *columns), "Opportunity", conditions)


def _states(accounts: Sequence[Record], related: Sequence[list[Record]], fields: FieldMap) -> list[SalesforceState]:
    contracts, renewals, sales, onboardings = related
    contracts_of, renewals_of, latest = by_account(contracts), by_account(renewals), _latest(sales)
    onboardings_of = _grouped(onboardings, fields.onboarding.account)
    return [
        SalesforceState(
            client=_with_status(row, client_from(row, contracts_of[number], renewals_of[number], fields), fields),
            billing_url=text(row, fields.account.recurly_billing_url),
            csm_lead=_lead(row, fields),
            sale=_sale(latest[number], fields) if number in latest else None,
            onboardings=onboardings_from(onboardings_of.get(number, ()), fields),
        )
        for row in accounts
        for number in (required(row, "Id"),)
    ]


def _with_status(row: Record, client: Client, fields: FieldMap) -> Client:
    names = fields.account
    return replace(client, csm=_user(row, names.csm), lead=_user(row, names.csm_leader))


def _lead(row: Record, fields: FieldMap) -> Person | None:
    csm = parent(row, relationship(fields.account.csm))
    return lead_of(csm) if csm is not None else None


def _latest(sales: Iterable[Record]) -> Mapping[str, Record]:
    """The last row of each account."""
    return {required(row, "AccountId"): row for row in sales}


def _sale(row: Record, fields: FieldMap) -> LatestSale:
    closed, names = day(row, "CloseDate"), fields.opportunity
    if closed is None:
        raise UnexpectedResponse("Salesforce", "an opportunity has no close date.")
    return LatestSale(
        id=required(row, "Id"),
        name=required(row, "Name"),
        closed=closed,
        csm=_user(row, names.csm),
        onboarding_manager=_user(row, names.onboarding_manager),
        lead=_user(row, names.csm_leader),
    )


def _user(row: Record, lookup: str) -> Person | None:
    """The user of a look-up, with whether they may log in."""
    user, name = parent(row, relationship(lookup)), relationship(lookup)
    found = person(row, name)
    return replace(found, is_active=flag(user, "IsActive")) if found is not None and user is not None else None


def _grouped(rows: Iterable[Record], lookup: str) -> Mapping[str, list[Record]]:
    grouped: dict[str, list[Record]] = {}
    for row in rows:
        if account_id := text(row, lookup):
            grouped.setdefault(account_id, []).append(row)
    return grouped
