"""What `lifecycle bench` counts and computes, without measuring anything."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.figures import Bound, bounds, calls, most, percentile

seconds = st.lists(st.floats(0, 1000), min_size=1, max_size=40)
KEPT = {"salesforce": 8, "lms": 4, "recurly": 1, "slack": 2}
RATES = {"LMS company": 300.0}


def request(system, path):
    return {"system": system, "path": path}


def broken(found_calls=KEPT, ratio=1.5, rates=RATES, choosing_calls=2, choosing_ms=50.0):
    found = bounds(found_calls, ratio, rates, choosing_calls, choosing_ms)
    return [str(bound) for bound in found if not bound.kept]


def test_calls_are_counted_by_system_and_logins_apart():
    counted = calls(
        [
            request("salesforce", "/services/oauth2/token"),
            request("salesforce", "/services/data/v59.0/query/"),
            request("salesforce", "/services/data/v59.0/composite"),
            request("outreach", "/oauth/token"),
            request("lms", "/signup/preSign"),
        ]
    )
    assert counted.vendor == {"salesforce": 2, "lms": 1}
    assert counted.token == {"salesforce": 1, "outreach": 1}


def test_the_costliest_onboarding_counts_for_each_system():
    assert most([{"lms": 3, "slack": 1}, {"lms": 2, "slack": 2}, {}]) == {"lms": 3, "slack": 2}


@pytest.mark.parametrize(
    ("percent", "expected"), [(50, 10), (95, 19), (100, 20), (5, 1), (5.1, 2)]
)  # by the definition of the nearest rank, of 1 to 20
def test_a_percentile_is_a_value_that_was_measured(percent, expected):
    assert percentile([*range(20, 10, -1), *range(1, 11)], percent) == expected


@given(seconds, st.floats(0.1, 100))
def test_at_least_so_many_percent_do_not_exceed_the_percentile_and_of_less_fewer(values, percent):
    found = percentile(values, percent)
    needed = percent / 100 * len(values)
    assert sum(value <= found for value in values) >= needed - 1e-9
    assert sum(value < found for value in values) < needed + 1e-9


@pytest.mark.parametrize(("values", "percent"), [([], 50), ([1.0], 0), ([1.0], 101)])
def test_no_values_and_impossible_shares_have_no_percentile(values, percent):
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, percent)


def test_figures_at_their_bounds_keep_every_promise():
    assert broken() == []


@pytest.mark.parametrize(
    ("found", "named"),
    [
        ({"found_calls": KEPT | {"salesforce": 9}}, "calls to salesforce: 9, promised at most 8"),
        ({"found_calls": KEPT | {"lms": 5}}, "calls to lms: 5, promised at most 4"),
        ({"found_calls": KEPT | {"recurly": 2}}, "calls to recurly: 2, promised at most 1"),
        ({"found_calls": KEPT | {"slack": 3}}, "calls to slack: 3, promised at most 2"),
        ({"found_calls": KEPT | {"outreach": 1}}, "calls to outreach: 1, promised at most 0"),
        ({"ratio": 1.51}, "flow against bare script: 1.51, promised at most 1.5"),
        ({"choosing_calls": 3}, "choosing a CSM: calls to salesforce: 3, promised at most 2"),
        ({"choosing_ms": 50.5}, "choosing a CSM: own milliseconds: 50.5, promised at most 50"),
        ({"rates": {"LMS company": 299.0}}, "sandbox: LMS company, requests a second: 299, promised at least 300"),
    ],
)
def test_a_broken_promise_is_named(found, named):
    assert broken(**found) == [named]


@pytest.mark.parametrize("least", [True, False])
def test_what_is_not_a_number_keeps_no_promise(least):
    assert not Bound("anything", math.nan, 1, least=least).kept
