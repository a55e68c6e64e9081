"""When those who hand an account over can meet: the first quarter of an hour that suits them all (TRN-9)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum, auto
from zoneinfo import ZoneInfo

from rules.assignment.availability import Absence
from rules.common.business_time import BusinessHours, is_working_day
from rules.common.text import join_names

LENGTH = timedelta(minutes=15)
"""How long a meeting is (TRN-9)."""
GRID = timedelta(minutes=15)
"""Meetings begin at the full hour or a quarter of it, by the clock of every time zone that is in use."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """From one aware moment up to another; nothing at all when the end is not after the start."""

    start: datetime
    end: datetime

    def overlaps(self, other: "Span") -> bool:
        """Whether they have any time in common; spans that only meet have none."""
        return max(self.start, other.start) < min(self.end, other.end)


@dataclass(frozen=True)
class Participant:
    """Somebody who is to be there.

    Attributes:
        id: of the user, 18 characters: by it one person is known in several meetings.
        name: for people.
        hours: when the person works, by the clock of their own time zone.
        absences: days out of office by that clock.
        busy: other events.
    """

    id: str
    name: str
    hours: BusinessHours
    absences: tuple[Absence, ...] = ()
    busy: tuple[Span, ...] = ()


@dataclass(frozen=True)
class MeetingTerms:
    """How soon and how late a meeting may be, both counted from now.

    Attributes:
        notice: by how much an invitation comes before its meeting, at least.
        latest: how far ahead a meeting may begin.
    """

    notice: timedelta
    latest: timedelta


@dataclass(frozen=True)
class Meeting:
    """When a meeting begins.

    Attributes:
        start: in UTC; None when nothing suits.
        in_the_way: who or what is in the way then, each in words for people.
    """

    start: datetime | None
    in_the_way: tuple[str, ...] = ()


class _Obstacle(Enum):
    """Why somebody cannot come."""

    OUTSIDE = auto()
    AWAY = auto()
    BUSY = auto()


class _Times:
    """Every beginning that the terms allow, and what is in each person's way then, looked at once.

    Attributes:
        starts: in UTC.
    """

    def __init__(self, now: datetime, terms: MeetingTerms) -> None:
        self.starts = tuple(_starts(now, terms))
        self._obstacles: dict[str, list[_Obstacle | None]] = {}

    def obstacles(self, one: Participant) -> list[_Obstacle | None]:
        """Why somebody cannot come, of each start; None when they can."""
        if one.id not in self._obstacles:
            self._obstacles[one.id] = [_obstacle(one, Span(start, start + LENGTH)) for start in self.starts]
        return self._obstacles[one.id]

    def has_common_hours(self, participants: Iterable[Participant]) -> bool:
        """Whether there is any start at which all of them work, free or not."""
        together = zip(*map(self.obstacles, participants), strict=True)
        return any(_Obstacle.OUTSIDE not in those for those in together)

    def that_suit(self, participants: Iterable[Participant]) -> Iterator[datetime]:
        """The starts at which everybody can come."""
        in_the_way = zip(*map(self.obstacles, participants), strict=True)
        return (start for start, those in zip(self.starts, in_the_way, strict=True) if not any(those))


def meetings(now: datetime, accounts: Iterable[Sequence[Participant]], terms: MeetingTerms) -> list[Meeting]:
    """A meeting for each account, in their order; nobody is asked to two at once (TRN-9).

    Args:
        now: aware.
        accounts: of each the participants, at least one; who is in several is the same in all.
        terms: how soon and how late.
    """
    times = _Times(now, terms)
    given: dict[str, list[Span]] = {}
    found: list[Meeting] = []
    for participants in accounts:
        taken = [span for one in participants for span in given.get(one.id, ())]
        found.append(_first(times, participants, taken))
        if start := found[-1].start:
            for one in participants:
                given.setdefault(one.id, []).append(Span(start, start + LENGTH))
    return found


def _first(times: _Times, participants: Sequence[Participant], taken: Iterable[Span]) -> Meeting:
    others, suits_but_taken = list(taken), False
    for start in times.that_suit(participants):
        span = Span(start, start + LENGTH)
        if not any(span.overlaps(other) for other in others):
            return Meeting(start)
        suits_but_taken = True
    return Meeting(None, _reasons(times, participants, suits_but_taken=suits_but_taken))


def _starts(now: datetime, terms: MeetingTerms) -> Iterator[datetime]:
    """Every beginning that the terms allow, in UTC."""
    here = now.astimezone(UTC)
    earliest, latest = here + terms.notice, here + terms.latest
    start = earliest + (_EPOCH - earliest) % GRID
    while start <= latest:
        yield start
        start += GRID


def _obstacle(one: Participant, span: Span) -> _Obstacle | None:
    """Why somebody cannot come then; None when they can."""
    zone, hours = one.hours.zone, one.hours
    first, last = span.start.astimezone(zone), span.end.astimezone(zone)
    at_work = all(hours.opens <= moment.time() <= hours.closes for moment in (first, last))
    if not at_work or first.date() != last.date() or not is_working_day(first.date(), hours):
        return _Obstacle.OUTSIDE
    if any(_covers(absence, first.date()) for absence in one.absences):
        return _Obstacle.AWAY
    return _Obstacle.BUSY if any(span.overlaps(other) for other in one.busy) else None


def _covers(absence: Absence, day: date) -> bool:
    first = absence.first or date.min
    return first <= day <= (date.max if absence.last is None else max(first, absence.last))


def _reasons(times: _Times, participants: Sequence[Participant], *, suits_but_taken: bool) -> tuple[str, ...]:
    """Who is in the way, and why: those for whom no time is right, else what they have in common."""
    if not times.starts:
        return ("The latest day for a meeting is before the end of the notice: correct the policy",)
    zone = participants[0].hours.zone
    first, last = (moment.astimezone(zone).date() for moment in (times.starts[0], times.starts[-1]))
    between = f"from {first} to {last}"
    if suits_but_taken:
        return (f"Every time that suits all {between} is taken by other meetings of accounts that move",)
    never = [why for one in participants if (why := _never(one.name, set(times.obstacles(one)), between))]
    if never:
        return tuple(dict.fromkeys(never))
    if not times.has_common_hours(participants):
        return (f"{_working_hours(participants)} have no working hours in common {between}",)
    names = join_names(dict.fromkeys(one.name for one in participants))
    return (f"{names} are never free at the same time {between}",)


def _working_hours(participants: Iterable[Participant]) -> str:
    """Who works when, by which clock: "Ada (09:00 to 17:00 America/New_York) and Ben (…)"."""
    each = (
        f"{one.name} ({one.hours.opens:%H:%M} to {one.hours.closes:%H:%M} {one.hours.zone})" for one in participants
    )
    return join_names(dict.fromkeys(each))


def by_clocks(moment: datetime, people: Iterable[tuple[str, ZoneInfo]]) -> str:
    """A moment by the clock of each who is there, the zone beside every time, in words for people.

    Args:
        moment: aware.
        people: names, with their time zones; whose clocks are one is told once.
    """
    named: dict[ZoneInfo, list[str]] = {}
    for name, zone in people:
        named.setdefault(zone, []).append(name)
    told = {zone: f"{moment.astimezone(zone):%A, %Y-%m-%d at %H:%M} ({zone})" for zone in named}
    if len(told) == 1:
        return "".join(told.values())
    return "; ".join(f"{said} for {join_names(dict.fromkeys(named[zone]))}" for zone, said in told.items())


def _never(name: str, found: set[_Obstacle | None], between: str) -> str:
    """Why somebody can come at no time at all; "" for who could come at some time."""
    if None in found:
        return ""
    if _Obstacle.BUSY in found:
        other = "is out of office or busy" if _Obstacle.AWAY in found else "is busy"
        return f"{name} {other} at all working hours {between}"
    return f"{name} {'is out of office' if _Obstacle.AWAY in found else 'does not work'} {between}"
