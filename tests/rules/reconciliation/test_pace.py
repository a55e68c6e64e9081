"""Salesforce's daily calls are left to interactive work (REC-2)."""

import pytest

from rules.reconciliation.pace import CallsUsed, Pace, pace


@pytest.mark.parametrize(
    ("used", "next_step"),
    [(0, Pace.GO_ON), (559, Pace.GO_ON), (560, Pace.SLOW_DOWN), (699, Pace.SLOW_DOWN), (700, Pace.STOP)],
)
def test_rec_2_the_comparison_slows_down_and_stops_before_the_calls_run_short(used, next_step):
    assert pace(CallsUsed(used, 1000), 70) is next_step


def test_rec_2_without_a_word_of_salesforce_it_goes_on():
    assert CallsUsed.of(None) is None
    assert pace(None, 70) is Pace.GO_ON


def test_rec_2_an_allowance_of_nothing_is_used_up():
    assert CallsUsed.of({"used": 1, "allowed": 0}) == CallsUsed(1, 0)
    assert pace(CallsUsed(1, 0), 100) is Pace.STOP
