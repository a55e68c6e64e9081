"""What `lifecycle bench` counts and holds to its bounds, without measuring anything."""

import math

import pytest

from benchmarks.figures import calls, exceeded
from benchmarks.stand_ins import AT_LEAST, AT_MOST

AT_BOUNDS = {
    "choosing": {"csms": 200, "calls": 2, "own_ms": 50.0, "read_ms": 350.0},
    "sandbox_requests_a_second": {"LMS company": 300.0},
}


def request(system, path):
    return {"system": system, "path": path}


def broken(group, **figures):
    """What a measurement at its bounds breaks with these figures instead."""
    return exceeded({**AT_BOUNDS, group: AT_BOUNDS[group] | figures}, AT_MOST, AT_LEAST)


def test_calls_are_counted_by_system_and_logins_apart():
    journal = [
        request("salesforce", "/services/oauth2/token"),
        request("salesforce", "/services/data/v59.0/query/"),
        request("salesforce", "/services/data/v59.0/composite"),
        request("outreach", "/oauth/token"),
        request("lms", "/signup/preSign"),
    ]
    assert calls(journal) == {"salesforce": 2, "lms": 1}
    assert calls(journal, token=True) == {"salesforce": 1, "outreach": 1}


def test_the_costliest_onboarding_counts_for_each_system():
    journals = [[request("lms", "/")] * 3, [request("lms", "/"), request("slack", "/")]]
    assert calls(journals[0]) | calls(journals[1]) == {"lms": 3, "slack": 1}


def test_figures_at_their_bounds_keep_every_promise():
    assert exceeded(AT_BOUNDS, AT_MOST, AT_LEAST) == []


@pytest.mark.parametrize(
    ("group", "figures", "named"),
    [
        ("choosing", {"calls": 3}, "choosing.calls: 3, promised at most 2"),
        ("choosing", {"own_ms": 50.5}, "choosing.own_ms: 50.5, promised at most 50"),
        (
            "sandbox_requests_a_second",
            {"LMS company": 299.0},
            "sandbox_requests_a_second.LMS company: 299.0, promised at least 300",
        ),
    ],
)
def test_a_broken_promise_is_named(group, figures, named):
    assert broken(group, **figures) == [named]


@pytest.mark.parametrize(("at_most", "at_least"), [({"anything": 1}, {}), ({}, {"anything": 1})])
def test_what_is_not_a_number_keeps_no_promise(at_most, at_least):
    assert len(exceeded({"anything": math.nan}, at_most, at_least)) == 1
