"""Business hours in June 2026 and around it, and ways to make more."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from rules.common.business_time import BusinessHours, WorkingDays

NEW_YORK, LONDON = ZoneInfo("America/New_York"), ZoneInfo("Europe/London")
MONDAY_TO_FRIDAY = frozenset(range(5))
WORKING_DAYS = WorkingDays(MONDAY_TO_FRIDAY, frozenset())
OFFICE = BusinessHours(MONDAY_TO_FRIDAY, frozenset(), NEW_YORK, time(9), time(17))
ALWAYS = BusinessHours(frozenset(range(7)), frozenset(), NEW_YORK, time(0), time(23, 59))
"""Round the clock, so also in the hour that is skipped or repeated."""

_YEAR = date(2026, 1, 1)
_ZONES = tuple(map(ZoneInfo, ("America/New_York", "Europe/London", "Asia/Kolkata", "Pacific/Auckland", "UTC")))

moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 30), timezones=st.just(UTC))  # noqa: DTZ001 -- the strategy adds the zone
days_off = st.integers(0, 500).map(lambda number: _YEAR + timedelta(number))


@st.composite
def office_hours(draw) -> BusinessHours:
    """Hours of daylight, as an office has them: by half hours, between four in the morning and eight at night."""
    opens = draw(st.integers(8, 39))
    closes = draw(st.integers(opens + 1, 40))
    return BusinessHours(
        draw(st.frozensets(st.integers(0, 6), min_size=1)),
        draw(st.frozensets(days_off, max_size=20)),
        draw(st.sampled_from(_ZONES)),
        time(opens // 2, opens % 2 * 30),
        time(closes // 2, closes % 2 * 30),
    )


def at(text: str, zone: ZoneInfo = NEW_YORK, *, fold: int = 0) -> datetime:
    """A moment by the local clock; `fold` 1 is the second time that the clock shows it."""
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)
