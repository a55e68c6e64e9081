from itertools import count

import pytest

from tests.scale.locks import LockWatch


@pytest.fixture
def watch():
    """Looks that are 20 s apart."""
    moments = count(0.0, 20.0)
    return LockWatch(clock=lambda: next(moments))


def test_a_lock_that_stays_taken_without_a_lease_is_a_fault(watch):
    for _ in range(7):
        watch.note({"questions"}, set(), 0)
    assert watch.faults == {"lock questions": ["taken for 120 s without a lease"]}


def test_a_lock_with_a_lease_or_one_that_is_given_back_meanwhile_is_none(watch):
    for taken in (True, False) * 4:
        watch.note({"audit-1", "questions"} if taken else {"audit-1"}, {"audit-1"}, 0)
    assert watch.faults == {}


def test_a_lease_that_outlives_its_end_is_a_fault(watch):
    watch.note({"questions"}, {"questions"}, 31)
    assert watch.faults == {"leases": ["one outlived its end by 31 s"]}
