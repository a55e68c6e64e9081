"""The start page: what waits, failed and ends, each with a link, and counts where a list would be long."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from rules.common.going_live import GoingLive, Mode, meaning
from rules.questions.reminders import Urgency
from rules.questions.waiting import WaitingLine
from tasks.home.start_page import LISTED, Ending, LastRun, StartPage, start_page_text, summary
from tests.rules.builders.failures import RUN, failures

ZONE = ZoneInfo("America/New_York")
ASKED = datetime(2026, 11, 28, 14, 33, tzinfo=UTC)
LINE = WaitingLine(
    *("Acme: new business", "https://p.example/run/1", "sales", "Contract Service Level", ASKED, "1 hour"),
    *(timedelta(hours=1), Decimal(100), Urgency.ASKED),
)
EMPTY = StartPage(
    at="Nov 29, 2026, 2:15 AM EST",
    zone=ZONE,
    mode="Live: every run does its work.",
    search="https://p.example/artifacts",
)


def test_everything_that_needs_somebody_stands_on_the_page_with_its_link():
    shown = replace(
        EMPTY,
        waiting=[LINE],
        failures=[replace(RUN, url="https://p.example/run/2")],
        endings=[Ending(date(2026, 12, 4), "Quince", "https://acme.example/001", "Stage is open.")],
        nightly=[LastRun("Reconciliation", "Completed", "Nov 29, 2026, 1:00 AM EST", "https://p.example/run/3")],
        onboarded=3,
        under_way=1,
        accounts=[("Acme", "https://p.example/acme")],
        pages={"All failed runs": "https://p.example/failed"},
        update="https://p.example/form",
    )
    text = start_page_text(shown)
    waits = "| [Acme: new business](https://p.example/run/1) | sales | Nov 28, 2026, 9:33 AM EST |"
    failed, ends = (
        f"[{RUN.name}](https://p.example/run/2) | {RUN.state} |",
        "[Quince](https://acme.example/001) | Stage",
    )
    links = (
        "[Completed](https://p.example/run/3)",
        "[Acme](https://p.example/acme)",
        "(https://p.example/failed)",
        "[update it now](https",
    )
    assert [
        part for part in (waits, failed, ends, *links, "**3** onboardings", "**1** under") if part not in text
    ] == []
    assert summary(shown).startswith("Start page: 1 open question, 1 failed run, 1 service about to end.")


def test_the_page_begins_with_how_far_runs_act():
    stopped = meaning(GoingLive(Mode.STOPPED, reason="wrong *prices*"))
    _, mode, rest = start_page_text(replace(EMPTY, mode=stopped)).split("\n\n", 2)
    assert mode == "Stopped: no run does anything. Reason: wrong \\*prices\\*. To go on, run lifecycle start."
    assert rest.startswith("As of ")


def test_a_quiet_day_is_told_in_words():
    text = start_page_text(EMPTY)
    assert "|" not in text
    words = ("Nothing waits.", "Nothing has failed.", "Not known yet", "None has run yet.", "None yet.")
    assert [word for word in words if word not in text] == []


def test_no_end_is_told_only_after_a_check():
    checked = replace(EMPTY, pages={"The last check of ending contracts": "https://p.example/check"})
    assert "No service ends, by the last check" in start_page_text(checked)


def test_long_lists_are_cut_and_counted():
    ends = [Ending(date(2026, 12, 4), f"Clinic {number}", "https://acme.example/1", "") for number in range(LISTED + 3)]
    shown = replace(EMPTY, waiting=[LINE] * (LISTED + 1), failures=failures(LISTED + 2), endings=ends)
    text = start_page_text(shown)
    assert [f"\n{number} more are on" in text for number in (1, 2, 3)] == [True] * 3
    assert f"Clinic {LISTED}" not in text
