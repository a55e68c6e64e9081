"""Moments as people read them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from rules.common.local_time import local_time

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 11, 28, 14, 33, tzinfo=UTC), "Nov 28, 2026, 9:33 AM EST"),
        (datetime(2026, 7, 1, 16, 5, tzinfo=UTC), "Jul 1, 2026, 12:05 PM EDT"),
        (datetime(2026, 12, 1, 4, 0, tzinfo=UTC), "Nov 30, 2026, 11:00 PM EST"),
        (datetime(2026, 12, 1, 5, 0, tzinfo=UTC), "Dec 1, 2026, 12:00 AM EST"),
    ],
)
def test_a_moment_is_told_by_the_orgs_clock_with_its_zone(moment, words):
    assert local_time(moment, NEW_YORK) == words
