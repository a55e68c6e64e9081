"""Nothing that waits for people is forgotten, and nothing is woken without need (PUB-7).

Reminded after four business hours, escalated after eight; open from nine to five in New York.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.common.problems import Responsible
from rules.questions.reminders import ReminderPolicy, Urgency
from rules.questions.waiting import PauseKind, Waiting, Wake, to_wake, total, waiting_lines
from tests.rules.builders.office_hours import OFFICE, at
from tests.rules.builders.questions import ASKED, problem, question, unknown

HOUR = timedelta(hours=1)
PATIENCE = ReminderPolicy(OFFICE, remind_after=4 * HOUR, escalate_after=8 * HOUR)
NOW = at("2026-06-12T15:05")
REMIND, ESCALATE = at("2026-06-15T11:00"), at("2026-06-15T15:00")
"""Four and eight business hours after the question, over the weekend."""
BROKEN = {"pause": PauseKind.BROKEN_OFF}
NO_FORM, UNHEARD, UNSAID = {"has_form": False}, {"answers_read": False}, {"posted": False}


def waiting(now=NOW, rested=timedelta(minutes=4), number=1, **fields) -> Waiting:
    """A run that asked on Friday at three, and has rested for a while with nothing left to do."""
    usual = Waiting(
        run_id=f"run-{number}",
        state_id=f"state-{number}",
        name="Onboard Harbor Clinic",
        url=f"https://p.example/{number}",
        question=question(),
        pause=PauseKind.SUSPENDED,
        since=now - rested,
        tries=1,
        reminded=Urgency.ASKED,
        posted=True,
        answers_read=True,
        has_form=True,
    )
    return replace(usual, **fields)


@pytest.mark.parametrize(
    ("fields", "wake"),
    [
        pytest.param({}, None, id="all is well"),
        pytest.param(UNSAID, Wake.SAY, id="not in Slack yet"),
        pytest.param(UNHEARD, Wake.ANSWER, id="an answer came while nobody listened"),
        pytest.param(NO_FORM, Wake.FORM, id="suspended without a form"),
        pytest.param(UNHEARD | UNSAID, Wake.ANSWER, id="an answer may settle what is not in Slack yet"),
        pytest.param(NO_FORM | UNHEARD | UNSAID, Wake.FORM, id="without a form it cannot be resumed at all"),
        pytest.param(BROKEN, Wake.AGAIN, id="broken off"),
        pytest.param(BROKEN | NO_FORM | UNHEARD | UNSAID, Wake.AGAIN, id="broken off before it said anything"),
        pytest.param(BROKEN | {"tries": 19}, Wake.AGAIN, id="broken off once more"),
        pytest.param(BROKEN | {"tries": 20}, None, id="left to people"),
        pytest.param(BROKEN | {"tries": 21}, None, id="still left to people"),
        pytest.param({"tries": 500}, None, id="a suspended run may have been woken often"),
        pytest.param(UNSAID | {"tries": 500}, Wake.SAY, id="and is woken when there is reason to"),
    ],
)
def test_a_run_at_rest_is_woken_for_what_is_left_to_do(fields, wake):
    assert to_wake(waiting(**fields), NOW, PATIENCE) is wake


@pytest.mark.parametrize(
    ("now", "reminded", "wake"),
    [
        pytest.param(REMIND - HOUR / 60, Urgency.ASKED, None, id="a minute before the reminder"),
        pytest.param(REMIND, Urgency.ASKED, Wake.REMIND, id="the reminder is due"),
        pytest.param(REMIND, Urgency.REMINDED, None, id="reminded"),
        pytest.param(ESCALATE - HOUR / 60, Urgency.REMINDED, None, id="a minute before the escalation"),
        pytest.param(ESCALATE, Urgency.REMINDED, Wake.REMIND, id="the escalation is due"),
        pytest.param(ESCALATE, Urgency.ASKED, Wake.REMIND, id="the escalation is due, and nobody was reminded"),
        pytest.param(ESCALATE, Urgency.ESCALATED, None, id="escalated"),
        pytest.param(ESCALATE + 9000 * HOUR, Urgency.ESCALATED, None, id="escalated a year ago"),
    ],
)
def test_a_run_is_woken_once_for_the_reminder_and_once_for_the_escalation(now, reminded, wake):
    assert to_wake(waiting(now, reminded=reminded), now, PATIENCE) is wake


def test_a_new_question_has_its_own_time_however_old_the_series_is():
    run = waiting(question=question(asked_at=NOW - HOUR, since=ASKED - 900 * HOUR))
    assert to_wake(run, NOW, PATIENCE) is None


@pytest.mark.parametrize("fields", [BROKEN, NO_FORM, UNHEARD], ids=str)
@pytest.mark.parametrize(("microseconds", "settled"), [(0, True), (-1, False)])
def test_what_may_still_be_under_way_is_given_exactly_a_minute(fields, microseconds, settled):
    rested = timedelta(seconds=60, microseconds=microseconds)
    assert (to_wake(waiting(rested=rested, **fields), NOW, PATIENCE) is not None) is settled


@pytest.mark.parametrize(("now", "fields", "wake"), [(NOW, UNSAID, Wake.SAY), (REMIND, {}, Wake.REMIND)])
def test_what_is_to_be_said_is_said_as_soon_as_the_run_rests(now, fields, wake):
    assert to_wake(waiting(now, rested=timedelta(), **fields), now, PATIENCE) is wake


@pytest.mark.parametrize("fields", [NO_FORM, UNHEARD], ids=str)
def test_a_run_that_is_just_coming_to_rest_is_not_made_to_speak(fields):
    assert to_wake(waiting(ESCALATE, rested=timedelta(), **UNSAID, **fields), ESCALATE, PATIENCE) is None


SECOND = timedelta(seconds=1)
CONTRACT, CONTACT = "contract:800000000000001AAA", "contact:003000000000001AAA"
RECORDS = {"records": (CONTRACT, CONTACT)}
KNOWN = RECORDS | {"known_gone": frozenset({CONTRACT.lower()})}


@pytest.mark.parametrize(
    ("fields", "changes", "wake"),
    [
        pytest.param({}, {CONTRACT: NOW}, None, id="a record of another run"),
        pytest.param(RECORDS, {}, None, id="nothing is known of its records"),
        pytest.param(RECORDS, {CONTRACT: NOW - HOUR, CONTACT: NOW - HOUR}, None, id="changed before it rested"),
        pytest.param(RECORDS, {CONTRACT: NOW - HOUR, CONTACT: NOW}, Wake.CHANGED, id="changed since"),
        pytest.param(RECORDS, {CONTACT: NOW - HOUR / 15 - SECOND}, None, id="changed a second before it rested"),
        pytest.param(RECORDS, {CONTACT: NOW - HOUR / 15}, Wake.CHANGED, id="changed in the second in which it rested"),
        pytest.param(RECORDS, {CONTACT: NOW + 900 * HOUR}, None, id="a trial whose date was moved"),
        pytest.param(RECORDS, {CONTRACT: None, CONTACT: NOW - HOUR}, Wake.GONE, id="deleted"),
        pytest.param(
            RECORDS | {"known_gone": frozenset({CONTRACT.lower()})}, {CONTRACT: None}, None, id="known as deleted"
        ),
        pytest.param(RECORDS | {"rested": HOUR / 120}, {CONTRACT: None}, None, id="it is just coming to rest"),
        pytest.param(RECORDS | {"rested": HOUR / 120}, {CONTACT: NOW}, None, id="it has just come to rest"),
        pytest.param(RECORDS | UNSAID, {CONTRACT: None}, Wake.SAY, id="it is to speak first"),
    ],
)
def test_pub_7_a_change_or_a_deletion_of_which_no_message_came_wakes_the_run(fields, changes, wake):
    assert to_wake(waiting(**fields), NOW, PATIENCE, changes) is wake


# --- what is told of everything that waits

ages = st.lists(st.integers(0, 500), min_size=1, max_size=8)
amounts = st.lists(st.none() | st.decimals(0, 1_000_000, places=2), max_size=8)


@given(ages)
def test_the_oldest_is_told_first_by_when_anybody_was_first_asked(hours):
    runs = [
        waiting(number=n, question=question(since=ASKED - age * HOUR, asked_at=ASKED)) for n, age in enumerate(hours)
    ]
    told = waiting_lines(runs, NOW, PATIENCE)
    assert [line.asked for line in told] == [ASKED - age * HOUR for age in sorted(hours, reverse=True)]
    assert sorted(line.url for line in told) == sorted(run.url for run in runs)


def test_age_counts_from_the_first_question_and_urgency_from_the_present_one():
    friday, monday = at("2026-06-12T10:00"), at("2026-06-15T10:00")
    (line,) = waiting_lines(
        [waiting(question=question(since=friday, asked_at=monday))], at("2026-06-15T14:30"), PATIENCE
    )
    assert (line.age, line.urgency) == ("1 business day and 4 hours", Urgency.REMINDED)


def test_a_line_tells_whom_it_waits_for_and_what_is_open_each_once():
    lead = problem("Customer Success Manager", who=Responsible.TEAM_LEAD, record="Account")
    run = waiting(question=question(problem(), problem("Plan Amount"), unknown(), unknown("Radiology"), lead))
    (line,) = waiting_lines([run], NOW, PATIENCE)
    assert line.whom == "sales, CS Operations and the team lead"
    assert line.open == (
        "Contract User Count, Contract Plan Amount, Contract Products and Account Customer Success Manager"
    )
    assert (line.subject, line.url, line.mrr) == ("Harbor Clinic", "https://p.example/1", Decimal(1250))


@given(amounts)
def test_the_mrr_that_waits_is_the_sum_of_what_is_known(mrrs):
    runs = [waiting(number=n, question=question(mrr=mrr)) for n, mrr in enumerate(mrrs)]
    assert total(waiting_lines(runs, NOW, PATIENCE)) == sum(mrr for mrr in mrrs if mrr is not None)


def test_without_any_known_mrr_nothing_waits_with_it():
    assert total([]) == total(waiting_lines([waiting(question=question(mrr=None))], NOW, PATIENCE)) == Decimal(0)
