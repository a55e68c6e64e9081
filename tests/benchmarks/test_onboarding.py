"""The figures of onboardings and of bursts, computed from what was measured, and their bounds."""

import pytest

from benchmarks.burst import burst_figures
from benchmarks.measured_run import Times
from benchmarks.onboarding import Onboardings, call_figures, time_figures
from benchmarks.report import Report, exceeded
from benchmarks.usage import Usage

SALE = {"salesforce": 8, "lms": 4, "recurly": 1, "slack": 2}
AT_BOUNDS = Onboardings([9.0, 2.0, 2.0], [9.0, 3.0, 3.0], [Times(9.0, 9.0)] + [Times(0.4, 2.3)] * 20)
"""The first of each kind only warms up."""


def journal(**counts):
    return [{"system": system, "path": "/x"} for system, count in counts.items() for _ in range(count)]


def broken(figures):
    return exceeded(Report(figures, (0, 0)))


def values(figures):
    return {figure.name: figure.value for figure in figures}


def test_times_are_medians_against_the_floor_without_the_first_of_each():
    assert values(time_figures(AT_BOUNDS)) == {
        "floor: the bare script": 2.0,
        "flow in a warm process, first step → end": 1.5,
        "flow by the worker, first step → end": pytest.approx(1.15),
        "message accepted → completed": pytest.approx(1.35),
        "p50 of 20": 0.4,
        "p95 of 20": pytest.approx(0.4),
    }
    assert broken(time_figures(AT_BOUNDS)) == []


@pytest.mark.parametrize(
    ("flow", "run", "named"),
    [
        (3.02, Times(0.4, 2.2), ["flow in a warm process, first step → end: 1.51", "at most 1.5"]),
        (3.0, Times(0.1, 2.32), ["flow by the worker, first step → end: 1.16", "at most 1.15"]),
        (3.0, Times(0.6, 2.12), ["message accepted → completed: 1.36", "at most 1.35"]),
        (3.0, Times(0.71, 1.5), ["Outbound message accepted → first step: p95 of 20: 0.71 s", "at most 0.7"]),
    ],
)
def test_a_time_above_its_bound_is_named(flow, run, named):
    (sentence,) = broken(time_figures(Onboardings([9.0, 2.0], [9.0, flow], [Times(9.0, 9.0)] + [run] * 20)))
    assert all(part in sentence for part in named)


def test_the_costliest_onboarding_counts_for_each_system():
    token = {"system": "salesforce", "path": "/services/oauth2/token"}
    figures = call_figures([[*journal(salesforce=8, lms=3), token], journal(lms=4, recurly=1, slack=2)])
    assert values(figures) == {
        "Salesforce": 8,
        "LMS": 4,
        "Recurly": 1,
        "Slack": 2,
        "other systems": 0,
        "for a token": 1,
    }
    assert broken(figures) == []


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"salesforce": 9}, "Salesforce: 9 calls, at most 8"),
        ({"lms": 5}, "LMS: 5 calls, at most 4"),
        ({"recurly": 2}, "Recurly: 2 calls, at most 1"),
        ({"slack": 3}, "Slack: 3 calls, at most 2"),
        ({"outreach": 1}, "other systems: 1 calls, at most 0"),
    ],
)
def test_a_call_too_many_is_named(more, named):
    assert broken(call_figures([journal(**SALE | more)])) == [f"Calls of a sale: {named} is promised"]


def usage(**cpu):
    return Usage(cpu, {"server": 300.0, "all processes": 400.0})


def test_a_burst_is_told_by_sale_and_by_group():
    figures = burst_figures("SQLite", 10, 14.0, usage(server=12.0, flow=8.0))
    assert values(figures) == {
        "speed": pytest.approx(10 / 14),
        "CPU of a sale, all processes": 2.0,
        "CPU of a sale, server": 1.2,
        "CPU of a sale, flow": 0.8,
        "peak memory, server": 300.0,
        "peak memory, all processes": 400.0,
    }
    assert broken(figures) == []


@pytest.mark.parametrize(("database", "seconds", "bound"), [("SQLite", 144.0, 0.7), ("PostgreSQL", 101.0, 1)])
def test_a_slow_burst_is_named(database, seconds, bound):
    (sentence,) = broken(burst_figures(database, 100, seconds, usage(server=1.0)))
    assert sentence.startswith(f"Burst of 100 sales, {database}: speed")
    assert f"at least {bound}" in sentence


def test_a_burst_that_costs_too_much_is_named():
    (sentence,) = broken(burst_figures("PostgreSQL", 100, 50.0, usage(server=101.0, flow=100.0)))
    assert "CPU of a sale, all processes: 2.01 s, at most 2" in sentence
