"""One client's end of service, against the real stand-ins: set ahead of time, done on the day, withdrawn, asked."""

from datetime import date, timedelta

import pytest

from rules.service import DAY
from tests.support.clients import YEAR, look_after, make_client
from tests.support.runs import audit_page
from tests.support.sales import SalesPeople
from tests.support.sweeps import Nights

TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def today(sandbox, monkeypatch):
    """A day that stands still, for us and for the stand-ins."""
    monkeypatch.setenv("LIFECYCLE_TODAY", TODAY.isoformat())
    sandbox.clock(TODAY.isoformat())
    yield
    sandbox.clock(date.today().isoformat())  # noqa: DTZ011 - as the session began


async def test_pub_4_the_last_day_is_set_ahead_of_time_and_nothing_ends_before(people):
    client = make_client(people, TODAY + timedelta(days=25), publications=("Nursing Today", "Ward News"))
    run = await look_after(client)
    assert run.ended == "Completed", run.message
    last_day = (TODAY + timedelta(days=25)).isoformat()
    assert (client.in_lms()["status"], client.in_lms()["deactivateOn"]) == ("scheduled", last_day)
    assert [(one["status"], one["deactivateOn"]) for one in client.issues()] == [("scheduled", last_day)] * 2
    assert (client.cs_status(), client.told()) == ("Active", [])
    assert [(line["system"], line["field"], line["after"]) for line in await audit_page(client.account)] == [
        ("LMS", "Last Day of Service", last_day)
    ] * 3


async def test_pub_4_the_day_after_the_last_everything_has_ended(people, sandbox, monkeypatch):
    client = make_client(people, TODAY, publications=("Nursing Today",))
    await look_after(client)
    assert client.in_lms()["status"] == "scheduled"
    assert client.told() == ["last day:sales", "last day:the CSM"]
    sandbox.clock((TODAY + DAY).isoformat())
    monkeypatch.setenv("LIFECYCLE_TODAY", (TODAY + DAY).isoformat())
    run = await look_after(client)
    assert run.ended == "Completed", run.message
    assert (client.in_lms()["status"], client.issues()[0]["status"]) == ("inactive", "inactive")
    assert client.cs_status() == "Deactivated"
    assert client.told() == ["last day:sales", "last day:the CSM", "ended:sales", "ended:the CSM"]


async def test_pub_4_a_sweep_has_a_run_look_after_each_client_once(people):
    soon = [make_client(people, TODAY + timedelta(days=days)) for days in (0, 20, 40)]
    nights = Nights()
    run = await nights.night()
    assert run.state.name == "Completed", run.state.message
    assert [one.in_lms()["status"] for one in soon] == ["scheduled", "scheduled", "active"]
    for key in (f"deactivation:{one.contract}:{TODAY + timedelta(days=days)}" for one, days in zip(soon, (0, 20))):
        pass
    before = len(await nights.runs())
    again = await nights.night()
    assert again.state.name == "Completed", again.state.message
    assert len(await nights.runs()) == before
