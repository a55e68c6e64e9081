"""The number of offenders of the last 30 days (REC-2)."""

from datetime import timedelta

from rules.reconciliation.history import DAYS, DayCount, with_today
from rules.reconciliation.report import report
from tests.rules.reconciliation.lines import IDS, OTHER, TODAY, USERS, YESTERDAY, drift, found

REPORT = report(found(drift(), drift(account=OTHER)), (IDS, USERS), (), (), TODAY)


def test_rec_2_today_is_added_with_the_sentences_that_have_offenders():
    before = DayCount(YESTERDAY, {IDS.key: 3})
    assert with_today([before], REPORT, TODAY) == (before, DayCount(TODAY, {USERS.key: 2}))


def test_rec_2_a_second_report_of_a_day_replaces_the_first():
    assert with_today([DayCount(TODAY, {IDS.key: 9})], REPORT, TODAY) == (DayCount(TODAY, {USERS.key: 2}),)


def test_rec_2_the_history_holds_30_days():
    days = [DayCount(TODAY - timedelta(days=number), {USERS.key: number}) for number in range(40, 0, -1)]
    history = with_today(days, REPORT, TODAY)
    assert len(history) == DAYS == 30
    assert (history[0].day, history[0].total) == (TODAY - timedelta(days=29), 29)
