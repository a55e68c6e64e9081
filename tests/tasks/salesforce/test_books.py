"""CSM-1: the team's books of business, as they are read from Salesforce."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from blocks.common.field_map import FieldMap
from rules.assignment.books import Book
from tasks.salesforce.books import (
    BookKey,
    ContractTotal,
    books_from,
    books_statement,
    contracts_statement,
    lack_mrr,
    totals_from,
)
from tests.support.past_sales import BEFORE, WITHIN, PastSales
from tests.support.sandbox import SandboxProcess

NOBODYS = "001000000000000AAA"
TODAY = date(2026, 6, 15)


@pytest.fixture
def team(stand_in_process: SandboxProcess) -> PastSales:
    return PastSales(stand_in_process)


def read(team: PastSales, but: str = NOBODYS):
    books, contracts = team.client.queries([books_statement(FieldMap(), but), contracts_statement(FieldMap(), TODAY)])
    return books_from(books, totals_from(contracts, FieldMap(), TODAY))


def books(team: PastSales, but: str = NOBODYS):
    found = read(team, but)
    return {csm: sorted((book.segment, book.accounts, book.mrr) for book in held.books) for csm, held in found.items()}


def test_csm_1_a_csm_has_a_book_for_each_segment_of_the_accounts_held(team):
    ada, ben = team.csm("Ada"), team.csm("Ben")
    team.account(ada, BEFORE, MRR__c=100.5)
    team.account(ada, BEFORE, MRR__c=None)
    team.account(ada, BEFORE, MRR__c=7_000, CS_Segmentation__c="Enterprise")
    team.account(ada, BEFORE, MRR__c=40, CS_Segmentation__c=None)
    team.account(ben, None, MRR__c=-20, CS_Segmentation__c="Mid-Market")
    assert books(team) == {
        ada: [("", 1, Decimal(40)), ("Enterprise", 1, Decimal(7_000)), ("SMB", 2, Decimal("100.5"))],
        ben: [("Mid-Market", 1, Decimal(-20))],
    }


def test_csm_1_no_book_has_ended_accounts_nor_the_one_that_is_to_be_assigned(team):
    ada = team.csm("Ada")
    team.account(ada, BEFORE, CS_Status__c="Churned")
    team.account(ada, BEFORE, CS_Status__c="Deactivated")
    team.account(None, BEFORE)
    assert books(team, but=team.account(ada, BEFORE)) == {}


def test_csm_1_the_last_assignment_is_the_latest_of_all_books(team):
    ada, ben = team.csm("Ada"), team.csm("Ben")
    for assigned, segment in ((BEFORE, "SMB"), (WITHIN, "Enterprise"), (None, "Mid-Market")):
        team.account(ada, assigned, CS_Segmentation__c=segment)
    team.account(ben, None)
    found = read(team)
    assert found[ada].last_assigned == datetime(2026, 2, 3, 14, tzinfo=UTC)
    assert found[ben].last_assigned is None


def test_csm_1_a_book_without_any_mrr_has_none(team):
    ada = team.csm("Ada")
    team.account(ada, BEFORE, MRR__c=None)
    found = read(team)
    assert found[ada].books == (Book("SMB", 1, Decimal(0), unpriced=1),)


def test_csm_1_an_account_without_mrr_counts_with_the_amount_of_its_contracts(team):
    ada, ben = team.csm("Ada"), team.csm("Ben")
    sold = team.account(ada, WITHIN, MRR__c=None)
    team.contract(sold, Plan_Amount__c=480)
    more = team.contract(sold, Plan_Amount__c=20.5)
    team.sale(sold, Type="Expansion", ContractId=more)
    later = team.account(ada, WITHIN, MRR__c=None, CS_Segmentation__c=None)
    team.contract(later, StartDate="2026-07-01", EndDate="2027-06-30", Plan_Amount__c=75)
    ended = team.account(ada, WITHIN, MRR__c=None)
    team.contract(ended, end="2026-06-14", Plan_Amount__c=900)
    priced = team.account(ada, WITHIN, MRR__c=10)
    team.contract(priced, Plan_Amount__c=5_000)
    team.contract(team.account(ben, WITHIN, MRR__c=None, CS_Status__c="Churned"), Plan_Amount__c=1)
    team.account(ben, WITHIN, MRR__c=0)
    found = read(team)
    assert set(found[ada].books) == {
        Book("SMB", 3, Decimal("510.5"), by_contract=1, unpriced=1),
        Book("", 1, Decimal(75), by_contract=1),
    }
    assert found[ben].books == (Book("SMB", 1, Decimal(0)),)


def test_csm_1_the_contracts_are_read_only_where_an_account_lacks_its_mrr(team):
    ada = team.csm("Ada")
    team.account(ada, BEFORE, MRR__c=0)
    assert not lack_mrr(team.client.query(books_statement(FieldMap(), NOBODYS)))
    lacking = team.account(ada, BEFORE, MRR__c=None)
    assert lack_mrr(team.client.query(books_statement(FieldMap(), NOBODYS)))
    assert not lack_mrr(team.client.query(books_statement(FieldMap(), lacking)))


def test_csm_1_an_account_that_came_between_the_two_queries_is_not_counted_as_unpriced():
    row = {"csm": "005000000000001AAA", "segment": "SMB", "accounts": 1, "priced": 1, "mrr": 10, "assigned": None}
    totals = {BookKey("005000000000001AAA", "SMB"): ContractTotal(1, Decimal(480))}
    assert books_from([row], totals)["005000000000001AAA"].books == (Book("SMB", 1, Decimal(490)),)
