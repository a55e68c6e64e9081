"""What the measurement of workbooks computes and holds to its bounds."""

from collections import Counter

import pytest

from benchmarks.figures import exceeded
from benchmarks.transition import AT_MOST, salesforce_calls

WRITE, READ = ({"system": "salesforce", "path": "/composite", "effect": effect} for effect in (True, False))
OUTREACH = {"system": "outreach", "path": "/prospects", "effect": True}


def broken(**groups):
    return exceeded(groups, AT_MOST)


def test_workbooks_at_their_bounds_keep_every_promise():
    books = {f"{rows} rows": salesforce_calls(rows, [READ] * 40, [WRITE] * (10 + 2 * rows)) for rows in (50, 200)}
    assert broken(books=books, seconds={"ratio": 2.0}, growth_mb=32.0) == []


@pytest.mark.parametrize(
    ("groups", "named"),
    [
        ({"seconds": {"ratio": 2.5}}, "seconds.ratio: 2.5, promised at most 2"),
        ({"growth_mb": 33.0}, "growth_mb: 33.0, promised at most 32"),
        (
            {"books": {"200 rows": salesforce_calls(200, [READ] * 41, [])}},
            "books.200 rows.plan_calls: 41, promised at most 40",
        ),
        (
            {"books": {"200 rows": salesforce_calls(200, [], [WRITE] * 411)}},
            "books.200 rows.writes_above_bound: 1, promised at most 0",
        ),
        (
            {"books": {"50 rows": salesforce_calls(50, [], [WRITE] * 111)}},
            "books.50 rows.writes_above_bound: 1, promised at most 0",
        ),
    ],
)
def test_what_takes_more_than_was_promised_is_told(groups, named):
    assert broken(**groups) == [named]


def test_a_script_that_makes_more_calls_than_the_flow_is_no_measure():
    flow, script = Counter(salesforce=2_000, outreach=5_000), Counter(salesforce=2_001, outreach=5_000, mail=1)
    assert broken(calls={"flow": flow, "script": script, "script_beyond_flow": script - flow}) == [
        "calls.script_beyond_flow.salesforce: 1, promised at most 0",
        "calls.script_beyond_flow.mail: 1, promised at most 0",
    ]


def test_writes_are_the_calls_to_salesforce_that_changed_something():
    assert salesforce_calls(1, [], [WRITE, READ, OUTREACH])["writes"] == 1
