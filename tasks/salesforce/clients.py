"""Read clients and their contracts in Salesforce: one client, or up to 200 in one call (PUB-3, D-12)."""

from collections.abc import Callable, Iterable, Sequence

from simple_salesforce.format import format_soql

from blocks.common.field_map import FieldMap, relationship
from blocks.policy.block import Policy
from rules.contracts.clients import Agreement, Client, Renewal
from rules.publications.names import names_in
from tasks.core.connections import connection
from tasks.core.steps import read_task
from tasks.salesforce.fields import Record, children, day, number, owner, person, required, several, text
from tasks.salesforce.queries import by_account, missing_record, run_queries, run_query, select

AT_ONCE = 200
"""Accounts of one call."""

Where = Callable[[str], str]
"""A SOQL condition that chooses accounts, for the path of an account's id: `Id`, or the look-up of another object."""


@read_task("Read client {account_id}", done="Client read: {value.name}")
async def read_client(account_id: str) -> Client:
    """An account with all its contracts and open renewals, in one call.

    Args:
        account_id: 18 characters.

    Raises:
        RecordMissing: there is no such account, or our user may not see it.
    """
    clients = await read_clients([account_id])
    if not clients:
        raise missing_record("account", account_id)
    return clients[0]


@read_task("Read the contracts of {account_id}", done="Contracts read: {number_of[value]}")
async def read_agreements(account_id: str) -> tuple[Agreement, ...]:
    """Every contract of an account, in one query.

    Args:
        account_id: 18 characters.
    """
    fields = (await connection(Policy)).field_map
    return tuple(agreement(row, fields) for row in await run_query(contracts_statement(fields, among([account_id]))))


@read_task("Find the account of contract {contract_id}")
async def account_of(contract_id: str) -> str:
    """The account id of a contract, both ids of 18 characters.

    Raises:
        RecordMissing: there is no such contract, or our user may not see it.
    """
    rows = await run_query(format_soql("SELECT AccountId FROM Contract WHERE Id = {}", contract_id))
    if not rows:
        raise missing_record("contract", contract_id)
    return required(rows[0], "AccountId")


async def read_clients(account_ids: Sequence[str]) -> list[Client]:
    """Up to 200 accounts with their contracts and open renewals, in one call, in the order of their ids."""
    fields = (await connection(Policy)).field_map
    return clients_from(await run_queries(client_statements(fields, account_ids)), fields)


def client_statements(fields: FieldMap, account_ids: Sequence[str]) -> list[str]:
    """The SOQL of accounts, contracts and open renewals, for one call.

    Args:
        fields: how this org calls its fields.
        account_ids: 18 characters each, at most 200.
    """
    where = among(account_ids)
    return [
        select(account_columns(fields), "Account", f"WHERE {where('Id')} ORDER BY Id"),
        contracts_statement(fields, where),
        renewals_statement(where),
    ]


def among(account_ids: Sequence[str]) -> Where:
    """The condition of accounts with these ids."""
    ids = list(account_ids)
    return lambda account: format_soql(f"{account} IN {{}}", ids)


def account_columns(fields: FieldMap) -> tuple[str, ...]:
    """The columns that `client_from` reads of an account."""
    account = fields.account
    own = ("Id", "Name", account.lms_company_id, account.recurly_account_id, account.cs_status, account.mrr)
    users = ("Owner", "Owner.Manager", relationship(account.csm), relationship(account.csm_leader))
    of_users = (f"{user}.{field}" for user in users for field in ("Id", "Name", "Email"))
    return (*own, *of_users, *(f"{user}.IsActive" for user in users[:2]))


def contracts_statement(fields: FieldMap, where: Where) -> str:
    """The SOQL of the contracts of accounts."""
    return select(agreement_columns(fields), "Contract", f"WHERE {where('AccountId')} ORDER BY StartDate, Id")


def renewals_statement(where: Where) -> str:
    """The SOQL of the open renewals of accounts."""
    open_renewals = "Type = 'Renewal' AND IsClosed = false ORDER BY CloseDate, Id"
    columns = ("Id", "AccountId", "Name", "StageName", "CloseDate")
    return select(columns, "Opportunity", f"WHERE {where('AccountId')} AND {open_renewals}")


def clients_from(rows: Sequence[list[Record]], fields: FieldMap) -> list[Client]:
    """The clients of the rows of `client_statements`.

    Raises:
        UnexpectedResponse: a field is missing or has another type than Salesforce promises.
    """
    accounts, contracts, renewals = rows
    agreements_of, renewals_of = by_account(contracts), by_account(renewals)
    return [
        client_from(row, agreements_of[required(row, "Id")], renewals_of[required(row, "Id")], fields)
        for row in accounts
    ]


def client_from(row: Record, contracts: Iterable[Record], renewals: Iterable[Record], fields: FieldMap) -> Client:
    """The client of an account's row and the rows of its contracts and open renewals."""
    names, (seller, manager) = fields.account, owner(row)
    return Client(
        id=required(row, "Id"),
        name=text(row, "Name") or "",
        lms_company_id=text(row, names.lms_company_id),
        recurly_account_id=text(row, names.recurly_account_id),
        cs_status=text(row, names.cs_status),
        mrr=number(row, names.mrr),
        owner=seller,
        manager=manager,
        csm=person(row, relationship(names.csm)),
        lead=person(row, relationship(names.csm_leader)),
        agreements=tuple(agreement(contract, fields) for contract in contracts),
        renewals=tuple(_renewal(renewal) for renewal in renewals),
    )


def agreement_columns(fields: FieldMap) -> tuple[str, ...]:
    """The columns that `agreement` reads of a contract."""
    contract = fields.contract
    return (
        *("Id", "AccountId", "ContractNumber", "Status", "StartDate", "EndDate"),
        *(contract.products, contract.service_level, contract.user_count, contract.plan_amount, contract.publications),
        "(SELECT AccountId, Type FROM Opportunities WHERE IsWon = true ORDER BY CloseDate, Id)",
    )


def agreement(row: Record, fields: FieldMap) -> Agreement:
    """The contract of a row with the columns of `agreement_columns`."""
    names = fields.contract
    # A sale of another account does not sign the contract.
    won = [sale for sale in children(row, "Opportunities") if text(sale, "AccountId") in (None, row["AccountId"])]
    return Agreement(
        id=required(row, "Id"),
        number=text(row, "ContractNumber") or "",
        status=text(row, "Status") or "",
        start=day(row, "StartDate"),
        end=day(row, "EndDate"),
        won=bool(won),
        products=several(row, names.products),
        service_level=text(row, names.service_level),
        users=number(row, names.user_count),
        publications=names_in(text(row, names.publications)),
        plan_amount=number(row, names.plan_amount),
        sold_as=text(won[0], "Type") if won else None,
    )


def _renewal(row: Record) -> Renewal:
    return Renewal(required(row, "Id"), required(row, "Name"), required(row, "StageName"), day(row, "CloseDate"))
