"""What a back-test of the assignments is made from, asked of Salesforce in one call (CSM-1, CSM-2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal

from simple_salesforce.format import format_soql

from blocks.common.field_map import FieldMap
from blocks.salesforce.client import SalesforceClient
from rules.assignment.backtest import ClosedSale
from rules.assignment.books import ENDED, Csm
from rules.assignment.segmentation import Segment, segment_named, segment_of
from tasks.core.policy import PolicySnapshot
from tasks.salesforce.fields import Record, day, number, parent, required, text
from tasks.salesforce.team import (
    absences_from,
    asked_days,
    book_columns,
    books_from,
    calendar_statement,
    csms_from,
    team_statement,
)


@dataclass(frozen=True)
class History:
    """A period's sales, and the team with the books at its start.

    Attributes:
        csms: every user with the role of a CSM. In their books: the accounts of today that were assigned before the
            period or at a time nobody wrote down, but no account sold in the period, and none that has ended since.
        sales: of new business, by day; those of one day by id.
        further: sales left aside because the period has an earlier one to the same account.
        unplaced: sales left aside because they have no account, or one whose segment nothing tells.
        dated: accounts of today's books of which it is known when they were assigned.
        undated: accounts in the books at the start of which it is not.
        moved: accounts left aside because they were assigned after the start without a sale in the period.
    """

    csms: tuple[Csm, ...]
    sales: tuple[ClosedSale, ...]
    further: int
    unplaced: int
    dated: int
    undated: int
    moved: int


def read_history(client: SalesforceClient, fields: FieldMap, house: PolicySnapshot, first: date, last: date) -> History:
    """Ask Salesforce for team, calendar, books and sales of the period, both days inclusive.

    Raises:
        VendorError: Salesforce did not answer as promised.
    """
    asked_from, _ = asked_days(replace(house.hand_over, start=first))
    _, asked_to = asked_days(replace(house.hand_over, start=last))
    start = datetime.combine(first, time(), house.time_zone)
    users, events, books, held, won = client.queries(
        (
            team_statement(fields),
            calendar_statement(fields, asked_from, asked_to),
            start_statement(fields, first, last, start),
            held_statement(fields),
            sales_statement(fields, first, last),
        )
    )
    absences = absences_from(events, house.time_zone)
    csms = csms_from(users, books_from(books), absences, fields=fields, terms=house.terms)
    firsts = _first_of_each_account(won)
    sales = [sale for row in firsts if (sale := _sale(row, fields, house.segments))]
    at_start, sold = _total(books, "accounts"), sum(_is_held(row, fields) for row in firsts)
    return History(
        csms=csms,
        sales=tuple(sales),
        further=len(won) - len(firsts),
        unplaced=len(firsts) - len(sales),
        dated=_total(held, "dated"),
        undated=at_start - _total(books, "dated"),
        moved=_total(held, "accounts") - at_start - sold,
    )


def start_statement(fields: FieldMap, first: date, last: date, start: datetime) -> str:
    """The SOQL of the books at the start of the period, in one aggregate query."""
    account = fields.account
    columns = f"{book_columns(fields)}, COUNT({account.csm_assigned_on}) dated"
    before = format_soql(
        f"({account.csm_assigned_on} < {{}} OR {account.csm_assigned_on} = null)", start.astimezone(UTC)
    )
    sold = f"Id NOT IN (SELECT AccountId FROM Opportunity WHERE {_won(first, last)} AND AccountId != null)"  # noqa: S608 - names are checked by the field map
    grouped = f"GROUP BY {account.csm}, {account.segmentation}"
    return f"SELECT {columns} FROM Account WHERE {_held(fields)} AND {before} AND {sold} {grouped}"  # noqa: S608 - as above


def held_statement(fields: FieldMap) -> str:
    """The SOQL of how many accounts are in today's books, and of how many it is known since when."""
    columns = f"COUNT(Id) accounts, COUNT({fields.account.csm_assigned_on}) dated"
    return f"SELECT {columns} FROM Account WHERE {_held(fields)}"  # noqa: S608 - as above


def sales_statement(fields: FieldMap, first: date, last: date) -> str:
    """The SOQL of the new business won in the period, in the order of its days."""
    account, terms = fields.account, fields.opportunity.contract_relationship
    columns = (
        *("Id", "CloseDate", fields.opportunity.csm, "Account.Id", "Account.Name", f"Account.{account.csm}"),
        *(f"Account.{account.mrr}", f"Account.{account.segmentation}", f"Account.{account.cs_status}"),
        *(f"{terms}.{fields.contract.user_count}", f"{terms}.{fields.contract.plan_amount}"),
    )
    return f"SELECT {', '.join(columns)} FROM Opportunity WHERE {_won(first, last)} ORDER BY CloseDate, Id"  # noqa: S608 - as above


def _won(first: date, last: date) -> str:
    return format_soql("IsWon = true AND Type = 'New Business' AND CloseDate >= {} AND CloseDate <= {}", first, last)


def _held(fields: FieldMap) -> str:
    account = fields.account
    return format_soql(f"{account.csm} != null AND {account.cs_status} NOT IN {{}}", list(ENDED))


def _first_of_each_account(rows: Iterable[Record]) -> list[Record]:
    """The rows without those of an account that an earlier row has; a row without an account stays."""
    firsts: dict[str, Record] = {}
    for row in rows:
        account = parent(row, "Account")
        firsts.setdefault(required(row if account is None else account, "Id"), row)
    return list(firsts.values())


def _sale(row: Record, fields: FieldMap, segments: Sequence[Segment]) -> ClosedSale | None:
    """The sale as the assignment would see it (CSM-3); None when it could not be placed."""
    account, contract = parent(row, "Account"), parent(row, fields.opportunity.contract_relationship)
    closed = day(row, "CloseDate")
    if account is None or closed is None:
        return None
    mrr = number(account, fields.account.mrr)
    if mrr is None and contract is not None:
        mrr = number(contract, fields.contract.plan_amount)
    users = number(contract, fields.contract.user_count) if contract is not None else None
    named = text(account, fields.account.segmentation)
    segment = segment_named(named, segments) if named else segment_of(mrr, users, segments)
    if segment is None:
        return None
    csm_id = text(row, fields.opportunity.csm) or text(account, fields.account.csm)
    name = text(account, "Name") or ""
    return ClosedSale(closed, required(account, "Id"), name, mrr or Decimal(), segment, csm_id)


def _is_held(row: Record, fields: FieldMap) -> bool:
    account = parent(row, "Account")
    if account is None or text(account, fields.account.csm) is None:
        return False
    return text(account, fields.account.cs_status) not in ENDED


def _total(rows: Iterable[Record], column: str) -> int:
    return sum(int(number(row, column) or 0) for row in rows)
