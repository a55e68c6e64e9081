"""The back-test of the assignments: what it shows, and when it cannot be made."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console

from deployments.commands.backtest_view import show
from deployments.commands.simulate import NothingToSimulate, back_test, simulate
from tests.support.past_sales import BEFORE, FIRST, HOUSE, LAST, WITHIN, PastSales
from tests.support.sandbox import SandboxProcess


@pytest.fixture
def past(stand_in_process: SandboxProcess) -> PastSales:
    return PastSales(stand_in_process)


# --- what is shown


def shown(past: PastSales) -> list[str]:
    """The lines printed, without frames and with single spaces."""
    history, text = past.history(), StringIO()
    show(back_test(history, HOUSE, FIRST, LAST), history, HOUSE, Console(file=text, width=100))
    return [" ".join(line.replace("│", " ").split()) for line in text.getvalue().splitlines()]


def test_the_books_their_spread_and_its_course_are_shown(past):
    # By hand: Ben begins with 2 accounts of 1,000. Both sales really went to him, and by the rule to Ada.
    ada, ben = past.csm("Ada"), past.csm("Ben")
    for _ in range(2):
        past.account(ben, BEFORE, MRR__c=1_000)
    for day in ("2026-02-02", "2026-03-02"):
        past.sale(past.account(ben, WITHIN, MRR__c=600), day)
    lines = shown(past)
    assert "Ada Roe 2 0 +2 1,200 0 +1,200" in lines
    assert "Ben Roe 2 4 -2 2,000 3,200 -1,200" in lines
    assert "Accounts: standard deviation 1.0 0.0 2.0" in lines
    assert "Accounts: largest minus smallest 2.0 0.0 4.0" in lines
    assert "MRR: standard deviation 1,000 400 1,600" in lines
    assert "MRR: largest minus smallest 2,000 800 3,200" in lines
    # Ben's load: half of 2,000/30,000 and half of 2/60, 0.05; he ends at 0.05 or 0.0867, Ada at 0.0367 or 0.
    assert "Load: standard deviation 0.025 0.007 0.043" in lines
    assert "Load: largest minus smallest 0.050 0.013 0.087" in lines
    assert sum("2025-12-31 2026-02-02 2026-03-02" in line for line in lines) == 2
    assert any(line.startswith("1,600┤") for line in lines)
    assert lines[-1] == "Sales replayed: 2 of 2."
    assert ada not in "".join(lines)


def test_csm_2_absences_of_the_period_count_in_the_replay(past):
    ada, ben = past.csm("Ada"), past.csm("Ben")
    past.account(ben, BEFORE)
    past.plant(
        "Event", Subject="Leave", OwnerId=ada, ShowAs="OutOfOffice", IsAllDayEvent=True, ActivityDate="2026-02-05",
        StartDateTime="2026-02-05T00:00:00.000+0000", EndDateTime="2026-02-06T00:00:00.000+0000",
        DurationInMinutes=2880,
    )  # fmt: skip
    past.sale(past.account(ada, WITHIN), "2026-02-02")
    assert "Ada Roe 0 1 -1 0 500 -500" in shown(past)


def test_everything_that_was_left_aside_is_said(past):
    ada, gone = past.csm("Ada"), past.csm("Gus", IsActive=False)
    past.account(ada, None)
    past.account(ada, WITHIN)
    sold = past.account(ada, WITHIN)
    past.sale(sold, "2026-02-02")
    past.sale(sold, "2026-03-02")
    past.sale(past.account(ada, WITHIN, CS_Segmentation__c="Enterprise", MRR__c=7_000))
    past.sale(past.account(gone, WITHIN, MRR__c=900))
    past.sale(past.account(ada, WITHIN, MRR__c=None, CS_Segmentation__c=None))
    assert shown(past)[-7:] == [
        "Sales replayed: 2 of 5.",
        "Sales for which the rule finds no CSM (only in the actual books): 1, 7,000 MRR.",
        "Sales without a CSM of today's team (left out): 1, 900 MRR.",
        "Sales without an account or without a segment (left out): 1.",
        "Further sales to the same account (left out): 1.",
        "Accounts assigned since the start without a sale in the period (left out): 1.",
        "Accounts without a date of assignment (counted from the start): 1.",
    ]


def test_a_generated_world_has_sales_to_replay(past):
    past.sandbox.reset("generated", accounts=600)
    last = datetime.now(UTC).date()
    history = past.history(last - timedelta(days=365), last)
    test = back_test(history, HOUSE, last - timedelta(days=365), last)
    assert history.dated == 600
    assert (history.unplaced, history.undated) == (0, 0)
    replayed = len(history.sales) - len(test.outside)
    assert replayed > 30
    begun, end = test.days[0], test.days[-1]
    assert sum(csm.accounts for csm in end.actual) == sum(csm.accounts for csm in begun.actual) + replayed
    assert sum(csm.accounts for csm in begun.actual) > 200


# --- when it cannot be made


def refusal(past: PastSales) -> str:
    with pytest.raises(NothingToSimulate) as refused:
        back_test(past.history(), HOUSE, FIRST, LAST)
    return str(refused.value)


def test_without_a_sale_there_is_nothing_to_simulate(past):
    past.account(past.csm("Ada"), BEFORE)
    assert refusal(past) == "No sale of new business was won from 2026-01-01 to 2026-06-30."


def test_without_any_date_of_assignment_the_books_at_the_start_are_unknown(past):
    ada = past.csm("Ada")
    past.account(ada, None)
    past.sale(past.account(ada, None))
    assert "CSM Assigned On" in refusal(past)


def test_without_a_csm_there_is_nothing_to_simulate(past):
    gone = past.csm("Gus", IsActive=False)
    past.sale(past.account(gone, WITHIN))
    assert refusal(past).startswith("No active user is a CSM with a segment")


def test_without_a_sale_of_todays_team_there_is_nothing_to_compare(past):
    past.csm("Ada")
    past.sale(past.account(past.csm("Gus", IsActive=False), WITHIN))
    assert refusal(past) == "No sale from 2026-01-01 to 2026-06-30 went to a CSM of today's team. Sales won: 1."


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        ("2026-06-30", "2026-01-01", "--from 2026-06-30 is after --to 2026-01-01."),
        ("2026-02-30", "2026-06-30", "--from '2026-02-30' is not a date: write it like 2026-01-31."),
        ("2026-01-01", "[/bold]", "--to '[/bold]' is not a date: write it like 2026-01-31."),
        ("0001-01-01", "2026-01-01", "--from 0001-01-01 is beyond Salesforce's dates: years 1701 to 3999."),
        ("2026-01-01", "9999-12-31", "--to 9999-12-31 is beyond Salesforce's dates: years 1701 to 3999."),
    ],
)
async def test_dates_that_cannot_be_are_told_in_a_line(first, last, told, capsys):
    assert await simulate(first, last) == 1
    assert capsys.readouterr().out == told + "\n"


# --- the whole command, with blocks as Prefect keeps them


@pytest.mark.flows
async def test_the_command_ends_well_when_something_was_simulated_and_badly_when_nothing_was(people, capsys):
    (ada,) = people.query("SELECT Id FROM User WHERE FirstName = 'Ada' AND CS_Role__c = 'CSM'")
    people.make_sale(
        account={"MRR__c": 500, "CSM_Assigned_On__c": "2019-03-04T14:00:00.000+0000"},
        opportunity={"CloseDate": "2019-03-04", "Customer_Success_Manager_NEW__c": ada["Id"]},
    )
    assert await simulate("2019-01-01", "2019-06-30") == 0
    assert "Sales replayed: 1 of 1." in capsys.readouterr().out
    assert await simulate("2018-01-01", "2018-06-30") == 1
    assert capsys.readouterr().out == "No sale of new business was won from 2018-01-01 to 2018-06-30.\n"


@pytest.mark.flows
async def test_an_org_that_does_not_answer_is_told_in_a_line(sandbox, capsys):
    sandbox.fault("salesforce", "error", path=".*", status=503, times=9)
    assert await simulate("2019-01-01", "2019-06-30") == 1
    told = capsys.readouterr().out
    assert told.startswith("Salesforce: ")
    assert told.count("\n") == 1
