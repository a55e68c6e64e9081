"""Read the books of business in Salesforce: one aggregate query, and one more for accounts without MRR (CSM-1)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from simple_salesforce.format import format_soql

from blocks.common.field_map import FieldMap
from rules.assignment.books import ENDED, Book
from rules.contracts.amount import monthly_amount
from tasks.salesforce.clients import agreement, agreement_columns
from tasks.salesforce.fields import Record, moment, number, parent, required, text
from tasks.salesforce.queries import by_account, select


class BookKey(NamedTuple):
    """A book: the CSM's user id, and the segment as Salesforce spells it ("" for accounts without one)."""

    csm_id: str
    segment: str


@dataclass(frozen=True)
class ContractTotal:
    """The accounts of a book that count with their contract's amount, and the sum of these amounts per month."""

    accounts: int = 0
    amount: Decimal = Decimal()


ContractTotals = Mapping[BookKey, ContractTotal]


@dataclass(frozen=True)
class CsmBooks:
    """All books of a CSM; `last_assigned`: when the CSM last got an account (UTC)."""

    books: tuple[Book, ...] = ()
    last_assigned: datetime | None = None


def books_statement(fields: FieldMap, but: str) -> str:
    """The SOQL of all books in one aggregate query; they leave out the account `but`, which is to be assigned."""
    account = fields.account
    where = format_soql(f"WHERE {in_a_book(fields)} AND Id != {{}}", but)
    return select(book_columns(fields), "Account", f"{where} GROUP BY {account.csm}, {account.segmentation}")


def book_columns(fields: FieldMap) -> tuple[str, ...]:
    """The columns that `books_from` reads of accounts that are grouped by CSM and segmentation."""
    account = fields.account
    return (
        *(f"{account.csm} csm", f"{account.segmentation} segment", "COUNT(Id) accounts"),
        *(f"COUNT({account.mrr}) priced", f"SUM({account.mrr}) mrr", f"MAX({account.csm_assigned_on}) assigned"),
    )


def in_a_book(fields: FieldMap, account: str = "") -> str:
    """The SOQL condition of an account that counts in a book; `account`: the path to it, such as `Account.`."""
    names = fields.account
    return format_soql(f"{account}{names.csm} != null AND {account}{names.cs_status} NOT IN {{}}", list(ENDED))


def lack_mrr(rows: Iterable[Record]) -> bool:
    """Whether a book has an account without MRR, by the rows of `books_statement`."""
    return any(number(row, "priced") != number(row, "accounts") for row in rows)


def contracts_statement(fields: FieldMap, today: date, *conditions: str) -> str:
    """The SOQL of the contracts with an amount of the accounts in books that lack an MRR.

    Args:
        fields: how this org calls its fields.
        today: in the org's time zone; contracts that ended before are left out.
        conditions: further SOQL conditions.
    """
    account = fields.account
    columns = (*agreement_columns(fields), f"Account.{account.csm}", f"Account.{account.segmentation}")
    own = (f"Account.{account.mrr} = null", f"{fields.contract.plan_amount} != null")
    not_ended = format_soql("(EndDate = null OR EndDate >= {})", today)
    return select(
        columns, "Contract", "WHERE " + " AND ".join((in_a_book(fields, "Account."), *own, not_ended, *conditions))
    )


def totals_from(rows: Iterable[Record], fields: FieldMap, today: date) -> ContractTotals:
    """The accounts without MRR that have a contract's amount, by book, from the rows of `contracts_statement`."""
    totals: dict[BookKey, ContractTotal] = defaultdict(ContractTotal)
    for contracts in by_account(rows).values():
        amount = monthly_amount([agreement(row, fields) for row in contracts], today)
        holder = parent(contracts[0], "Account")
        if amount is None or holder is None:
            continue
        key = BookKey(required(holder, fields.account.csm), text(holder, fields.account.segmentation) or "")
        totals[key] = ContractTotal(totals[key].accounts + 1, totals[key].amount + amount)
    return totals


def books_from(rows: Iterable[Record], totals: ContractTotals) -> dict[str, CsmBooks]:
    """The books by the CSM's user id.

    Args:
        rows: with the columns of `book_columns`.
        totals: of the accounts without MRR; empty when every account has one.
    """
    books: dict[str, CsmBooks] = defaultdict(CsmBooks)
    for row in rows:
        csm_id, assigned = required(row, "csm"), moment(row, "assigned")
        known = books[csm_id]
        moments = [at for at in (known.last_assigned, assigned) if at is not None]
        books[csm_id] = CsmBooks((*known.books, _book(row, totals)), max(moments, default=None))
    return dict(books)


def _book(row: Record, totals: ContractTotals) -> Book:
    segment, accounts = text(row, "segment") or "", int(number(row, "accounts") or 0)
    lacking = accounts - int(number(row, "priced") or 0)
    total = totals.get(BookKey(required(row, "csm"), segment), ContractTotal())
    # The two queries are read one after the other: an account that got its CSM in between is not yet in this row.
    by_contract = min(total.accounts, lacking)
    mrr = (number(row, "mrr") or Decimal()) + total.amount
    return Book(segment, accounts, mrr, by_contract=by_contract, unpriced=lacking - by_contract)
