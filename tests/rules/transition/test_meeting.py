"""TRN-9: a meeting of 15 minutes, when it suits everybody who is to be there."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.assignment.availability import Absence
from rules.common.business_time import is_working_day
from rules.transition.meeting import Meeting, MeetingTerms, Participant, Span, _first, _Times, by_clocks, meetings
from tests.rules.builders.office_hours import LONDON, OFFICE, at, days_off, moments, office_hours

DAY, HOUR, QUARTER = timedelta(days=1), timedelta(hours=1), timedelta(minutes=15)
TERMS = MeetingTerms(notice=DAY, latest=14 * DAY)
MONDAY = at("2026-06-15T10:05")
ADA, BEN, TARA = (Participant(f"005{name}", name, OFFICE) for name in ("Ada", "Ben", "Tara"))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, **more) -> datetime:
    return at(text, **more).astimezone(UTC)


def busy(start: str, end: str) -> Span:
    return Span(at(start), at(end))


def meeting(now: datetime, participants, terms: MeetingTerms, taken: tuple[Span, ...] = ()) -> Meeting:
    """The first time that suits everybody; `taken` was given to others."""
    return _first(_Times(now, terms), participants, taken)


def first(*participants: Participant, now: datetime = MONDAY, terms: MeetingTerms = TERMS) -> datetime | None:
    found = meeting(now, participants, terms)
    assert bool(found.in_the_way) == (found.start is None)
    return found.start


# --- by hand


def test_trn_9_the_meeting_is_at_the_first_quarter_of_an_hour_a_day_from_now():
    assert first(ADA, BEN, TARA) == local("2026-06-16T10:15")
    assert first(ADA, now=at("2026-06-15T10:15")) == local("2026-06-16T10:15")
    assert first(ADA, now=at("2026-06-15T10:15:00.000001")) == local("2026-06-16T10:30")


@pytest.mark.parametrize(
    ("now", "start"),
    [
        pytest.param("2026-06-15T03:00", "2026-06-16T09:00", id="not before work begins"),
        pytest.param("2026-06-15T16:45", "2026-06-16T16:45", id="the last quarter of the day"),
        pytest.param("2026-06-15T16:46", "2026-06-17T09:00", id="not after work ends"),
        pytest.param("2026-06-12T10:00", "2026-06-15T09:00", id="not on the weekend"),
        pytest.param("2026-06-13T12:00", "2026-06-15T09:00", id="nor asked for on it"),
    ],
)
def test_trn_9_everybody_is_at_work(now, start):
    assert first(ADA, BEN, now=at(now)) == local(start)


def test_trn_9_on_a_holiday_nobody_meets():
    off = replace(BEN, hours=replace(OFFICE, holidays=frozenset({date(2026, 6, 16)})))
    assert first(ADA, off) == local("2026-06-17T09:00")


def test_trn_9_nobody_meets_who_is_out_of_office_on_the_first_or_the_last_day_of_it():
    away = replace(BEN, absences=(Absence(date(2026, 6, 16), date(2026, 6, 18)),))
    assert first(ADA, away) == local("2026-06-19T09:00")
    since_ever = replace(BEN, absences=(Absence(None, date(2026, 6, 18)),))
    assert first(ADA, since_ever) == local("2026-06-19T09:00")
    one_day = replace(BEN, absences=(Absence(date(2026, 6, 16), date(2026, 6, 1)),))
    assert first(ADA, one_day) == local("2026-06-17T09:00")


def test_trn_9_events_that_only_meet_do_not_overlap():
    ada = replace(
        ADA, busy=(busy("2026-06-16T09:00", "2026-06-16T10:15"), busy("2026-06-16T10:30", "2026-06-16T12:00"))
    )
    assert first(ada, BEN) == local("2026-06-16T10:15")
    ben = replace(BEN, busy=(busy("2026-06-16T10:29", "2026-06-16T10:31"),))
    assert first(ada, ben) == local("2026-06-16T12:00")


def test_trn_9_an_event_without_duration_is_in_nobodys_way():
    ada = replace(
        ADA, busy=(busy("2026-06-16T10:20", "2026-06-16T10:20"), busy("2026-06-16T12:00", "2026-06-16T09:00"))
    )
    assert first(ada) == local("2026-06-16T10:15")


def test_trn_9_somebody_in_another_time_zone_is_at_work_by_their_own_clock():
    lucy = replace(ADA, id="005Lucy", name="Lucy", hours=replace(OFFICE, zone=LONDON))
    assert first(lucy, BEN, now=at("2026-06-15T14:00")) == local("2026-06-17T09:00")
    assert first(lucy, BEN, now=at("2026-06-15T10:00")) == local("2026-06-16T10:00")
    # Three weeks a year they are four hours apart instead of five.
    assert first(lucy, BEN, now=at("2026-01-12T11:45")) == local("2026-01-13T11:45") == utc("2026-01-13T16:45")
    assert first(lucy, BEN, now=at("2026-01-12T11:46")) == local("2026-01-14T09:00")
    assert first(lucy, BEN, now=at("2026-03-16T12:45")) == local("2026-03-17T12:45") == utc("2026-03-17T16:45")


def test_trn_9_out_of_office_are_days_of_the_persons_own_calendar():
    kiri = Participant("005Kiri", "Kiri", replace(OFFICE, zone=ZoneInfo("Pacific/Auckland"), opens=time(6)))
    late = replace(BEN, hours=replace(OFFICE, closes=time(19)))
    # Four in the afternoon of Tuesday 16th in New York is eight in the morning of Wednesday 17th in Auckland.
    assert first(kiri, late) == local("2026-06-16T14:00") == at("2026-06-17T06:00", kiri.hours.zone)
    away = replace(kiri, absences=(Absence(date(2026, 6, 17), date(2026, 6, 17)),))
    assert first(away, late) == local("2026-06-17T14:00")


@pytest.mark.parametrize(
    ("friday", "start"),
    [
        pytest.param("2026-03-06T16:00", "2026-03-09T13:00", id="an hour is skipped on Sunday"),
        pytest.param("2026-10-30T16:00", "2026-11-02T14:00", id="an hour is repeated on Sunday"),
    ],
)
def test_trn_9_after_a_night_in_which_the_clock_is_changed_work_begins_at_nine_too(friday, start):
    assert first(ADA, now=at(friday)) == utc(start)


def test_trn_9_the_notice_is_real_time_also_over_such_a_night():
    at_home = replace(ADA, hours=replace(OFFICE, days=frozenset(range(7))))
    assert first(at_home, now=at("2026-10-31T11:00")) == local("2026-11-01T10:00")


def test_trn_9_no_meeting_is_later_than_policy_allows():
    until_then = replace(BEN, absences=(Absence(None, date(2026, 6, 28)),))
    assert first(until_then) == local("2026-06-29T09:00")
    assert first(until_then, terms=MeetingTerms(DAY, 13 * DAY)) is None
    assert first(ADA, terms=MeetingTerms(DAY, DAY)) is None
    assert first(ADA, now=at("2026-06-15T10:15"), terms=MeetingTerms(DAY, DAY)) == local("2026-06-16T10:15")


# --- who is in the way


def told(*participants: Participant, terms: MeetingTerms = TERMS, taken: tuple[Span, ...] = ()) -> tuple[str, ...]:
    return meeting(MONDAY, participants, terms, taken).in_the_way


BETWEEN = "from 2026-06-16 to 2026-06-29"
WHOLE = busy("2026-06-01T00:00", "2026-07-31T00:00")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"absences": (Absence(None, None),)}, f"Ben is out of office {BETWEEN}"),
        ({"absences": (Absence(date(2026, 6, 1), date(2026, 6, 29)),)}, f"Ben is out of office {BETWEEN}"),
        ({"busy": (WHOLE,)}, f"Ben is busy at all working hours {BETWEEN}"),
        (
            {"busy": (busy("2026-06-17T00:00", "2026-07-31T00:00"),), "absences": (Absence(None, date(2026, 6, 16)),)},
            f"Ben is out of office or busy at all working hours {BETWEEN}",
        ),
        (
            {"hours": replace(OFFICE, holidays=frozenset(date(2026, 6, 16) + n * DAY for n in range(14)))},
            f"Ben does not work {BETWEEN}",
        ),
    ],
)
def test_trn_9_whoever_is_in_the_way_is_named_with_the_reason(change, why):
    assert told(ADA, replace(BEN, **change), TARA) == (why,)


def test_trn_9_all_who_can_come_at_no_time_are_named():
    away = replace(TARA, absences=(Absence(None, None),))
    assert told(ADA, replace(BEN, busy=(WHOLE,)), away) == (
        f"Ben is busy at all working hours {BETWEEN}",
        f"Tara is out of office {BETWEEN}",
    )


def test_trn_9_those_who_are_never_free_at_the_same_time_are_named():
    noons = tuple(busy(f"2026-06-{day}T12:00", f"2026-06-{day}T12:15") for day in range(15, 30))
    mornings, afternoons = replace(OFFICE, closes=time(12, 15)), replace(OFFICE, opens=time(12))
    found = told(replace(ADA, hours=mornings), replace(BEN, hours=afternoons, busy=noons))
    assert found == (f"Ada and Ben are never free at the same time {BETWEEN}",)


def test_trn_9_times_that_are_taken_are_told_as_such():
    assert told(ADA, taken=(WHOLE,)) == (
        f"Every time that suits all {BETWEEN} is taken by other meetings of accounts that move",
    )


def test_trn_9_a_notice_longer_than_the_latest_day_is_the_policys_fault():
    assert told(ADA, terms=MeetingTerms(3 * DAY, 2 * DAY)) == (
        "The latest day for a meeting is before the end of the notice: correct the policy",
    )


# --- many accounts


def test_trn_9_meetings_of_a_new_csm_follow_each_other():
    found = meetings(MONDAY, [(ADA, BEN), (ADA, TARA), (ADA,)], TERMS)
    assert [one.start for one in found] == [local("2026-06-16T10:15") + n * QUARTER for n in range(3)]


def test_trn_9_who_has_no_meeting_yet_meets_at_once():
    found = meetings(MONDAY, [(ADA, BEN), (TARA,), (TARA, BEN)], TERMS)
    assert [one.start for one in found] == [local("2026-06-16T10:15") + n * QUARTER for n in (0, 0, 1)]


def test_trn_9_a_book_of_two_hundred_accounts_is_spread_over_the_days():
    starts = [one.start for one in meetings(MONDAY, [(ADA, BEN, TARA)] * 200, TERMS)]
    assert None not in starts
    assert len(set(starts)) == 200


def test_trn_9_accounts_beyond_the_last_time_are_told_so_and_take_none():
    found = meetings(MONDAY, [(ADA,)] * 3, MeetingTerms(DAY, DAY + 2 * QUARTER))
    assert [one.start is None for one in found] == [False, False, True]
    assert "taken by other meetings" in found[2].in_the_way[0]


# --- what always holds

spans = st.builds(
    lambda start, minutes: Span(start, start + timedelta(minutes=minutes)), moments, st.integers(-30, 3000)
)
absences = st.builds(
    lambda first, days, ends: Absence(first, first + days * DAY if first and ends else None),
    st.one_of(st.none(), days_off),
    st.integers(0, 20),
    st.booleans(),
)
all_terms = st.builds(
    lambda notice, days: MeetingTerms(notice * HOUR, days * DAY), st.integers(0, 48), st.integers(3, 9)
)


@st.composite
def people(draw, now: datetime) -> list[Participant]:
    """Up to three, whose calendars have something around that moment."""

    def near(days):
        return st.integers(0, 12 * 24 * 60).map(lambda minutes: now + timedelta(minutes=minutes)).flatmap(days)

    offices = st.sampled_from([OFFICE, OFFICE, replace(OFFICE, zone=LONDON)]) | office_hours()

    def one(number: int) -> Participant:
        events = near(lambda start: st.integers(-30, 2000).map(lambda m: Span(start, start + timedelta(minutes=m))))
        off = near(lambda start: st.integers(0, 4).map(lambda n: Absence(start.date(), start.date() + n * DAY)))
        return Participant(
            f"005{number}",
            f"P{number}",
            draw(offices),
            tuple(draw(st.lists(off | off | absences, max_size=2))),
            tuple(draw(st.lists(events, max_size=6))),
        )

    return [one(number) for number in range(draw(st.integers(1, 3)))]


cases = moments.flatmap(lambda now: st.tuples(st.just(now), people(now), all_terms))


def free_quarters(one: Participant, now: datetime, until: datetime) -> set[datetime]:
    """Working day by working day from opening to closing, quarter by quarter, without what is taken."""
    found, hours = set(), one.hours
    days = [now.date() + n * DAY for n in range(-1, (until - now).days + 3)]
    for day in days:
        out = any((a.first or date.min) <= day <= (a.last or date.max) for a in one.absences)
        if is_working_day(day, hours) and not out:
            opens, closes = (datetime.combine(day, t, hours.zone).astimezone(UTC) for t in (hours.opens, hours.closes))
            quarter = opens
            while quarter + QUARTER <= closes:
                if not any(b.start < quarter + QUARTER and quarter < b.end and b.start < b.end for b in one.busy):
                    found.add(quarter)
                quarter += QUARTER
    return found


def earliest(now: datetime, participants: list[Participant], terms: MeetingTerms) -> datetime | None:
    """The first quarter that all calendars have free within the terms."""
    free = set.intersection(*(free_quarters(one, now, now + terms.latest) for one in participants))
    return min((start for start in free if now + terms.notice <= start <= now + terms.latest), default=None)


@given(cases)
def test_trn_9_the_meeting_is_the_earliest_quarter_that_all_calendars_have_free(case):
    assert meeting(*case).start == earliest(*case)


@given(cases, st.data())
def test_trn_9_the_order_of_people_and_of_their_events_is_irrelevant(case, data):
    now, participants, terms = case
    mixed = [replace(one, busy=tuple(data.draw(st.permutations(one.busy)))) for one in participants]
    mixed = data.draw(st.permutations(mixed))
    assert meeting(now, mixed, terms).start == meeting(now, participants, terms).start


def no_sooner(later: Meeting, sooner: Meeting) -> bool:
    return later.start is None or (sooner.start is not None and sooner.start <= later.start)


@given(cases, spans | absences)
def test_trn_9_one_more_event_or_absence_never_brings_a_meeting_forward(case, more):
    now, participants, terms = case
    one = participants[0]
    fuller = (
        replace(one, busy=(*one.busy, more)) if isinstance(more, Span) else replace(one, absences=(*one.absences, more))
    )
    assert no_sooner(meeting(now, [fuller, *participants[1:]], terms), meeting(now, participants, terms))


@given(cases)
def test_trn_9_one_person_less_never_puts_a_meeting_off(case):
    now, participants, terms = case
    assert no_sooner(meeting(now, participants, terms), meeting(now, participants[:1], terms))


@given(cases)
def test_trn_9_a_meeting_or_who_is_in_the_way(case):
    now, participants, terms = case
    found = meeting(now, participants, terms)
    has_a_time = earliest(now, participants, terms) is not None
    assert (found.start is not None, not found.in_the_way) == (has_a_time, has_a_time)
    if has_a_time:
        assert found.start.tzinfo is UTC
        assert now + terms.notice <= found.start <= now + terms.latest
        assert (found.start.minute % 15, found.start.second, found.start.microsecond) == (0, 0, 0)


@given(cases, st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=3), max_size=8))
def test_trn_9_nobody_is_asked_to_two_meetings_at_once(case, accounts):
    now, participants, terms = case
    asked = [[participants[number % len(participants)] for number in account] for account in accounts]
    found = meetings(now, asked, terms)
    assert len(found) == len(asked)
    for person in participants:
        starts = [one.start for one, who in zip(found, asked, strict=True) if one.start and person in who]
        assert len(set(starts)) == len(starts)
    for one, who in zip(found, asked, strict=True):
        assert no_sooner(one, meeting(now, who, terms))


# --- each by their own clock

LOS_ANGELES, TOKYO, KOLKATA = (ZoneInfo(name) for name in ("America/Los_Angeles", "Asia/Tokyo", "Asia/Kolkata"))


def works_in(one: Participant, zone: ZoneInfo) -> Participant:
    return replace(one, hours=replace(OFFICE, zone=zone))


@pytest.mark.parametrize(
    ("now", "start"),
    [
        pytest.param("2026-06-14T10:00", "2026-06-15T12:00", id="not before nine in Los Angeles"),
        pytest.param("2026-06-15T16:50", "2026-06-17T12:00", id="not after five in New York"),
        pytest.param("2026-03-07T10:00", "2026-03-09T12:00", id="the day after both clocks went forward"),
        pytest.param("2026-10-31T10:00", "2026-11-02T12:00", id="the day after both clocks went back"),
    ],
)
def test_trn_9_both_are_at_work_by_their_own_clocks(now, start):
    assert first(ADA, works_in(BEN, LOS_ANGELES), now=at(now)) == local(start)


def test_trn_9_between_two_changes_of_the_clock_the_hours_of_both_still_count():
    # On March 16 New York has changed its clock and London has not: four hours lie between them.
    assert first(ADA, works_in(BEN, LONDON), now=at("2026-03-15T09:00")) == local("2026-03-16T09:00")
    assert first(ADA, works_in(BEN, LONDON), now=at("2026-03-15T12:50")) == local("2026-03-17T09:00")


def test_trn_9_who_have_no_working_hours_in_common_do_not_meet_and_are_told_so_with_their_zones():
    found = meeting(MONDAY, [ADA, works_in(BEN, TOKYO)], TERMS)
    assert found.start is None
    (why,) = found.in_the_way
    assert why.startswith(
        "Ada (09:00 to 17:00 America/New_York) and Ben (09:00 to 17:00 Asia/Tokyo) have no working hours in common"
    )


def test_trn_9_days_off_are_days_by_the_clock_of_who_is_off():
    ben = replace(works_in(BEN, LOS_ANGELES), absences=(Absence(date(2026, 6, 16), date(2026, 6, 16)),))
    assert first(ADA, ben, now=at("2026-06-15T10:00")) == local("2026-06-17T12:00")


def test_trn_9_a_time_is_told_by_the_clock_of_everybody_with_its_zone():
    moment = at("2026-06-16T12:00")
    assert by_clocks(moment, [("Ada", OFFICE.zone), ("Ben", OFFICE.zone)]) == (
        "Tuesday, 2026-06-16 at 12:00 (America/New_York)"
    )
    assert by_clocks(moment, [("Ada", OFFICE.zone), ("Ben", KOLKATA)]) == (
        "Tuesday, 2026-06-16 at 12:00 (America/New_York) for Ada; Tuesday, 2026-06-16 at 21:30 (Asia/Kolkata) for Ben"
    )
