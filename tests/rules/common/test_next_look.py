"""ONB-12, CSM-5: when a run looks again for what another system creates by itself."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.common.next_look import LONGEST_PAUSE, SHORTEST_PAUSE, WITHOUT_PROCESS, pause_before_next_look


def looks(patience):
    """The seconds of all looks, the first one at 0."""
    times = [0.0]
    while (pause := pause_before_next_look(times[-1], patience)) is not None:
        times.append(times[-1] + pause)
    return times


def test_onb_12_the_looks_of_the_policys_two_minutes():
    in_process = [0, 0.2, 0.4, 0.6, 0.8, 1.1, 1.4, 1.9, 2.5, 3.4, 4.5, 6.0, 8.0, 10.7, 14.2]
    without_process = [18.9, 25.3, 33.7, 44.9, 59.9, 79.8, 106.4, 120.0]
    times = looks(120)
    assert [round(time, 1) for time in times] == [*in_process, *without_process]
    long = [later for time, later in pairwise(times) if later - time >= WITHOUT_PROCESS]
    assert [round(time, 1) for time in long] == without_process


@given(st.floats(0, 3600))
def test_csm_5_what_has_come_is_noticed_at_most_a_third_too_late_or_a_minute(patience):
    for time, later in pairwise(looks(patience)):
        assert later - time <= max(SHORTEST_PAUSE, min(time / 3, LONGEST_PAUSE)) + 1e-6


@given(st.floats(0, 3600))
def test_csm_5_the_last_look_is_at_the_end_of_the_patience(patience):
    assert looks(patience)[-1] == pytest.approx(patience)


@given(st.floats(0.2, 3600))
def test_the_pauses_grow_but_for_the_last(patience):
    pauses = [later - time for time, later in pairwise(looks(patience))][:-1]
    assert all(later >= pause - 1e-6 for pause, later in pairwise(pauses))


@pytest.mark.parametrize(("waited", "patience"), [(0, 0), (120, 120), (86_400, 120)])
def test_a_run_whose_patience_is_over_looks_once(waited, patience):
    assert pause_before_next_look(waited, patience) is None


def test_a_clock_that_was_set_back_delays_no_look():
    assert pause_before_next_look(-30, 120) == SHORTEST_PAUSE
