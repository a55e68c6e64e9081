"""Accounts that move, with all that Salesforce knows of them, asked fifty at a time (TRN-6, D-12).

Ten queries for each fifty, five in a call, and a call for every further page of 2,000 rows: 200 accounts are eight
calls. What is open is read whatever its age; what is past, back to a day.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from simple_salesforce.format import format_soql

from blocks.common.field_map import FieldMap, relationship
from blocks.salesforce.client import MAX_QUERIES, SalesforceClient
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

AT_ONCE = 50
"""Accounts that one query asks about: Salesforce groups into 2,000 rows at most, here the contacts that replied."""
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
class Reading:
    """How accounts are read: what this org calls its fields, the first day of the past, the org's time zone."""

    fields: FieldMap
    since: date
    zone: ZoneInfo


def salesforce_facts(client: SalesforceClient, how: Reading, account_ids: Sequence[str]) -> list[AccountFacts]:
    """The accounts as Salesforce knows them, in the order of their ids; one that is not there is left out.

    Args:
        client: of this thread.
        how: they are read.
        account_ids: 18 characters each, as many as are wanted.

    Raises:
        UnexpectedResponse: a field is missing or is not of the type that Salesforce promises.
    """
    chunks = [list(account_ids[first : first + AT_ONCE]) for first in range(0, len(account_ids), AT_ONCE)]
    statements = [soql for chunk in chunks for soql in _statements(how, chunk)]
    answers = [
        rows
        for first in range(0, len(statements), MAX_QUERIES)
        for rows in client.queries(statements[first : first + MAX_QUERIES])
    ]
    found = [
        one for first in range(0, len(answers), _QUERIES) for one in _facts(how, answers[first : first + _QUERIES])
    ]
    by_id = {one.id: one for one in found}
    return [by_id[account] for account in dict.fromkeys(account_ids) if account in by_id]


def _statements(how: Reading, ids: list[str]) -> list[str]:
    fields, since = how.fields, how.since
    of, newest = format_soql("AccountId IN {}", ids), f"LIMIT {MOST_PAST}"
    closed = format_soql("IsClosed = true AND ClosedDate >= {}", midnight(since, how.zone))
    done = format_soql("IsClosed = true AND ActivityDate >= {}", since)
    sales = f"{of} AND (IsClosed = false OR {format_soql('CloseDate >= {}', since)})"
    won = format_soql("IsPrimary = true AND Opportunity.IsWon = true AND Opportunity.AccountId IN {}", ids)
    spoken = f"{of} AND IsClosed = true AND TaskSubtype IN ('Email', 'Call') AND WhoId != null"
    contracts = (*agreement_columns(fields), fields.contract.provider_count)
    roles = ("ContactId", "Opportunity.AccountId")
    return [
        _select(_account_columns(fields), "Account", format_soql("Id IN {}", ids)),
        _select(_CONTACT, "Contact", f"{of} ORDER BY CreatedDate, Id"),
        _select(_opportunity_columns(fields), "Opportunity", f"{sales} ORDER BY CloseDate, Id"),
        _select(contracts, "Contract", f"{of} ORDER BY StartDate, Id"),
        _select(roles, "OpportunityContactRole", f"{won} ORDER BY Opportunity.CloseDate DESC, Id"),
        _select(_CASE, "Case", f"{of} AND IsClosed = false ORDER BY CreatedDate, Id"),
        _select(_CASE, "Case", f"{of} AND {closed} ORDER BY ClosedDate DESC, Id {newest}"),
        _select(_TASK, "Task", f"{of} AND IsClosed = false ORDER BY ActivityDate, Id"),
        _select(_TASK, "Task", f"{of} AND {done} ORDER BY ActivityDate DESC, Id {newest}"),
        _select(_REPLY, "Task", f"{spoken} GROUP BY WhoId ORDER BY MAX(ActivityDate) DESC LIMIT {MOST_GROUPS}"),
    ]


def _select(columns: Iterable[str], sobject: str, where: str) -> str:
    return f"SELECT {', '.join(columns)} FROM {sobject} WHERE {where}"  # noqa: S608 - names are checked by the field map


def _account_columns(fields: FieldMap) -> tuple[str, ...]:
    account = fields.account
    people = (relationship(account.csm), relationship(account.csm_leader))
    return (
        *("Id", "Name", account.health, account.special_mentions, account.mrr, account.segmentation),
        *(account.cs_status, account.lms_company_id, account.recurly_account_id, account.csm_assigned_on),
        *(f"{who}.{field}" for who in people for field in ("Id", "Name", "Email")),
    )


def _opportunity_columns(fields: FieldMap) -> tuple[str, ...]:
    names = fields.opportunity
    own = ("Id", "AccountId", "Name", "Type", "StageName", "Amount", "CloseDate", "IsClosed", "IsWon")
    return (*own, names.csm, names.onboarding_manager, names.csm_leader)


def _facts(how: Reading, answers: Sequence[list[Record]]) -> list[AccountFacts]:
    accounts, contacts, sales, contracts, roles, waiting, closed, undone, done, replies = answers
    replied = {required(row, "contact"): day(row, "replied") for row in replies}
    # The latest sale comes first, and its contact is the one that counts.
    mains: dict[str, str] = {}
    for role in roles:
        sale = parent(role, "Opportunity")
        if sale is not None:
            mains.setdefault(required(sale, "AccountId"), required(role, "ContactId"))
    of = {
        "contacts": _grouped(contacts),
        "sales": _grouped(sales),
        "contracts": _grouped(contracts),
        "cases": _grouped([*waiting, *closed]),
        "tasks": _grouped([*undone, *done]),
    }
    return [
        _account(how, row, {name: rows[required(row, "Id")] for name, rows in of.items()}, mains, replied)
        for row in accounts
    ]


def _grouped(rows: Iterable[Record]) -> defaultdict[str, list[Record]]:
    found: defaultdict[str, list[Record]] = defaultdict(list)
    for row in rows:
        found[required(row, "AccountId")].append(row)
    return found


def _account(
    how: Reading,
    row: Record,
    children: Mapping[str, Sequence[Record]],
    mains: Mapping[str, str],
    replied: Mapping[str, date | None],
) -> AccountFacts:
    names, fields, account_id = how.fields.account, how.fields, required(row, "Id")
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
        contacts=_contacts(children["contacts"], mains.get(account_id), replied),
        cases=tuple(_case(one, how.zone) for one in children["cases"]),
        opportunities=tuple(_opportunity(one, fields) for one in children["sales"]),
        tasks=tuple(_task(one) for one in children["tasks"]),
        contracts=_signed(children["contracts"], fields),
        assigned_on=moment(row, names.csm_assigned_on),
    )


def _contacts(
    rows: Sequence[Record], of_the_sale: str | None, replied: Mapping[str, date | None]
) -> tuple[PointOfContact, ...]:
    """The contacts; main is the primary one of the latest won sale, or else the first that was entered (ours)."""
    ids = [required(row, "Id") for row in rows]
    main = of_the_sale if of_the_sale in ids else next(iter(ids), None)
    return tuple(
        PointOfContact(
            id=contact_id,
            name=text(row, "Name") or "",
            email=text(row, "Email"),
            title=text(row, "Title"),
            is_main=contact_id == main,
            last_reply=replied.get(contact_id),
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


def _signed(rows: Iterable[Record], fields: FieldMap) -> tuple[SignedContract, ...]:
    found = (SignedContract(agreement(row, fields), number(row, fields.contract.provider_count)) for row in rows)
    return tuple(one for one in found if one.agreement.is_signed)
