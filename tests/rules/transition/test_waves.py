"""The order in which accounts change hands."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.transition.waves import Pace, stops, waves

RANKED = st.lists(st.tuples(st.integers(0, 3), st.integers()), max_size=40)


def pace(wave=3, most_failed="20"):
    return Pace(wave, at_once=2, most_failed=Decimal(most_failed))


def test_trn_3_low_risk_goes_first_and_no_wave_mixes_risks():
    ranked = [(2, "escalated"), (0, "a"), (1, "open"), (0, "b"), (0, "c"), (0, "d")]
    assert waves(ranked, pace(3)) == [("a", "b", "c"), ("d",), ("open",), ("escalated",)]


def test_nothing_moves_in_no_waves():
    assert waves([], pace()) == []


@given(RANKED, st.integers(1, 7))
def test_every_account_is_in_one_wave_of_one_risk_and_none_before_a_lower_one(ranked, wave_of):
    risks = dict(enumerate(risk for risk, _ in ranked))
    found = waves([(risk, place) for place, (risk, _) in enumerate(ranked)], pace(wave_of))
    assert sorted(place for wave in found for place in wave) == list(range(len(ranked)))
    assert all(1 <= len(wave) <= wave_of for wave in found)
    of_waves = [{risks[place] for place in wave} for wave in found]
    assert all(len(risk) == 1 for risk in of_waves)
    assert [risk for (risk,) in of_waves] == sorted(risk for (risk,) in of_waves)


@pytest.mark.parametrize(
    ("failed", "most", "stop"),
    [(0, "0", False), (1, "0", True), (2, "20", False), (3, "20", True), (10, "100", False)],
)
def test_the_next_wave_waits_when_more_than_the_share_failed(failed, most, stop):
    assert stops([True] * failed + [False] * (10 - failed), pace(most_failed=most)) is stop
