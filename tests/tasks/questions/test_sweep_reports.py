"""The picture of what waits: longest first, to scale, in the colour of its urgency, whatever the records are called."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from rules.questions.reminders import Urgency
from rules.questions.waiting import WaitingLine
from tasks.questions.sweep_reports import COLOURS, LONGEST_BAR, LONGEST_NAME, MOST_BARS, bars
from tasks.templates import render

NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)


def line(name="Acme", hours=1.0, urgency=Urgency.ASKED, mrr=Decimal(100)):
    return WaitingLine(
        name, "https://p.example/1", "sales", "Contact Phone", NOON, "1 hour", timedelta(hours=hours), mrr, urgency
    )


def test_what_has_waited_longest_comes_first_and_the_bars_are_to_scale():
    shown = bars([line("short", 2), line("long", 8, Urgency.ESCALATED), line("between", 4, Urgency.REMINDED)])
    assert [bar.name for bar in shown] == ["long", "between", "short"]
    assert [bar.length for bar in shown] == [LONGEST_BAR, LONGEST_BAR // 2, LONGEST_BAR // 4]
    assert [bar.colour for bar in shown] == [COLOURS[one] for one in reversed(Urgency)]


def test_a_bar_names_its_mrr_where_it_is_known():
    known, unknown = bars([line(hours=2, mrr=Decimal("1234.5")), line(mrr=None)])
    assert known.label.endswith("1,234.50 MRR")
    assert "month" not in unknown.label


def test_a_day_off_makes_no_bar_vanish_and_many_are_cut_to_what_can_be_read():
    assert bars([line(hours=0)])[0].length > 0
    assert len(bars([line(hours=number) for number in range(100)])) == MOST_BARS


@given(st.lists(st.text(max_size=60), min_size=1, max_size=4))
def test_the_picture_is_one_whatever_the_matters_are_called(names):
    shown = bars([line(name) for name in names])
    assert all(len(bar.name) <= LONGEST_NAME for bar in shown)
    fromstring(render("waiting_chart.svg", bars=shown, legend=[("asked", "#4b72d9")]))
