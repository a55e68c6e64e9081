"""What people read of a sweep: the order of its table, the words of a row, and the picture of what is ahead (PUB-4)."""

from base64 import b64decode
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from rules.contracts.outlook import OutlookDay
from rules.contracts.sweep import SweepAction, SweepItem
from tasks.deactivation.sweep_reports import (
    LABEL,
    MOST_NAMES,
    TALLEST,
    WIDTH,
    _is_done,
    _names,
    _outcome,
    _run,
    _urgency,
    columns,
    ending,
    ending_row,
)
from tasks.templates import picture

FIRST = date(2027, 3, 15)
LINE = SweepItem(
    client_id="001000000000001AAA",
    name="Harbor Clinic",
    mrr=Decimal(480),
    contract="00000101",
    last_day=FIRST,
    stage="ends soon",
    why="",
    action=SweepAction.START,
    key="deactivation:800000000000001AAA:2027-03-15",
    run_id="",
    run_status="",
    is_new=True,
)
RUN = "5f0e5c1e-3c1d-4f4e-9a56-0d6f1a2b3c4d"


def day(number, settled=1, unsettled=0):
    return OutlookDay(FIRST + timedelta(days=number), (LINE,) * settled, (LINE,) * unsettled, Decimal(100))


def test_pub_4_what_something_is_done_about_comes_first_then_what_does_not_fit_then_the_first_to_end():
    done, late = replace(LINE, action=SweepAction.LEAVE), replace(LINE, last_day=FIRST + timedelta(days=9))
    doubtful = replace(late, why="Stage is open.")
    unknown, waits = replace(LINE, last_day=None, why="nothing"), replace(late, why="open", action=SweepAction.LEAVE)
    ordered = sorted([done, late, waits, LINE, doubtful, unknown], key=_urgency)
    assert ordered == [unknown, doubtful, LINE, late, waits, done]


@pytest.mark.parametrize(
    ("line", "started", "words"),
    [
        (LINE, {}, "to be started"),
        (LINE, {LINE.client_id: RUN}, "[new run]("),
        (replace(LINE, action=SweepAction.LEAVE), {}, "nothing to do"),
        (replace(LINE, action=SweepAction.LEAVE, run_id=RUN, run_status="done"), {}, "[done]("),
        (replace(LINE, action=SweepAction.WAKE, run_id=RUN, run_status="waits"), {"001other": "x"}, "[waits]("),
        (replace(LINE, action=SweepAction.RETRY, run_id=RUN, run_status="broke off"), {}, "[broke off]("),
    ],
)
def test_pub_4_a_row_tells_what_became_of_the_client_with_a_link_to_its_run(line, started, words):
    told = _run(line, started)
    assert told.startswith(words)
    assert (RUN in told) is ("[" in words)


def test_pub_4_a_row_shows_what_the_clients_last_run_found_with_a_link_to_its_page():
    waits = replace(
        LINE,
        action=SweepAction.LEAVE,
        run_id=RUN,
        run_status="done",
        run_outcome="Harbor Clinic: its service is [off].",
    )
    told = _outcome(waits, "https://p.example/page")
    assert told == "Harbor Clinic: its service is \\[off\\]. [page](https://p.example/page)"
    assert _outcome(LINE, "") == ""


def test_pub_4_a_row_links_no_page_that_its_run_has_not_made_yet():
    failed = replace(LINE, run_id=RUN, run_status="broke off", run_outcome="Salesforce did not answer.")
    assert not _is_done(failed)
    assert _outcome(failed, "") == "Salesforce did not answer."


def test_pub_4_a_day_names_its_first_clients_and_counts_the_rest():
    items = [replace(LINE, name=f"Clinic {number}") for number in range(MOST_NAMES + 2)]
    first = ", ".join(item.name for item in items[:MOST_NAMES])
    assert _names(items[:MOST_NAMES]) == first
    assert _names(items) == f"{first} and 2 more"
    assert (_names([]), _names([replace(LINE, name="A [b] | c")])) == ("", "A \\[b\\] \\| c")


def test_pub_4_what_has_yet_to_end_is_kept_for_the_start_page_the_first_to_end_first():
    over, unknown = replace(LINE, last_day=FIRST - timedelta(days=1)), replace(LINE, last_day=None)
    late = replace(LINE, last_day=FIRST + timedelta(days=9), why="Stage is open.")
    assert ending([late, over, unknown, LINE], FIRST) == [LINE, late]
    assert ending_row(late) == {
        "Last day": "2027-03-24",
        "Account": LINE.client_id,
        "Name": "Harbor Clinic",
        "Discrepancy": "Stage is open.",
    }


def test_pub_4_each_column_stands_on_its_day_as_high_as_its_share_of_the_fullest():
    drawn = columns([day(0, 4, 1), day(1, 2), day(90, 0, 1)], FIRST)
    assert drawn["most"] == 5
    assert [tuple(one) for one in drawn["columns"]] == [
        (0, TALLEST * 4 // 5, TALLEST // 5),
        (WIDTH, TALLEST * 2 // 5, 0),
        (90 * WIDTH, 0, TALLEST // 5),
    ]
    assert drawn["months"] == [(0, "Mar 15"), (17 * WIDTH, "Apr 01"), (47 * WIDTH, "May 01"), (78 * WIDTH, "Jun 01")]


@pytest.mark.parametrize("first", [FIRST + timedelta(days=number) for number in range(31)])
def test_pub_4_no_two_names_under_the_picture_overlap(first):
    places = [left for left, _ in columns([], first)["months"]]
    assert all(after - before >= LABEL for before, after in pairwise(places))


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=9))
def test_pub_4_the_picture_holds_whatever_ends(days):
    shown = [day(number, settled, unsettled) for number, settled, unsettled in days if settled or unsettled]
    if not shown:
        return
    drawn = columns(shown, FIRST)
    drawing = fromstring(b64decode(picture("end_of_contract_chart.svg", **drawn).partition("base64,")[2]))
    rects = [one.attrib for one in drawing if one.tag.endswith("rect")][3:]
    assert len(rects) == 2 * len(shown)
    assert all(float(one["y"]) >= 50 and float(one["y"]) + float(one["height"]) <= 51 + TALLEST for one in rects)
    assert all(56 <= float(one["x"]) <= 56 + 91 * WIDTH for one in rects)
