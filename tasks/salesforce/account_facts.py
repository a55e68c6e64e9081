"""Everything that Salesforce has on the accounts of a transition, fifty accounts at a time (TRN-6, D-12).

Each fifty accounts take ten queries, five in a call; each further page of 2,000 rows is one more call. 200 accounts
take eight calls. Open records are read whatever their age, past ones back to a day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from simple_salesforce.format import format_soql

from blocks.common.field_map import FieldMap, relationship
from blocks.salesforce.client import SalesforceClient
from rules.transition.account_facts import (
    AccountFacts,
    AccountOpportunity,
    Case,
    CrmTask,
    PointOfContact,
    SignedContract,
)
from tasks.salesforce.clients import agreement, agreement_columns
from tasks.salesforce.fields import (
    Record,
    day,
    flag,
    midnight,
    moment,
    number,
    parent,
    person,
    required,
    required_moment,
    text,
)
from tasks.salesforce.queries import by_account, query_all, select

AT_ONCE = 50
"""Accounts of one query: Salesforce returns at most 2,000 groups, here the contacts that replied."""
MOST_PAST = 4000
"""Closed cases, and done tasks, that are read for each fifty accounts, the newest first."""
MOST_GROUPS = 2000
_QUERIES = 10
_CONTACT = ("Id", "AccountId", "Name", "Email", "Title")
_CASE = (
    *("Id", "AccountId", "CaseNumber", "Type", "Subject", "Description"),
    *("IsClosed", "CreatedDate", "ClosedDate", "OwnerId"),
)
_TASK = ("Id", "AccountId", "Subject", "TaskSubtype", "ActivityDate", "IsClosed", "OwnerId", "WhoId", "WhatId")
_REPLY = ("WhoId contact", "MAX(ActivityDate) replied")


@dataclass(frozen=True)
class ReadSettings:
    """How accounts are read: the org's names of its fields, the first day of the past, the org's time zone."""

    fields: FieldMap
    since: date
    zone: ZoneInfo


def salesforce_facts(
    client: SalesforceClient, settings: ReadSettings, account_ids: Sequence[str]
) -> list[AccountFacts]:
    """The accounts in the order of their ids, without those that Salesforce does not have.

    Args:
        client: of this thread.
        settings: names, first day and time zone.
        account_ids: 18 characters each, any number.

    Raises:
        UnexpectedResponse: a field is missing or has another type than Salesforce promises.
    """
    chunks = [list(account_ids[first : first + AT_ONCE]) for first in range(0, len(account_ids), AT_ONCE)]
    tables = query_all(client, [soql for chunk in chunks for soql in _statements(settings, chunk)])
    starts = range(0, len(tables), _QUERIES)
    accounts = [account for start in starts for account in _facts(settings, tables[start : start + _QUERIES])]
    by_id = {account.id: account for account in accounts}
    return [by_id[account_id] for account_id in dict.fromkeys(account_ids) if account_id in by_id]


def _statements(settings: ReadSettings, ids: list[str]) -> list[str]:
    fields, since = settings.fields, settings.since
    accounts, newest = format_soql("WHERE AccountId IN {}", ids), f"LIMIT {MOST_PAST}"
    closed = format_soql("IsClosed = true AND ClosedDate >= {}", midnight(since, settings.zone))
    done = format_soql("IsClosed = true AND ActivityDate >= {}", since)
    sales = f"{accounts} AND (IsClosed = false OR {format_soql('CloseDate >= {}', since)})"
    won = format_soql("WHERE IsPrimary = true AND Opportunity.IsWon = true AND Opportunity.AccountId IN {}", ids)
    replies = f"{accounts} AND IsClosed = true AND TaskSubtype IN ('Email', 'Call') AND WhoId != null"
    contracts = (*agreement_columns(fields), fields.contract.provider_count)
    roles = ("ContactId", "Opportunity.AccountId")
    return [
        select(_account_columns(fields), "Account", format_soql("WHERE Id IN {}", ids)),
        select(_CONTACT, "Contact", f"{accounts} ORDER BY CreatedDate, Id"),
        select(_opportunity_columns(fields), "Opportunity", f"{sales} ORDER BY CloseDate, Id"),
        select(contracts, "Contract", f"{accounts} ORDER BY StartDate, Id"),
        select(roles, "OpportunityContactRole", f"{won} ORDER BY Opportunity.CloseDate DESC, Id"),
        select(_CASE, "Case", f"{accounts} AND IsClosed = false ORDER BY CreatedDate, Id"),
        select(_CASE, "Case", f"{accounts} AND {closed} ORDER BY ClosedDate DESC, Id {newest}"),
        select(_TASK, "Task", f"{accounts} AND IsClosed = false ORDER BY ActivityDate, Id"),
        select(_TASK, "Task", f"{accounts} AND {done} ORDER BY ActivityDate DESC, Id {newest}"),
        select(_REPLY, "Task", f"{replies} GROUP BY WhoId ORDER BY MAX(ActivityDate) DESC LIMIT {MOST_GROUPS}"),
    ]


def _account_columns(fields: FieldMap) -> tuple[str, ...]:
    account = fields.account
    people = (relationship(account.csm), relationship(account.csm_leader))
    return (
        *("Id", "Name", account.health, account.special_mentions, account.mrr, account.segmentation),
        *(account.cs_status, account.lms_company_id, account.recurly_account_id, account.csm_assigned_on),
        *(f"{user}.{field}" for user in people for field in ("Id", "Name", "Email")),
    )


def _opportunity_columns(fields: FieldMap) -> tuple[str, ...]:
    names = fields.opportunity
    own = ("Id", "AccountId", "Name", "Type", "StageName", "Amount", "CloseDate", "IsClosed", "IsWon")
    return (*own, names.csm, names.onboarding_manager, names.csm_leader)


def _facts(settings: ReadSettings, tables: Sequence[list[Record]]) -> list[AccountFacts]:
    accounts, contacts, sales, contracts, roles, open_cases, closed_cases, open_tasks, done_tasks, replies = tables
    last_replies = {required(row, "contact"): day(row, "replied") for row in replies}
    main_contacts = _main_contacts(roles)
    children = {
        "contacts": by_account(contacts),
        "sales": by_account(sales),
        "contracts": by_account(contracts),
        "cases": by_account([*open_cases, *closed_cases]),
        "tasks": by_account([*open_tasks, *done_tasks]),
    }
    return [_account(settings, row, children, main_contacts, last_replies) for row in accounts]


def _main_contacts(roles: Sequence[Record]) -> dict[str, str]:
    """The primary contact of each account's latest won sale; the rows come latest sale first."""
    contacts: dict[str, str] = {}
    for role in roles:
        sale = parent(role, "Opportunity")
        if sale is not None:
            contacts.setdefault(required(sale, "AccountId"), required(role, "ContactId"))
    return contacts


def _account(
    settings: ReadSettings,
    row: Record,
    children: Mapping[str, Mapping[str, Sequence[Record]]],
    main_contacts: Mapping[str, str],
    last_replies: Mapping[str, date | None],
) -> AccountFacts:
    fields, account_id = settings.fields, required(row, "Id")
    names = fields.account
    return AccountFacts(
        id=account_id,
        name=text(row, "Name") or "",
        csm=person(row, relationship(names.csm)),
        lead=person(row, relationship(names.csm_leader)),
        health=text(row, names.health),
        special_mentions=text(row, names.special_mentions),
        mrr=number(row, names.mrr),
        segmentation=text(row, names.segmentation),
        cs_status=text(row, names.cs_status),
        lms_company_id=text(row, names.lms_company_id),
        recurly_account_id=text(row, names.recurly_account_id),
        contacts=_contacts(children["contacts"][account_id], main_contacts.get(account_id), last_replies),
        cases=tuple(_case(case, settings.zone) for case in children["cases"][account_id]),
        opportunities=tuple(_opportunity(sale, fields) for sale in children["sales"][account_id]),
        tasks=tuple(_task(task) for task in children["tasks"][account_id]),
        contracts=_signed(children["contracts"][account_id], fields),
        assigned_on=moment(row, names.csm_assigned_on),
    )


def _contacts(
    rows: Sequence[Record], primary: str | None, last_replies: Mapping[str, date | None]
) -> tuple[PointOfContact, ...]:
    """The contacts; the main one is the primary contact of the latest won sale, or else the oldest contact (ours)."""
    ids = [required(row, "Id") for row in rows]
    main = primary if primary in ids else next(iter(ids), None)
    return tuple(
        PointOfContact(
            id=contact_id,
            name=text(row, "Name") or "",
            email=text(row, "Email"),
            title=text(row, "Title"),
            is_main=contact_id == main,
            last_reply=last_replies.get(contact_id),
        )
        for contact_id, row in zip(ids, rows, strict=True)
    )


def _case(row: Record, zone: ZoneInfo) -> Case:
    closed = moment(row, "ClosedDate")
    return Case(
        id=required(row, "Id"),
        number=text(row, "CaseNumber") or "",
        type=text(row, "Type"),
        subject=text(row, "Subject"),
        description=text(row, "Description"),
        is_closed=flag(row, "IsClosed"),
        opened=required_moment(row, "CreatedDate").astimezone(zone).date(),
        closed=closed.astimezone(zone).date() if closed else None,
        owner_id=text(row, "OwnerId"),
    )


def _opportunity(row: Record, fields: FieldMap) -> AccountOpportunity:
    names = fields.opportunity
    return AccountOpportunity(
        id=required(row, "Id"),
        name=text(row, "Name") or "",
        type=text(row, "Type"),
        stage=required(row, "StageName"),
        amount=number(row, "Amount"),
        close=day(row, "CloseDate"),
        is_closed=flag(row, "IsClosed"),
        is_won=flag(row, "IsWon"),
        csm_id=text(row, names.csm),
        manager_id=text(row, names.onboarding_manager),
        leader_id=text(row, names.csm_leader),
    )


def _task(row: Record) -> CrmTask:
    return CrmTask(
        id=required(row, "Id"),
        subject=text(row, "Subject"),
        subtype=text(row, "TaskSubtype"),
        due=day(row, "ActivityDate"),
        is_closed=flag(row, "IsClosed"),
        owner_id=text(row, "OwnerId"),
        contact_id=text(row, "WhoId"),
        record_id=text(row, "WhatId"),
    )


def _signed(rows: Sequence[Record], fields: FieldMap) -> tuple[SignedContract, ...]:
    contracts = (SignedContract(agreement(row, fields), number(row, fields.contract.provider_count)) for row in rows)
    return tuple(contract for contract in contracts if contract.agreement.is_signed)
