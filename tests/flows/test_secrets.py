"""The default password and the keys are nowhere but in the blocks and in the requests that need them (ONB-10)."""

import base64
import html
import json
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from prefect.logging.handlers import APILogHandler

from tests.support.outcome import assert_onboarded
from tests.support.runs import audit_page, onboard, press_retry

pytestmark = pytest.mark.flows

SESSION = "00D000000000001!"
"""How the stand-in's access tokens begin."""


@pytest.fixture
def secrets(credentials):
    """What must not be found, by what it is."""
    return {
        "default password": credentials.lms_default_password,
        "LMS key": credentials.lms_api_key,
        "Recurly key": credentials.recurly_api_key,
        "Slack token": credentials.slack_token,
        "Slack signing secret": credentials.slack_signing_secret,
        "Salesforce secret": credentials.salesforce_consumer_secret,
        "Salesforce key": credentials.salesforce_consumer_key,
        "Salesforce session": SESSION,
    }


def found(secrets, text: bytes):
    """The kinds of secrets in these bytes, as they are or in one of the ways in which a vendor may repeat them."""
    return {kind for kind, secret in secrets.items() if any(form.encode() in text for form in ways(secret))}


def ways(secret):
    """A secret as it is, for a form, in a path, in JSON, in HTML, and in base64, alone and as a user name."""
    alone, user = (base64.b64encode(one.encode()).decode().rstrip("=")[:-1] for one in (secret, f"{secret}:"))
    return {secret, quote_plus(secret), quote(secret), json.dumps(secret)[1:-1], html.escape(secret), alone, user}


def everything_under(folder: Path):
    """The bytes of every file: the database with its -wal, kept results, the server's log."""
    return {file.relative_to(folder): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


async def run_well_and_badly(people):
    """A good run, and one in which every vendor repeated what it was sent before it went through."""
    good = people.make_sale()
    await onboard(good.opportunity)
    bad = people.make_sale(contact={"Phone": "ask reception"})
    run = await onboard(bad.opportunity)
    assert run.ended == "Refused"
    people.edit("Contact", bad.contact, Phone="+1 212 555 0142")
    # In the order in which an onboarding asks them, so that each try comes as far as the next one.
    spoilt = [("lms", kind, "/signup/preSign") for kind in ("echo", "malformed", "html", "drop_after")]
    for system, kind, path in (("salesforce", "echo", ""), *spoilt, ("recurly", "echo", ""), ("slack", "echo", "")):
        people.sandbox.fault(system, kind, path=path, times=1000)
        run = await press_retry(run)
        assert run.state.is_failed()
        people.sandbox.clear_faults()
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert_onboarded(people, bad)
    return good, bad


async def test_onb_10_no_secret_is_in_databases_results_logs_artifacts_or_the_journal(
    people, secrets, prefect_server, caplog, capfd
):
    good, bad = await run_well_and_badly(people)
    await APILogHandler.aflush()
    files = everything_under(prefect_server.home)
    assert {Path("prefect.db"), Path("server.log")} <= set(files)
    # The search reaches what the runs wrote: names are there, in the database and in kept results.
    database = files[Path("prefect.db")] + files.get(Path("prefect.db-wal"), b"")
    assert good.company.encode() in database
    assert any(bad.company.encode() in text for name, text in files.items() if name.parts[0] == "storage")
    assert {str(name): hit for name, text in files.items() if (hit := found(secrets, text))} == {}

    printed = capfd.readouterr()
    assert found(secrets, caplog.text.encode()) == set()
    assert found(secrets, (printed.out + printed.err).encode()) == set()
    assert found(secrets, json.dumps(await audit_page(bad.account)).encode()) == set()
    journal = people.sandbox.journal()
    # The consumer key names the app, as a user name does; the stand-in does not mask it.
    assert found(secrets, json.dumps(journal).encode()) <= {"Salesforce key"}
    assert found(secrets, json.dumps(people.sandbox.state("lms")).encode()) == set()


def test_the_search_would_find_a_secret(secrets):
    text = f"password={quote_plus(secrets['default password'])}&".encode()
    assert found(secrets, text) == {"default password"}
