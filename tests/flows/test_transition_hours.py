"""The call about an account is within the working hours of both, by the clocks of their own users (TRN-9)."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.support.accounts import Book
from tests.support.asking import state_of
from tests.support.transitions import Transitions, workbook

pytestmark = pytest.mark.flows
CLINIC = "Hawthorne Women's Health"


async def test_trn_9_the_call_is_when_both_work_and_every_time_has_its_zone(people, sandbox, tmp_path):
    transitions, book = Transitions(), Book(people)
    (ada,) = people.query("SELECT Id FROM User WHERE Name = 'Ada Novak'")
    people.edit("User", ada["Id"], TimeZoneSidKey="America/Los_Angeles")
    try:
        run = await transitions.start(workbook=str(workbook(tmp_path, [(CLINIC, "Ada Novak", "Leave")])))
        run = await transitions.approve(run, 1)
    finally:
        people.edit("User", ada["Id"], TimeZoneSidKey="America/New_York")
    assert state_of(run) == "Completed", run.state
    assert book.handover(CLINIC)[0] == "Ada Novak"
    mails = [one for one in sandbox.state("mail")["mails"] if CLINIC in (one["subject"] or "")]
    start = datetime.fromisoformat(mails[0]["calendar"]["start"])
    hours = {zone: start.astimezone(ZoneInfo(zone)).hour for zone in ("America/New_York", "America/Los_Angeles")}
    assert all(9 <= hour < 17 for hour in hours.values()), hours
    text = mails[0]["body"]
    assert "(America/New_York) for Hana Berg" in text
    assert "(America/Los_Angeles) for Ada Novak" in text
    (move,) = [one for one in await transitions.account.runs() if f"workbook-run:{run.id}" in one.tags]
    assert "(America/Los_Angeles) for Ada Novak" in move.state.message
