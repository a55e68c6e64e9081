"""The call about an account is within the working hours of both, by the clocks of their own users (TRN-9)."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.support.asking import state_of

pytestmark = pytest.mark.flows
CLINIC = "Hawthorne Women's Health"


async def test_trn_9_the_call_is_when_both_work_and_every_time_has_its_zone(
    transitions, book, people, sandbox, tmp_path
):
    (ada,) = people.query("SELECT Id FROM User WHERE Name = 'Ada Novak'")
    people.edit("User", ada["Id"], TimeZoneSidKey="America/Los_Angeles")
    try:
        run = await transitions.move(tmp_path, CLINIC)
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
    move = await transitions.move_of(run)
    assert "(America/Los_Angeles) for Ada Novak" in move.state.message
