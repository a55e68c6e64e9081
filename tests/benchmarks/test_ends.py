"""What the bench of the sweep over ending contracts promises and computes, without measuring anything."""

from dataclasses import replace

import pytest

from benchmarks.ends_figures import GROWTH_BOUND, PACE_BOUND, Killed, Night, bounds, calls_bound
from benchmarks.figures import Calls


def night(due, started, **more):
    """A sweep that keeps every promise: a call finds 2,000, a call reads 200, one logs in, one looks beside."""
    wanted = {"calls": Calls({"salesforce": calls_bound(due) - 1}, {"salesforce": 1}), "seconds": due / 50}
    return Night(**{"due": due, "started": started, "peak": 200.0, **wanted, **more})


def broken(few=None, few_again=None, many=None, many_again=None, killed=None):
    """The promises that are broken, each as it is told."""
    found = bounds(
        few or night(1_000, 1_000),
        few_again or night(1_000, 0),
        many or night(10_000, 10_000),
        many_again or night(10_000, 0),
        killed or Killed(3, 1, ["a", "b", "c"]),
    )
    return [str(bound) for bound in found if not bound.kept]


@pytest.mark.parametrize(
    ("due", "most"), [(1, 4), (200, 4), (201, 5), (2_000, 13), (2_001, 15), (10_000, 57)]
)  # a call for every 2,000 begun, one for every 200 begun, two beside
def test_the_calls_grow_with_what_is_due_by_pages(due, most):
    assert calls_bound(due) == most


def test_a_sweep_at_its_bounds_keeps_every_promise():
    at_most = night(10_000, 10_000, peak=200.0 + GROWTH_BOUND, seconds=200.0 * PACE_BOUND)
    assert broken(many=at_most) == []


def test_logins_count_as_calls():
    one_more = Calls({"salesforce": calls_bound(1_000)}, {"salesforce": 1})
    assert broken(few=night(1_000, 1_000, calls=one_more)) == [
        "1,000 due: calls to salesforce: 9, promised at most 8"
    ]  # fmt: skip


def test_a_call_elsewhere_breaks_a_promise():
    usual = night(10_000, 0).calls
    elsewhere = replace(usual, vendor={**usual.vendor, "slack": 1})
    assert broken(many_again=night(10_000, 0, calls=elsewhere)) == [
        "10,000 due, again: calls elsewhere: 1, promised at most 0"
    ]


@pytest.mark.parametrize("started", [999, 1_001])
def test_a_run_missing_and_a_run_too_many_are_told(started):
    assert broken(few=night(1_000, started)) == ["1,000 due: runs missing or too many: 1, promised at most 0"]


def test_a_second_sweep_of_a_night_may_start_nothing():
    assert broken(few_again=night(1_000, 2)) == ["1,000 due, again: runs missing or too many: 2, promised at most 0"]


def test_memory_that_grows_is_told():
    (told,) = broken(many=night(10_000, 10_000, peak=201.0 + GROWTH_BOUND))
    assert told.startswith("10,000 due: MB more than with 1,000: ")


def test_time_that_grows_faster_than_what_is_due_is_told():
    (told,) = broken(many=night(10_000, 10_000, seconds=401.0))
    assert told.startswith("10,000 due: seconds each, to those with 1,000: 2.005")


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (["a", "b"], "killed with 3 due: runs missing or too many: 1, promised at most 0"),
        (["a", "b", "b"], "killed: runs with another's key: 1, promised at most 0"),
    ],
)
def test_a_killed_sweep_that_left_out_or_repeated_a_run_is_told(keys, told):
    assert broken(killed=Killed(3, 1, keys)) == [told]
