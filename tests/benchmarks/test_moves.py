"""What the bench of workbooks promises and computes, without measuring anything."""

from dataclasses import replace

import pytest

from benchmarks.figures import Calls
from benchmarks.moves_figures import GROWTH_BOUND, RATIO_BOUND, Bare, Book, bounds, writes


def calls(**systems):
    return Calls(systems, {})


def book(accounts=200, **more):
    """A workbook that keeps every promise."""
    usual = {
        "analysis": calls(salesforce=40),
        "moves": calls(salesforce=2_000, outreach=5_000),
        "writes": 10 + 2 * accounts,
        "seconds": accounts * RATIO_BOUND,
        "planning": 20.0,
        "peak": 200.0,
    }
    return Book(accounts, **(usual | more))


BARE = Bare(calls(salesforce=2_000, outreach=5_000), seconds=200.0)


def broken(small=None, large=None, bare=BARE):
    """The promises that are broken, each as it is told."""
    return [str(bound) for bound in bounds(small or book(50), large or book(), bare) if not bound.kept]


def test_workbooks_at_their_bounds_keep_every_promise():
    assert broken(large=book(peak=200.0 + GROWTH_BOUND)) == []


@pytest.mark.parametrize(
    ("large", "told"),
    [
        ({"analysis": calls(salesforce=41)}, "200 rows: calls to salesforce for the plan: 41, promised at most 40"),
        ({"writes": 411}, "200 rows: writing calls to salesforce: 411, promised at most 410"),
        ({"seconds": 500.0}, "against the bare script: 2.5, promised at most 2"),
        ({"peak": 233.0}, "200 rows: MB more than with 50: 33, promised at most 32"),
    ],
)
def test_what_takes_more_than_was_promised_is_told(large, told):
    assert broken(large=book(**large)) == [told]


def test_a_small_workbook_is_held_to_its_own_size():
    assert broken(small=book(50, writes=111)) == ["50 rows: writing calls to salesforce: 111, promised at most 110"]


def test_a_script_that_makes_more_calls_than_the_flow_is_no_measure():
    more = replace(BARE, calls=calls(salesforce=2_001, mail=1))
    assert broken(bare=more) == [
        "calls of the script to mail: 1, promised at most 0",
        "calls of the script to salesforce: 2001, promised at most 2000",
    ]


def test_writes_are_the_calls_to_salesforce_that_changed_something():
    entries = [("salesforce", True), ("salesforce", False), ("outreach", True)]
    assert writes({"system": system, "effect": effect} for system, effect in entries) == 1
