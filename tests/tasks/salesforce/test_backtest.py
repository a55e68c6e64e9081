"""CSM-1, CSM-2: what the back-test of the assignments reads from Salesforce."""

from datetime import date
from decimal import Decimal

import pytest

from rules.assignment.availability import Absence
from tests.support.past_sales import BEFORE, FIRST, LAST, WITHIN, PastSales
from tests.support.sandbox import SandboxProcess


@pytest.fixture
def past(stand_in_process: SandboxProcess) -> PastSales:
    return PastSales(stand_in_process)


def test_everything_is_asked_in_one_call(past):
    past.sale(past.account(past.csm("Ada"), WITHIN))
    past.client.query("SELECT Id FROM Organization")
    since = past.sandbox.last()
    past.history()
    assert len(past.sandbox.journal("salesforce", since)) == 1


def test_the_books_at_the_start_are_todays_accounts_assigned_before_the_first_day_in_the_orgs_time_zone(past):
    ada = past.csm("Ada")
    past.account(ada, BEFORE, MRR__c=100.5)
    past.account(ada, "2026-01-01T04:59:59.000+0000", MRR__c=200)
    past.account(ada, "2026-01-01T05:00:00.000+0000", MRR__c=400)
    past.account(ada, BEFORE, MRR__c=None)
    past.account(ada, BEFORE, CS_Status__c="Churned")
    past.account(ada, BEFORE, CS_Status__c="Deactivated")
    past.account(None, BEFORE)
    assert past.books() == {"Ada Roe": (3, Decimal("300.5"))}
    assert (past.history().dated, past.history().undated, past.history().moved) == (4, 0, 1)


def test_csm_1_accounts_without_mrr_count_with_their_contracts_amount_at_the_start_too(past):
    ada = past.csm("Ada")
    for assigned in (BEFORE, None, WITHIN):
        past.contract(past.account(ada, assigned, MRR__c=None), Plan_Amount__c=480)
    sold = past.account(ada, BEFORE, MRR__c=None)
    past.contract(sold, Plan_Amount__c=999)
    past.sale(sold)
    assert past.books() == {"Ada Roe": (2, Decimal(960))}


def test_the_books_at_the_start_are_kept_by_segment(past):
    ada = past.csm("Ada")
    past.account(ada, BEFORE, MRR__c=300)
    past.account(ada, BEFORE, MRR__c=7_000, CS_Segmentation__c="Enterprise")
    past.account(ada, None, MRR__c=40, CS_Segmentation__c=None)
    (found,) = past.history().csms
    assert {book.segment: (book.accounts, book.mrr) for book in found.books} == {
        "SMB": (1, Decimal(300)),
        "Enterprise": (1, Decimal(7_000)),
        "": (1, Decimal(40)),
    }
    assert (past.history().dated, past.history().undated) == (2, 1)


def test_csm_2_the_absences_that_matter_to_the_first_and_the_last_sale_are_known(past):
    """The period begins on a Monday, just after two days off and a weekend; its last hand-over ends on 7 July."""
    ada, days = past.csm("Ada"), (date(2026, 1, 1), date(2026, 1, 2), date(2026, 7, 7))
    for day in days:
        at = f"{day}T00:00:00.000+0000"
        past.plant(
            "Event", Subject="Leave", OwnerId=ada, ShowAs="OutOfOffice", IsAllDayEvent=True, ActivityDate=f"{day}",
            StartDateTime=at, EndDateTime=at, DurationInMinutes=1440,
        )  # fmt: skip
    (found,) = past.history(first=date(2026, 1, 5), last=date(2026, 6, 30)).csms
    assert set(found.absences) == {Absence(day, day) for day in days}


def test_an_account_that_does_not_say_when_it_was_assigned_counts_as_held_at_the_start(past):
    past.account(past.csm("Ada"), None, MRR__c=300)
    assert past.books() == {"Ada Roe": (1, Decimal(300))}
    assert (past.history().dated, past.history().undated) == (0, 1)


@pytest.mark.parametrize("assigned", [BEFORE, WITHIN, None])
def test_an_account_sold_in_the_period_is_in_nobodys_book_at_the_start(past, assigned):
    ada = past.csm("Ada")
    sold = past.account(ada, assigned, MRR__c=300)
    past.sale(sold)
    history = past.history()
    assert [(one.accounts, one.mrr) for one in history.csms] == [(0, 0)]
    assert [(one.account_id, one.csm_id) for one in history.sales] == [(sold, ada)]
    assert (history.undated, history.moved) == (0, 0)


def test_the_sales_are_the_new_business_won_from_the_first_to_the_last_day(past):
    ada = past.csm("Ada")
    for day in ("2026-06-30", "2026-01-01", "2025-12-31", "2026-07-01"):
        past.sale(past.account(ada, WITHIN), day)
    past.sale(past.account(ada, WITHIN), Type="Expansion")
    past.sale(past.account(ada, WITHIN), StageName="Negotiation/Review")
    assert [sale.day for sale in past.history().sales] == [FIRST, LAST]


def test_what_happened_is_the_csm_of_the_sale_or_else_of_the_account(past):
    ada, ben = past.csm("Ada"), past.csm("Ben")
    past.sale(past.account(ada, WITHIN), "2026-02-01", Customer_Success_Manager_NEW__c=ben)
    past.sale(past.account(ada, WITHIN), "2026-02-02")
    past.sale(past.account(None, None), "2026-02-03")
    assert [sale.csm_id for sale in past.history().sales] == [ben, ada, None]


def test_mrr_and_segment_are_those_the_assignment_would_see(past):
    ada = past.csm("Ada")
    known = past.account(ada, WITHIN, MRR__c=500, CS_Segmentation__c="Enterprise")
    unknown = past.account(ada, WITHIN, MRR__c=None, CS_Segmentation__c=None)
    contract = past.plant("Contract", AccountId=unknown, Plan_Amount__c=1_200.5, User_Count__c=10)
    past.sale(known, "2026-02-01")
    past.sale(unknown, "2026-02-02", ContractId=contract)
    found = [(sale.mrr, sale.segment.name) for sale in past.history().sales]
    assert found == [(Decimal(500), "Enterprise"), (Decimal("1200.5"), "Mid-Market")]


def test_a_further_sale_to_an_account_and_one_that_cannot_be_placed_are_counted_and_left_aside(past):
    ada = past.csm("Ada")
    sold = past.account(ada, WITHIN)
    past.sale(sold, "2026-02-02")
    past.sale(sold, "2026-03-02")
    past.sale(past.account(ada, WITHIN, MRR__c=None, CS_Segmentation__c=None))
    past.sale(None)
    history = past.history()
    assert [sale.day for sale in history.sales] == [date(2026, 2, 2)]
    assert (history.further, history.unplaced) == (1, 2)
