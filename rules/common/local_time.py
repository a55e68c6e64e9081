"""Moments as people read them: by the clock of the org, with the zone."""

from datetime import datetime
from zoneinfo import ZoneInfo


def local_time(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment in a time zone, for people: `Nov 28, 2026, 9:33 AM EST`.

    Args:
        moment: aware.
        zone: of the org.
    """
    local = moment.astimezone(zone)
    hour = local.hour % 12 or 12
    return f"{local:%b} {local.day}, {local.year}, {hour}:{local:%M %p %Z}"
