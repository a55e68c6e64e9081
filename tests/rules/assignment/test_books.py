"""CSM-1 (ours): what the ranking says of accounts without MRR."""

from decimal import Decimal

import pytest

from rules.assignment.books import Book, book_remarks, given_account, taken_account
from tests.rules.builders.csms import SMB, csm


def held(by_contract=0, unpriced=0):
    return csm(books=(Book("SMB", 9, Decimal(100), by_contract=by_contract, unpriced=unpriced),))


@pytest.mark.parametrize(
    ("team", "expected"),
    [
        ([held()], []),
        ([held(2), held(3)], ["5 accounts without MRR are counted with their contract's amount."]),
        ([held(1)], ["1 account without MRR is counted with its contract's amount."]),
        ([held(0, 1)], ["1 account has neither MRR nor a contract's amount, and counts as 0."]),
        (
            [held(1, 2)],
            [
                "1 account without MRR is counted with its contract's amount.",
                "2 accounts have neither MRR nor a contract's amount, and count as 0.",
            ],
        ),
    ],
)
def test_csm_1_accounts_without_mrr_are_named_by_their_number(team, expected):
    assert list(book_remarks(team)) == expected


def test_csm_1_an_account_more_or_less_leaves_these_numbers_alone():
    for change in (given_account, taken_account):
        (book,) = change(held(2, 1), SMB, Decimal(5)).books
        assert (book.by_contract, book.unpriced) == (2, 1)
