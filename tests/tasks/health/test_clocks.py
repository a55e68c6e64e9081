"""A slow answer is no wrong clock, and a wrong clock is found however slow the answer."""

from datetime import UTC, datetime, timedelta

import pytest

from tasks.health.clocks import date_offset, offset

SENT = datetime(2026, 11, 2, 9, 0, 0, 400_000, UTC)
SLOW = timedelta(seconds=20)


def seconds(value):
    return timedelta(seconds=value)


@pytest.mark.parametrize("after", [0, 0.1, 10, 20])
def test_a_time_between_question_and_answer_may_be_right(after):
    assert offset(SENT + seconds(after), SENT, SENT + SLOW) == 0


@pytest.mark.parametrize(("after", "ahead"), [(25, 5), (-3, -3)])
def test_a_time_outside_is_off_by_at_least_the_rest(after, ahead):
    assert offset(SENT + seconds(after), SENT, SENT + SLOW) == ahead


def test_a_header_leaves_out_the_parts_of_a_second():
    date = {"date": "Mon, 02 Nov 2026 09:00:00 GMT"}
    assert date_offset(date, SENT, SENT + seconds(0.1)) == 0
    assert date_offset(date, SENT + seconds(5), SENT + seconds(5)) == pytest.approx(-4.4 + 0)
    assert date_offset(date, SENT - seconds(5), SENT - seconds(5)) == pytest.approx(4.6)


def test_an_answer_without_a_time_says_nothing():
    assert date_offset({}, SENT, SENT) == 0
