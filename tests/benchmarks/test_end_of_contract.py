"""What the measurement of the sweep over ending contracts computes and holds to its bounds."""

import pytest

from benchmarks.end_of_contract import AT_MOST, calls_bound, growth, night_figures
from benchmarks.figures import exceeded

SALESFORCE, LOGIN, SLACK = (
    {"system": system, "path": path}
    for system, path in (("salesforce", "/query"), ("salesforce", "/services/oauth2/token"), ("slack", "/api"))
)


def took(seconds_for_1000, peak_mb):
    return {"seconds_for_1000": seconds_for_1000, "peak_mb": peak_mb}


def broken(**groups):
    return exceeded(groups, AT_MOST)


@pytest.mark.parametrize(
    ("due", "most"), [(1, 4), (200, 4), (201, 5), (2_000, 13), (2_001, 15), (10_000, 57)]
)  # a call for every 2,000 begun, one for every 200 begun, two beside
def test_the_calls_grow_with_what_is_due_by_pages(due, most):
    assert calls_bound(due) == most


def test_a_sweep_at_its_bounds_keeps_every_promise():
    night = night_figures(1_000, 1_000, 1_000, [LOGIN] + [SALESFORCE] * 7)
    most = growth(took(20.0, 100.0), took(25.0, 132.0))
    assert broken(nights={"first": night}, killed={"runs_missing_or_too_many": 0}, growth=most) == []


def test_logins_count_as_calls():
    night = night_figures(1_000, 1_000, 1_000, [LOGIN] + [SALESFORCE] * 8)
    assert (night["calls"], night["calls_bound"]) == (9, 8)
    assert broken(nights={"first": night}) == ["nights.first.calls_above_bound: 1, promised at most 0"]


def test_a_call_elsewhere_breaks_a_promise():
    night = night_figures(0, 10_000, 0, [LOGIN, SLACK])
    assert broken(nights={"second again": night}) == ["nights.second again.calls_elsewhere: 1, promised at most 0"]


@pytest.mark.parametrize(("expected", "started"), [(1_000, 999), (1_000, 1_001), (0, 1)])
def test_a_run_missing_and_a_run_too_many_are_told(expected, started):
    night = night_figures(expected, 1_000, started, [])
    assert broken(nights={"first": night}) == ["nights.first.runs_missing_or_too_many: 1, promised at most 0"]


def test_a_killed_sweep_that_left_out_or_repeated_a_run_is_told():
    assert broken(killed={"runs_missing_or_too_many": 1}) == ["killed.runs_missing_or_too_many: 1, promised at most 0"]


def test_memory_that_grows_is_told():
    assert broken(growth=growth(took(20.0, 100.0), took(20.0, 133.0))) == ["growth.mb: 33.0, promised at most 32"]


def test_time_that_grows_faster_than_what_is_due_is_told():
    assert broken(growth=growth(took(20.0, 100.0), took(40.1, 100.0))) == [
        "growth.seconds_each: 2.005, promised at most 1.25"
    ]
