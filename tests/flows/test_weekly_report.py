"""The weekly report counts what runs, people and Salesforce did, and is posted once for each week."""

import csv
import io
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from flows.weekly_report import requested_week, weekly_report
from tasks.core.errors import BadInput
from tests.support.outcome import messages
from tests.support.runs import latest_artifact, onboard

NEW_YORK = ZoneInfo("America/New_York")
SATURDAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("day", "monday"), [("", "2026-11-16"), (" 2026-11-25 ", "2026-11-23"), ("2026-11-22", "2026-11-16")]
)
def test_the_week_is_that_of_the_day_or_else_the_one_before_this_one(day, monday):
    assert requested_week(day, SATURDAY, NEW_YORK).monday.isoformat() == monday


@pytest.mark.parametrize("day", ["last week", "2026-11-31", "9999-12-31", "2026-11-30"])
def test_a_day_that_is_none_or_has_not_come_is_refused_with_what_to_write(day):
    with pytest.raises(BadInput, match=r"write any day|enter a day"):
        requested_week(day, SATURDAY, NEW_YORK)


def figures_of(text):
    return {(row["Figure"], row["Unit"]): row["Value"] for row in csv.DictReader(io.StringIO(text))}


def files_of(sandbox, message):
    """The files in the thread of a message, by name."""
    replies = [one for one in messages(sandbox) if one.get("thread_ts") == message["ts"]]
    return [file for one in replies for file in one.get("files", ())]


def content_of(file, token):
    answer = httpx.get(file["url_private_download"], headers={"Authorization": f"Bearer {token}"}, trust_env=False)
    return answer.raise_for_status().content


@pytest.mark.flows
async def test_a_week_with_an_onboarding_a_question_and_a_failure_is_reported_once(sandbox, people, credentials):
    this_week = datetime.now(NEW_YORK).date()
    monday = this_week - timedelta(days=this_week.weekday())

    async def report(**parameters):
        state = await weekly_report(week=str(this_week), **parameters, return_state=True)
        assert state.is_completed(), state
        return await latest_artifact("weekly-report")

    assert (await onboard(people.make_sale().opportunity)).state.is_completed()
    refused = people.make_sale()
    sandbox.fault("lms", "error", status=403, code="forbidden", times=50)
    assert (await onboard(refused.opportunity)).ended == "Refused"
    sandbox.clear_faults()

    assert "data:image/png;base64," in await report(preview=True)
    posted = [one for one in messages(sandbox) if f"weekly-report:{monday}" in str(one["metadata"])]
    assert posted == []
    page = [await report() for _ in range(2)][-1]
    assert "**Refused**" in page
    assert "| Hana Berg |" in page
    (message,) = [one for one in messages(sandbox) if f"weekly-report:{monday}" in str(one["metadata"])]
    assert f"*Week from {monday}" in message["text"]
    assert message["channel"] == "cs-operations"
    picture, table = files_of(sandbox, message)
    assert (picture["name"], table["name"]) == (f"weekly-report-{monday}.png", f"weekly-report-{monday}.csv")
    assert content_of(picture, credentials.slack_token).startswith(b"\x89PNG")
    figures = figures_of(content_of(table, credentials.slack_token).decode("utf-8-sig"))
    assert int(figures["Onboardings done", "runs"]) >= 1
    assert int(figures["Refused", "failures"]) >= 1
    assert int(figures["Hana Berg", "accounts"]) >= 1
