"""One client's end of service, against the real stand-ins: set ahead of time, done on the day, withdrawn, asked."""

from datetime import timedelta

import httpx
import pytest

from flows.deactivation import deactivate_account
from rules.contracts.service_term import DAY
from tests.flows.end_of_service import TODAY, in_days, in_lms, told
from tests.support.asking import Worker, questions, said, state_of
from tests.support.clients import YEAR, look_after, make_client
from tests.support.outcome import effects
from tests.support.runs import audit_page, latest_artifact, press_retry, run_of

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("at")]


def set_publication(client, number, **fields):
    """Change a publication in the LMS, as somebody by hand."""
    headers = {"X-API-Key": client.sandbox.credentials.lms_api_key}
    url = f"{client.sandbox.url}/lms/api/publications/{client.publications[number]}"
    httpx.patch(url, json=fields, headers=headers, trust_env=False).raise_for_status()


# --- set, told, ended


async def test_pub_4_the_last_day_is_set_ahead_of_time_and_nothing_ends_before(people, sandbox):
    client = make_client(people, TODAY + timedelta(days=25), publications=("Nursing Today", "Ward News"))
    run = await look_after(client)
    assert run.ended == "Completed", run.message
    assert in_lms(client) == [("scheduled", in_days(25))] * 3
    assert (client.cs_status(), told(client)) == ("Active", [])
    assert [(line["system"], line["field"], line["after"]) for line in await audit_page(client.account)] == [
        ("LMS", "Last Day of Service", in_days(25))
    ] * 3
    since = sandbox.last()
    await look_after(client)
    assert effects(sandbox, since) == {}


async def test_pub_4_the_day_after_the_last_everything_has_ended(people, at):
    client = make_client(people, TODAY, publications=("Nursing Today",))
    await look_after(client)
    assert in_lms(client) == [("scheduled", in_days(0))] * 2
    assert told(client) == ["last day"]
    at(TODAY + DAY)
    run = await look_after(client)
    assert run.ended == "Completed", run.message
    assert [status for status, _ in in_lms(client)] == ["inactive", "inactive"]
    assert client.cs_status() == "Deactivated"
    assert told(client) == ["last day", "ended"]


async def test_pub_4_a_publication_that_somebody_set_to_end_earlier_ends_earlier(people):
    client = make_client(people, TODAY + timedelta(days=20), publications=("Nursing Today", "Ward News"))
    set_publication(client, 0, deactivateOn=in_days(3), deactivationReason="Merged into another")
    await look_after(client)
    assert in_lms(client) == [("scheduled", in_days(20)), ("scheduled", in_days(3)), ("scheduled", in_days(20))]
    client.renew(TODAY + timedelta(days=21), TODAY + YEAR)
    await look_after(client)
    assert in_lms(client) == [("active", None), ("scheduled", in_days(3)), ("active", None)]


async def test_pub_4_a_client_without_an_lms_company_ends_in_salesforce_alone(people):
    client = make_client(people, TODAY - DAY, company={"accountId": people.create("Account", Name="Somebody else")})
    people.edit("Account", client.account, LMS_Company_Id__c=None)
    run = await look_after(client)
    assert run.ended == "Completed", run.message
    assert (client.cs_status(), in_lms(client)) == ("Deactivated", [("active", None)])
    assert told(client) == []
    assert "no company in the LMS" in await latest_artifact(f"end-of-service-{client.account.lower()}")


# --- renewed


@pytest.mark.usefixtures("every_link_leads")
async def test_pub_5_a_renewal_before_the_last_day_withdraws_the_end_and_csm_and_sales_are_told_once(people, sandbox):
    client = make_client(people, TODAY + timedelta(days=20), publications=("Nursing Today",))
    await look_after(client)
    client.renew(TODAY + timedelta(days=21), TODAY + YEAR)
    run = await look_after(client)
    assert run.ended == "Completed", run.message
    assert in_lms(client) == [("active", None)] * 2
    assert (client.cs_status(), told(client)) == ("Active", ["stays"])
    since = sandbox.last()
    await look_after(client)
    assert effects(sandbox, since) == {}


@pytest.mark.parametrize("days", [3, 500])
async def test_pub_5_a_renewal_after_the_last_day_reactivates_however_late(people, at, days):
    client = make_client(people, TODAY, publications=("Nursing Today",))
    at(TODAY + DAY)
    await look_after(client)
    assert (client.cs_status(), client.in_lms()["status"]) == ("Deactivated", "inactive")
    at(TODAY + timedelta(days=days))
    client.renew(TODAY + timedelta(days=days - 1), TODAY + timedelta(days=days + 365))
    run = await look_after(client)
    assert run.ended == "Completed", run.message
    assert in_lms(client) == [("active", None)] * 2
    assert (client.cs_status(), told(client)) == ("Active", ["ended", "stays"])


async def test_pub_5_who_was_deactivated_by_hand_before_stays_so_also_with_a_renewal(people, at):
    client = make_client(people, TODAY + timedelta(days=5))
    client.in_lms_change(status="inactive", deactivationReason="Closed at the client's wish")
    by_hand = client.in_lms()
    run = await look_after(client)
    assert run.ended == "Completed", run.message
    page = await latest_artifact(f"end-of-service-{client.account.lower()}")
    assert f"The company {client.company} is inactive in the LMS (Closed at the client's wish)" in page
    at(TODAY + timedelta(days=6))
    await look_after(client)
    assert client.cs_status() == "Deactivated"
    assert told(client) == []
    client.renew(TODAY + timedelta(days=6), TODAY + YEAR)
    run = await look_after(client)
    assert (run.ended, "Choose whether the client stays deactivated" in run.message) == ("Needs sales", True)
    assert (client.in_lms(), client.cs_status(), told(client)) == (by_hand, "Deactivated", [])


async def test_pub_5_whom_people_deactivated_stays_so_and_sales_are_asked_once(people, sandbox):
    client, worker = make_client(people, TODAY + YEAR), Worker(deactivate_account)
    people.edit("Account", client.account, CS_Status__c="Deactivated")
    client.in_lms_change(status="inactive")
    by_hand = client.in_lms()
    run = await worker.start(account_id=client.account)
    assert state_of(run) == "Suspended", run.state
    run = await worker.resume(run.id)
    assert state_of(run) == "Suspended", run.state
    (question,) = questions(sandbox, run)
    assert "It stays deactivated" in said(question)
    assert (client.in_lms(), client.cs_status()) == (by_hand, "Deactivated")
    assert [one for one in client.told() if "stays" in one] == []
    run = await worker.resume(run.id, choice_1="It is served again")
    assert state_of(run) == "Completed", run.state
    assert (client.in_lms()["status"], client.cs_status()) == ("active", "Active")
    assert sorted(client.told()[-2:]) == ["stays:sales", "stays:the CSM"]


async def test_design_17_a_change_that_the_lms_took_and_does_not_have_is_a_failure_and_nobody_is_told(people, sandbox):
    client = make_client(people, TODAY - DAY)
    sandbox.fault("lms", "forget", method="PATCH", path=f"/api/companies/{client.company}")
    run = await look_after(client)
    assert (run.ended, told(client)) == ("Refused", [])
    words = (f"Company {client.company}: Last Day of Service must be {in_days(-1)}, and is empty.", "press Retry")
    assert [word for word in words if word not in run.message] == []
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert (client.in_lms()["status"], told(client)) == ("inactive", ["ended"])


# --- what is entered


async def test_pub_4_a_preview_shows_the_changes_field_by_field_and_writes_nothing(people, sandbox):
    client = make_client(people, TODAY - DAY, publications=("Nursing Today",))
    run = await look_after(client, preview=True)
    assert run.ended == "Previewed", run.message
    # Last day and status of company and publication, and the account's CS Status.
    assert "5 changes would be made. Nothing was written." in run.message
    assert effects(sandbox, client.since) == {}
    page = await latest_artifact(f"end-of-service-{client.account.lower()}")
    words = ("Preview: end of service", "CS Status", "Active | **Deactivated**", f"**{in_days(-1)}**", "PUB-4")
    assert [word for word in words if word not in page.replace("\N{NON-BREAKING HYPHEN}", "-")] == []
    assert await audit_page(client.account) == []


async def test_pub_4_a_contract_names_its_account_as_well_with_15_characters_or_18(people):
    for length in (15, 18):
        client = make_client(people, TODAY + timedelta(days=25))
        state = await deactivate_account(contract_id=client.contract[:length], return_state=True)
        assert run_of(state, deactivate_account).ended == "Completed", state.message
        assert in_lms(client) == [("scheduled", in_days(25))]


@pytest.mark.parametrize(
    ("entered", "ended", "words"),
    [
        ({}, "Bad input", "enter the id, or the address"),
        ({"account_id": "001000000000009AAB"}, "Bad input", "001000000000009AAB"),
        ({"account_id": "001000000000999"}, "Refused", "there is no account 001000000000999"),
        ({"contract_id": "800000000000999"}, "Refused", "there is no contract 800000000000999"),
    ],
)
async def test_pub_3_what_names_no_client_ends_with_what_to_enter(sandbox, entered, ended, words):
    since = sandbox.last()
    run = run_of(await deactivate_account(**entered, return_state=True), deactivate_account)
    assert run.ended == ended, run.message
    assert words in run.message
    assert effects(sandbox, since) == {}
