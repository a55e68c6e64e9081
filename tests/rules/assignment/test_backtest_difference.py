"""What another policy would have changed about the assignments of a period (CSM-1, CSM-3)."""

from dataclasses import replace

from rules.assignment.backtest_difference import NOBODY, changed_assignments
from rules.assignment.books import CsmTerms
from tests.rules.assignment.backtests import BO, run, sale, two
from tests.rules.builders.csms import MID_MARKET


def capped(number):
    """The team, with a cap on all accounts of Ana."""
    ana, bo = two()
    return [replace(ana, terms=CsmTerms(most_accounts=number)), bo]


def compared(team, after):
    sales = [sale(0, 3_000, BO, account="001A"), sale(1, 600, BO, account="001B")]
    return changed_assignments(run(team, sales), run(after, sales), sales, sales)


def test_the_same_policy_changes_nothing():
    assert compared(two(), two()) == ()


def test_a_sale_that_goes_to_another_csm_is_named_with_both():
    (change,) = compared(two(), capped(0))[:1]
    assert (change.sale.account_id, change.csms, change.segments) == ("001A", ("Ana Diaz", "Bo Li"), ("SMB", "SMB"))


def test_a_sale_that_nobody_can_take_is_named():
    none = [replace(csm, terms=CsmTerms(most_accounts=0)) for csm in two()]
    assert {change.csms[1] for change in compared(two(), none)} == {NOBODY}


def test_a_sale_in_another_segment_is_named_and_one_that_only_one_replay_has_is_not():
    first = sale(0, 3_000, BO)
    moved, other = replace(first, segment=MID_MARKET), sale(1, 600, BO, account="001B")
    before, after = run(two(), [first]), run(two(segments=("SMB", "Mid-Market")), [moved, other])
    (change,) = changed_assignments(before, after, [first], [moved, other])
    assert change.segments == ("SMB", "Mid-Market")
