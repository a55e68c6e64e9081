"""The sweep over ending contracts: whom it has looked after, what it shows, and when it asks first (PUB-4, PUB-5)."""

import asyncio
import json
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId, ArtifactFilterType
from prefect.server.schemas.schedules import CronSchedule

from flows.deactivation import end_of_contract
from rules.contracts.service_term import DAY
from tasks.core.policy import load_policy
from tests.support.asking import questions, said, state_of
from tests.support.clients import YEAR, make_client
from tests.support.outcome import effects
from tests.support.page_rows import rows_of
from tests.support.runs import latest_artifact, run_of
from tests.support.stack import ROOT

pytestmark = pytest.mark.flows

OPEN = {"Name": "Renewal", "Type": "Renewal", "StageName": "Negotiation/Review", "CloseDate": "2041-01-01"}


async def row_of(client, key="end-of-contract"):
    """The client's line of the table."""
    rows = rows_of(await latest_artifact(key))
    (row,) = [row for row in rows if client.account in row["Account"]]
    return row


async def progress_of(run):
    """What the run's page shows of its progress."""
    async with get_client() as client:
        found = await client.read_artifacts(
            artifact_filter=ArtifactFilter(
                flow_run_id=ArtifactFilterFlowRunId(any_=[run.id]), type=ArtifactFilterType(any_=["progress"])
            )
        )
    return {one.description.partition(":")[0]: (one.description, one.data) for one in found}


def refuse(sandbox, client):
    """The LMS has the client's company locked."""
    path = f"/api/companies/{client.company}"
    sandbox.fault("lms", "error", method="PATCH", path=path, status=409, code="locked", times=1000)


# --- a night


@pytest.mark.usefixtures("every_link_leads")
async def test_pub_4_a_night_has_one_run_look_after_each_client_concerned(people, sandbox, calendar):
    ends = {days: make_client(people, calendar.on(days)) for days in (-31, 0, 30)}
    far = make_client(people, calendar.on(31))
    endless = make_client(people, None)
    doubtful = make_client(people, calendar.on(5))
    people.edit("Account", doubtful.account, Name="Oak [West] | Clinic")
    people.create("Opportunity", AccountId=doubtful.account, **OPEN)
    everybody = (*ends.values(), far, endless, doubtful)
    run = await calendar.night(*everybody)
    assert state_of(run) == "Completed", run.state.message
    assert [one.stands() for one in ends.values()] == [
        ("inactive", f"{calendar.on(-31)}"),
        ("scheduled", f"{calendar.on(0)}"),
        ("scheduled", f"{calendar.on(30)}"),
    ]
    assert [one.cs_status() for one in ends.values()] == ["Deactivated", "Active", "Active"]
    assert [one.stands() for one in (far, endless, doubtful)] == [("active", None)] * 3
    assert await calendar.runs(far) == [[]]
    for days, client in ends.items():
        started = await calendar.only_run(client)
        assert started.idempotency_key == f"deactivation:{client.contract}:{calendar.on(days)}:{calendar.today}"
        row = await row_of(client)
        assert (row["Last day"], row["Discrepancy"], row["MRR"]) == (f"{calendar.on(days)}", "", "480.00")
        assert (row["Run"].startswith("[new run]("), str(started.id) in row["Run"]) == (True, True)
    row = await row_of(doubtful)
    assert (row["Service"], row["Account"].startswith("[Oak \\[West\\] \\| Clinic](")) == (
        "ends soon, not settled",
        True,
    )
    assert "Stage is Negotiation/Review" in row["Discrepancy"]
    row = await row_of(endless)
    assert (row["Service"], row["Last day"], row["Contract"]) == ("dates at fault", "unknown", "unknown")
    assert [state_of(await calendar.only_run(one)) for one in (endless, doubtful)] == ["Suspended", "Suspended"]
    assert {name: data for name, (_, data) in (await progress_of(run)).items()} == {
        "Clients looked at": 100,
        "Runs started": 100,
    }

    since = sandbox.last()
    again = await calendar.night(*ends.values())
    assert state_of(again) == "Completed", again.state.message
    assert [len(one) for one in await calendar.runs(*everybody)] == [1, 1, 1, 0, 1, 1]
    assert sandbox.effects("lms", since) == []
    assert "[done](" in (await row_of(ends[30]))["Run"]
    assert "[waits](" in (await row_of(doubtful))["Run"]


async def test_pub_4_two_sweeps_at_once_start_one_run_for_each_client(people, calendar):
    clients = [make_client(people, calendar.on(20)) for _ in range(3)]
    await calendar.deploy()
    runs = [await calendar.nights.sweep.create() for _ in range(2)]
    done = await asyncio.gather(*(calendar.nights.sweep.work(run.id) for run in runs))
    assert "Completed" in [state_of(run) for run in done]
    assert {state_of(run) for run in done} <= {"Completed", "Already under way"}
    await calendar.night()
    assert [len(one) for one in await calendar.runs(*clients)] == [1, 1, 1]


@pytest.mark.long
async def test_pub_4_nights_that_were_missed_are_made_up_for_and_runs_that_broke_off_or_wait_look_again(
    people, sandbox, calendar
):
    missed, broken, waits, renewed = (make_client(people, calendar.on(2)) for _ in range(4))
    renewal = people.create("Opportunity", AccountId=waits.account, **OPEN)
    refuse(sandbox, broken)
    await calendar.night(missed, broken, waits, renewed)
    assert [state_of(await calendar.only_run(one)) for one in (missed, broken, waits)] == [
        "Completed", "Unavailable", "Suspended",
    ]  # fmt: skip
    by_hand = await calendar.nights.account.start(account_id=waits.account)
    assert state_of(by_hand) == "Already under way", by_hand.state
    sandbox.clear_faults()
    last_day = calendar.on(2)
    calendar.go(calendar.on(4))
    people.edit("Opportunity", renewal, StageName="Closed Lost")
    renewed.renew(last_day + DAY, last_day + YEAR)
    since = sandbox.last()
    run = await calendar.night(missed, broken, waits, renewed)
    assert state_of(run) == "Completed", run.state.message
    assert [one.cs_status() for one in (missed, broken, waits, renewed)] == [*["Deactivated"] * 3, "Active"]
    assert [one.stands()[0] for one in (missed, broken, waits, renewed)] == [*["inactive"] * 3, "active"]
    assert sorted(missed.told()) == ["ended:sales", "ended:the CSM", "ends soon:sales", "ends soon:the CSM"]
    assert sorted(renewed.told()[-2:]) == ["stays:sales", "stays:the CSM"]
    assert [len(one) for one in await calendar.runs(missed, broken, waits)] == [2, 1, 2]
    ((first, second),) = await calendar.runs(missed)
    assert second.idempotency_key == f"deactivation:{missed.contract}:{last_day}:{first.id}"
    assert effects(sandbox, since)
    since = sandbox.last()
    await calendar.night(missed, broken, waits, renewed)
    assert sandbox.effects("lms", since) == []


async def test_pub_5_whoever_was_renewed_or_extended_beyond_the_window_is_looked_at_all_the_same(
    people, sandbox, calendar
):
    """Nobody told us: only the contract's record changed."""
    extended, broken = (make_client(people, calendar.on(20), publications=("Ward News",)) for _ in range(2))
    refuse(sandbox, broken)
    await calendar.night(extended, broken)
    assert [one.issues()[0]["status"] for one in (extended, broken)] == ["scheduled", "scheduled"]
    sandbox.clear_faults()
    for client in (extended, broken):
        client.amend(EndDate=f"{calendar.on(300)}")
    calendar.go(calendar.on(1))
    await calendar.night(extended, broken)
    assert [one.issues()[0]["status"] for one in (extended, broken)] == ["active", "active"]
    assert [one.stands() for one in (extended, broken)] == [("active", None)] * 2


@pytest.mark.long
async def test_pub_7_an_end_that_people_called_off_is_left_alone_until_it_moves(people, calendar):
    client = make_client(people, calendar.on(1))
    renewal = people.create("Opportunity", AccountId=client.account, **OPEN)
    await calendar.night(client)
    run = await calendar.only_run(client)
    assert state_of(await calendar.nights.account.resume(run.id, decision="Cancel")) == "Cancelled"
    people.edit("Opportunity", renewal, StageName="Closed Lost")
    calendar.go(calendar.on(2))
    await calendar.night(client)
    assert (client.stands(), client.cs_status()) == (("active", None), "Active")
    assert (await calendar.only_run(client)).id == run.id
    assert "called off by people" in (await row_of(client))["Run"]
    client.amend(EndDate=f"{calendar.on(-2)}")
    await calendar.night(client)
    assert client.cs_status() == "Deactivated"


async def test_pub_5_the_first_night_switches_nobody_on_whom_people_deactivated_and_asks(people, sandbox, calendar):
    client = make_client(people, calendar.on(300), company={"status": "inactive"})
    people.edit("Account", client.account, CS_Status__c="Deactivated")
    await calendar.night(client)
    assert (client.stands()[0], client.cs_status()) == ("inactive", "Deactivated")
    assert [one for one in client.told() if "stays" in one] == []
    run = await calendar.only_run(client)
    assert (state_of(run), len(questions(sandbox, run))) == ("Suspended", 1)


async def test_pub_7_the_first_night_asks_about_a_contract_that_begins_later_and_ends_before(people, sandbox, calendar):
    client = make_client(people, calendar.on(320), start=calendar.on(348))
    await calendar.night(client)
    run = await calendar.only_run(client)
    assert state_of(run) == "Suspended", run.state
    (question,) = questions(sandbox, run)
    assert f"{calendar.on(320)}, before the start on {calendar.on(348)}" in said(question)


# --- what is shown


@pytest.mark.usefixtures("every_link_leads")
async def test_pub_4_a_preview_from_a_day_shows_what_ends_in_90_days_and_writes_nothing(people, sandbox, calendar):
    day = calendar.on(100)
    first, last = make_client(people, day), make_client(people, day + timedelta(days=90))
    outside = [make_client(people, day + timedelta(days=days)) for days in (-1, 91)]
    doubtful = make_client(people, day)
    people.create("Opportunity", AccountId=doubtful.account, **OPEN)
    since = sandbox.last()
    run = run_of(await end_of_contract(on=str(day), preview=True, return_state=True), end_of_contract)
    assert run.ended == "Previewed", run.message
    assert "2 services to end, 1 not settled." in run.message
    assert effects(sandbox, since) == {}
    rows = json.loads(await latest_artifact("end-of-contract-days"))
    assert [(row["Last day"], row["Ends"], row["Not settled"], row["MRR"]) for row in rows] == [
        (f"{day}", 1, 1, "480.00"),
        (f"{day + timedelta(days=90)}", 1, 0, "480.00"),
    ]
    assert (rows[0]["Who ends"], rows[0]["Who is not settled"]) == (first.name, doubtful.name)
    assert rows[1]["Who ends"] == last.name
    page = await latest_artifact("end-of-contract-outlook")
    words = (f"from {day} to {day + timedelta(days=90)}", "**2** services end (960.00 MRR)", "data:image/svg+xml")
    assert [word for word in words if word not in page] == []
    assert [one.name for one in outside if one.name in str(rows)] == []
    assert await calendar.runs(first, last) == [[], []]


async def test_pub_4_another_day_than_today_can_only_be_looked_at(sandbox, calendar):
    since = sandbox.last()
    run = run_of(await end_of_contract(on=str(calendar.on(1)), return_state=True), end_of_contract)
    assert run.ended == "Bad input"
    assert "tick preview, or leave the day empty" in run.message
    assert sandbox.journal(since=since) == []


@pytest.mark.usefixtures("every_link_leads")
async def test_pub_6_the_sweep_shows_placeholders_that_were_left_behind(people, sandbox, calendar, override):
    await override("lifecycle-policy", no_welcome_clients=["Yarrow"])
    account = people.create("Account", Name="Yarrow House")
    address = f"{account.lower()}@no-welcome.invalid"
    sandbox.seed(lms={"users": [{"email": address, "firstName": "Jane", "lastName": "Roe"}]})
    run = await calendar.night()
    assert "Placeholders left: 1." in run.state.message
    (row,) = rows_of(await latest_artifact("placeholders-left"))
    assert (row["Address"], "Yarrow House" in row["Account"], account in row["Account"]) == (address, True, True)


# --- the time


@pytest.mark.parametrize("year", [2026, 2027, 2028])
async def test_pub_4_the_schedule_fires_once_on_each_local_day_also_when_the_clocks_change(year):
    (deployment,) = [
        one for one in yaml.safe_load((ROOT / Path("prefect.yaml")).read_text())["deployments"]
        if one["name"] == "end-of-contract"
    ]  # fmt: skip
    (schedule,) = deployment["schedules"]
    zone = ZoneInfo(schedule["timezone"])
    assert schedule["timezone"] == "America/New_York"
    cron = CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])
    days = 366 if year == 2028 else 365
    fired = await cron.get_dates(n=days, start=datetime(year, 1, 1, tzinfo=zone))
    local = [one.astimezone(zone) for one in fired]
    assert [one.date() for one in local] == [date(year, 1, 1) + number * DAY for number in range(days)]
    assert {(one.hour, one.minute) for one in local} == {(0, 30)}


async def test_pub_4_today_is_the_day_of_the_orgs_time_zone(override):
    """These two zones are 26 hours apart: they never have the same day."""
    days = []
    for zone in ("Etc/GMT+12", "Pacific/Kiritimati"):
        await override("lifecycle-policy", time_zone=zone)
        before = datetime.now(ZoneInfo(zone)).date()
        days.append((await load_policy()).today)
        assert days[-1] in (before, datetime.now(ZoneInfo(zone)).date())
    assert days[0] < days[1]
