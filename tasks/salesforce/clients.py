"""Clients and their contracts, asked of Salesforce: one alone, or two hundred at a time (PUB-3, D-12)."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence

from simple_salesforce.format import format_soql

from blocks.common.errors import RecordMissing
from blocks.common.field_map import FieldMap, relationship
from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from rules.contracts.clients import Agreement, Client, Renewal
from rules.publications.names import names_in
from tasks.core.connections import connection
from tasks.core.steps import read_task
from tasks.salesforce.fields import Record, children, day, number, owner, person, required, several, text

AT_ONCE = 200
"""Accounts that are asked for in one call."""


@read_task("Read client {account_id}")
async def read_client(account_id: str) -> Client:
    """An account with all its contracts and open renewals, in one call.

    Args:
        account_id: 18 characters.

    Raises:
        RecordMissing: there is no such account, or our user may not see it.
    """
    found = await read_clients([account_id])
    if not found:
        raise _missing("account", account_id)
    return found[0]


@read_task("Read the contracts of {account_id}")
async def read_agreements(account_id: str) -> tuple[Agreement, ...]:
    """Every contract of an account, in one query.

    Args:
        account_id: 18 characters.
    """
    org, policy = await connection(SalesforceOrg), await connection(Policy)
    soql = agreements_statement(policy.field_map, [account_id])
    rows = await asyncio.to_thread(lambda: org.client().query(soql))
    return tuple(agreement(row, policy.field_map) for row in rows)


@read_task("Find the account of contract {contract_id}")
async def account_of(contract_id: str) -> str:
    """The account of a contract, 18 characters both.

    Raises:
        RecordMissing: there is no such contract, or our user may not see it.
    """
    org = await connection(SalesforceOrg)
    soql = format_soql("SELECT AccountId FROM Contract WHERE Id = {}", contract_id)
    rows = await asyncio.to_thread(lambda: org.client().query(soql))
    if not rows:
        raise _missing("contract", contract_id)
    return required(rows[0], "AccountId")


async def read_clients(account_ids: Sequence[str]) -> list[Client]:
    """Up to 200 accounts with their contracts and open renewals, in one call, in the order of their ids."""
    org, policy = await connection(SalesforceOrg), await connection(Policy)
    statements = client_statements(policy.field_map, account_ids)
    rows = await asyncio.to_thread(lambda: org.client().queries(statements))
    return clients_from(rows, policy.field_map)


def client_statements(fields: FieldMap, account_ids: Sequence[str]) -> list[str]:
    """The SOQL of accounts, contracts and open renewals, for one call.

    Args:
        fields: how this org calls its fields.
        account_ids: 18 characters each, at most 200.
    """
    account = fields.account
    own = ("Id", "Name", account.lms_company_id, account.recurly_account_id, account.cs_status, account.mrr)
    people = ("Owner", "Owner.Manager", relationship(account.csm), relationship(account.csm_leader))
    status = (f"{who}.IsActive" for who in people[:2])
    asked = (*own, *(f"{who}.{field}" for who in people for field in ("Id", "Name", "Email")), *status)
    ids = list(account_ids)
    where = format_soql("AccountId IN {}", ids)
    open_renewals = f"{where} AND Type = 'Renewal' AND IsClosed = false ORDER BY CloseDate, Id"
    return [
        f"SELECT {', '.join(asked)} FROM Account WHERE {format_soql('Id IN {}', ids)} ORDER BY Id",  # noqa: S608 - names are checked by the field map
        agreements_statement(fields, ids),
        f"SELECT Id, AccountId, Name, StageName, CloseDate FROM Opportunity WHERE {open_renewals}",  # noqa: S608 - as above
    ]


def agreements_statement(fields: FieldMap, account_ids: Sequence[str]) -> str:
    """The SOQL of the contracts of accounts, 18 characters each."""
    where = format_soql("AccountId IN {}", list(account_ids))
    return f"SELECT {', '.join(agreement_columns(fields))} FROM Contract WHERE {where} ORDER BY StartDate, Id"  # noqa: S608 - names are checked by the field map


def clients_from(rows: Sequence[list[Record]], fields: FieldMap) -> list[Client]:
    """The clients of the rows of `client_statements`.

    Raises:
        UnexpectedResponse: a field is missing or is not of the type that Salesforce promises.
    """
    accounts, contracts, renewals = rows
    agreements_of, renewals_of = _by_account(contracts), _by_account(renewals)
    return [
        _client(row, agreements_of[required(row, "Id")], renewals_of[required(row, "Id")], fields) for row in accounts
    ]


def _by_account(rows: Iterable[Record]) -> defaultdict[str, list[Record]]:
    found: defaultdict[str, list[Record]] = defaultdict(list)
    for row in rows:
        found[required(row, "AccountId")].append(row)
    return found


def _client(row: Record, contracts: Iterable[Record], renewals: Iterable[Record], fields: FieldMap) -> Client:
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
    """What `agreement` reads of a contract."""
    contract = fields.contract
    return (
        *("Id", "AccountId", "ContractNumber", "Status", "StartDate", "EndDate"),
        *(contract.products, contract.service_level, contract.user_count, contract.plan_amount, contract.publications),
        "(SELECT AccountId, Type FROM Opportunities WHERE IsWon = true ORDER BY CloseDate, Id)",
    )


def agreement(row: Record, fields: FieldMap) -> Agreement:
    """A contract, by a row with these columns."""
    names = fields.contract
    # The sale of another account signs nothing.
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


def _missing(kind: str, record_id: str) -> RecordMissing:
    return RecordMissing(
        "Salesforce",
        f"there is no {kind} {record_id}, or the integration user may not see it. "
        "If it was deleted or merged, nothing is to be done here.",
        code="NOT_FOUND",
    )
