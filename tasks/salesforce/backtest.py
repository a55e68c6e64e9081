"""Read the data of a back-test of the assignments in Salesforce (CSM-1, CSM-2).

It takes one call, and one more when an account of the books at the start has no MRR.
"""

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
from tasks.salesforce.books import book_columns, books_from, contracts_statement, in_a_book, lack_mrr, totals_from
from tasks.salesforce.fields import Record, day, number, parent, required, text
from tasks.salesforce.queries import select
from tasks.salesforce.team import (
    absences_from,
    asked_days,
    calendar_statement,
    csms_from,
    team_statement,
)


@dataclass(frozen=True)
class History:
    """The sales of a period, and the team with the books at its start.

    Attributes:
        csms: every user with the role of a CSM. Their books hold the accounts of today that were assigned before the
            period, or at an unknown time; without accounts sold in the period, and without those that have ended.
        sales: of new business, by day and id.
        further: the number of sales left out because the period has an earlier sale to the same account.
        unplaced: the number of sales left out because they have no account, or an account of unknown segment.
        dated: the number of accounts in today's books whose day of assignment is known.
        undated: the number of accounts in the books at the start whose day of assignment is unknown.
        moved: the number of accounts left out because they were assigned after the start without a sale.
    """

    csms: tuple[Csm, ...]
    sales: tuple[ClosedSale, ...]
    further: int
    unplaced: int
    dated: int
    undated: int
    moved: int


def read_history(
    client: SalesforceClient,
    fields: FieldMap,
    policy: PolicySnapshot,
    first: date,
    last: date,
    *,
    by_figures: bool = False,
) -> History:
    """Read team, calendar, books and sales of the period; both days are included.

    With `by_figures`, a sale's segment is what the policy makes of its MRR and users, not what its account has.

    Raises:
        VendorError: Salesforce failed, or its response is not as promised.
    """
    first_asked, _ = asked_days(replace(policy.hand_over, start=first))
    _, last_asked = asked_days(replace(policy.hand_over, start=last))
    start = datetime.combine(first, time(), policy.time_zone)
    users, events, books, assigned, won = client.queries(
        (
            team_statement(fields),
            calendar_statement(fields, first_asked, last_asked),
            start_statement(fields, first, last, start),
            held_statement(fields),
            sales_statement(fields, first, last),
        )
    )
    absences = absences_from(events, policy.time_zone)
    contracts: list[Record] = []
    if lack_mrr(books):
        contracts = client.query(
            contracts_statement(fields, policy.today, *_at_start(fields, first, last, start, "Account."))
        )
    held = books_from(books, totals_from(contracts, fields, policy.today))
    csms = csms_from(users, held, absences, fields=fields, terms=policy.terms)
    firsts = _first_of_each_account(won)
    sales = [sale for row in firsts if (sale := _sale(row, fields, policy.segments, by_figures=by_figures))]
    at_start, sold = _total(books, "accounts"), sum(_is_held(row, fields) for row in firsts)
    return History(
        csms=csms,
        sales=tuple(sales),
        further=len(won) - len(firsts),
        unplaced=len(firsts) - len(sales),
        dated=_total(assigned, "dated"),
        undated=at_start - _total(books, "dated"),
        moved=_total(assigned, "accounts") - at_start - sold,
    )


def start_statement(fields: FieldMap, first: date, last: date, start: datetime) -> str:
    """The SOQL of the books at the start of the period, in one aggregate query."""
    account = fields.account
    columns = (*book_columns(fields), f"COUNT({account.csm_assigned_on}) dated")
    grouped = f"GROUP BY {account.csm}, {account.segmentation}"
    conditions = " AND ".join((in_a_book(fields), *_at_start(fields, first, last, start)))
    return select(columns, "Account", f"WHERE {conditions} {grouped}")


def held_statement(fields: FieldMap) -> str:
    """The SOQL of the number of accounts in today's books, and of those with a day of assignment."""
    columns = ("COUNT(Id) accounts", f"COUNT({fields.account.csm_assigned_on}) dated")
    return select(columns, "Account", f"WHERE {in_a_book(fields)}")


def sales_statement(fields: FieldMap, first: date, last: date) -> str:
    """The SOQL of the new business won in the period, by day."""
    account, terms = fields.account, fields.opportunity.contract_relationship
    columns = (
        *("Id", "CloseDate", fields.opportunity.csm, "Account.Id", "Account.Name", f"Account.{account.csm}"),
        *(f"Account.{account.mrr}", f"Account.{account.segmentation}", f"Account.{account.cs_status}"),
        *(f"{terms}.{fields.contract.user_count}", f"{terms}.{fields.contract.plan_amount}"),
    )
    return select(columns, "Opportunity", f"WHERE {_won(first, last)} ORDER BY CloseDate, Id")


def _won(first: date, last: date) -> str:
    return format_soql("IsWon = true AND Type = 'New Business' AND CloseDate >= {} AND CloseDate <= {}", first, last)


def _at_start(fields: FieldMap, first: date, last: date, start: datetime, account: str = "") -> tuple[str, str]:
    """The SOQL conditions of an account of the books at the start; `account`: the path to it, such as `Account.`."""
    assigned_on = f"{account}{fields.account.csm_assigned_on}"
    before = format_soql(f"({assigned_on} < {{}} OR {assigned_on} = null)", start.astimezone(UTC))
    sold = select(["AccountId"], "Opportunity", f"WHERE {_won(first, last)} AND AccountId != null")
    return before, f"{'AccountId' if account else 'Id'} NOT IN ({sold})"


def _first_of_each_account(rows: Iterable[Record]) -> list[Record]:
    """The first row of each account, and every row without an account."""
    firsts: dict[str, Record] = {}
    for row in rows:
        account = parent(row, "Account")
        firsts.setdefault(required(row if account is None else account, "Id"), row)
    return list(firsts.values())


def _sale(row: Record, fields: FieldMap, segments: Sequence[Segment], *, by_figures: bool) -> ClosedSale | None:
    """The sale as the assignment would see it (CSM-3); None when it has no account, or no known segment."""
    account, contract = parent(row, "Account"), parent(row, fields.opportunity.contract_relationship)
    closed = day(row, "CloseDate")
    if account is None or closed is None:
        return None
    mrr = number(account, fields.account.mrr)
    if mrr is None and contract is not None:
        mrr = number(contract, fields.contract.plan_amount)
    users = number(contract, fields.contract.user_count) if contract is not None else None
    named = None if by_figures else text(account, fields.account.segmentation)
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
