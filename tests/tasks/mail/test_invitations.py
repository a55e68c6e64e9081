"""The steps that send mail, with the stand-in's mail server, on a real Prefect server (TRN-9)."""

import base64
from datetime import UTC, datetime

import pytest
from prefect import flow

from blocks.common.errors import CredentialsRejected, VendorRefused, VendorUnavailable
from blocks.mail.block import MailServer
from rules.transition.invitation import uid
from tasks.core.effects import LOST
from tasks.core.steps import RETRY_DELAYS
from tasks.mail.invitations import invite, withdraw
from tasks.runs.audit import audit_trail, deduplicate
from tests.blocks.smtp_vendor import DROP, listening
from tests.support.sandbox import SandboxProcess
from tests.support.scale import cases

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("prefect_api")]

START, PLANNED = datetime(2026, 6, 16, 13, 15, tzinfo=UTC), datetime(2026, 6, 15, 13, 5, tzinfo=UTC)
ANA, BEN = "ana@seller.example", "ben@seller.example"
WHO = {
    "account_name": "Harbor Clinic",
    "people": "Ana Roe and Ben Roe",
    "guests": [
        {"name": "Ana Roe", "email": ANA, "role": "former CSM"},
        {"name": "Ben Roe", "email": BEN, "role": "new CSM"},
    ],
    "start": START,
    "planned_at": PLANNED,
}
KEY = "transition:0f3a:001000000000001AAA"
MAIL = MailServer.get_block_type_slug()


@pytest.fixture(autouse=True)
def mailing(sandbox: SandboxProcess) -> SandboxProcess:
    """The stand-ins; what other tests sent is not this test's."""
    sandbox.clear_faults()
    return sandbox


@pytest.fixture
def since(sandbox):
    return len(sandbox.state("mail")["mails"]), sandbox.last()


def inbox(sandbox, since):
    return sandbox.state("mail")["mails"][since[0] :]


def invitations(sandbox, since):
    """What calendars have: each change of a meeting once, however often it was sent."""
    return {(one["calendar"]["uid"], one["calendar"]["sequence"]) for one in inbox(sandbox, since)}


async def invited(key=KEY, **changes):
    """The step in a flow run of its own: its result, and the lines of its trail."""

    @flow(persist_result=True)
    async def once():
        async with audit_trail(None) as trail:
            try:
                return await invite(key, **WHO | changes), trail
            except Exception as error:  # noqa: BLE001 - the trail matters too
                return error, trail

    return await once()


async def withdrawn(key=KEY, sequence=1, **changes):
    """The lines of the step's trail."""

    @flow(persist_result=True)
    async def once():
        async with audit_trail(None) as trail:
            await withdraw(key, **WHO | {"sequence": sequence} | changes)
            return deduplicate(trail)

    return await once()


async def test_trn_9_all_guests_get_the_invitation_the_links_and_the_checklist(sandbox, since):
    links = {
        "Account": "https://acme.lightning.force.com/lightning/r/001/view",
        "Checklist": "https://x.example/069?a=b",
    }
    told, _ = await invited(links=links, checklist=base64.b64encode(b"PK\x03\x04").decode())
    ana, ben = inbox(sandbox, since)
    assert (ana["to"], ben["to"]) == (ANA, BEN)
    assert ana["subject"] == "Account transition: Harbor Clinic"
    assert ana["attachments"] == ["Account Analysis Checklist Harbor Clinic.xlsx"]
    calendar = ana["calendar"]
    assert (calendar["problems"], calendar["method"]) == ([], "REQUEST")
    assert (calendar["uid"], calendar["sequence"]) == (told["uid"], told["sequence"]) == (uid(KEY), 0)
    assert (calendar["start"], calendar["end"]) == ("2026-06-16T13:15:00+00:00", "2026-06-16T13:30:00+00:00")
    assert ana["body"] == (
        "The account Harbor Clinic moves to a new CSM. You are invited to a call of 15 minutes about it:\n"
        "Tuesday, June 16, 2026, 09:15 to 09:30 (America/New_York)\n"
        "\n"
        "With:\n"
        "- Ana Roe, former CSM\n"
        "- Ben Roe, new CSM\n"
        "\n"
        "The Account Analysis Checklist is attached.\n"
        "\n"
        "Account: https://acme.lightning.force.com/lightning/r/001/view\n"
        "Checklist: https://x.example/069?a=b"
    )
    assert calendar["description"].strip() == ana["body"]


async def test_trn_9_the_invitation_is_a_line_of_the_audit():
    _, (line,) = await invited()
    assert (line["system"], line["record"], line["field"], line["rule"]) == (
        "Mail",
        f"Invitation {uid(KEY)}",
        "Account transition: Harbor Clinic",
        "TRN-9",
    )
    assert (line["before"], line["after"]) == ("", "Ana Roe and Ben Roe on 2026-06-16T13:15+00:00")


async def test_trn_9_a_retry_of_the_run_sends_nothing_again(sandbox, since):
    @flow(persist_result=True)
    async def twice():
        first = await invite(KEY, **WHO)
        return first, await invite(KEY, **WHO | {"planned_at": datetime.now(UTC), "checklist": "UEs="})

    first, again = await twice()
    assert first == again
    assert len(inbox(sandbox, since)) == 2


async def test_trn_9_a_run_that_forgot_everything_sends_the_same_invitation_again(sandbox, since):
    await invited()
    await invited()
    assert invitations(sandbox, since) == {(uid(KEY), 0)}
    assert len({one["message_id"] for one in inbox(sandbox, since)}) == 1
    assert len({(one["calendar"]["start"], one["calendar"]["stamp"]) for one in inbox(sandbox, since)}) == 1


@pytest.mark.parametrize(
    "kind", cases(["error", "drop_before", "drop_after", "slow", "timeout"], "drop_before", "drop_after")
)
@pytest.mark.parametrize("times", cases([1, 3], 3))
async def test_trn_9_whatever_befalls_a_mail_there_is_one_invitation(sandbox, since, override, *, kind, times):
    if kind == "timeout":
        await override(MAIL, timeout_seconds=0.3)
    sandbox.fault("mail", kind, times=times, seconds=0.6 if kind == "timeout" else 0.05)
    told, _ = await invited()
    assert told["uid"] == uid(KEY)
    assert invitations(sandbox, since) == {(uid(KEY), 0)}
    assert {one["to"] for one in inbox(sandbox, since)} == {ANA, BEN}
    tries = len(sandbox.journal("mail", since[1]))
    assert tries == (1 if kind == "slow" else times + 1)


async def test_trn_9_each_account_has_an_invitation_of_its_own(sandbox, since):
    keys = [f"transition:0f3a:00100000000000{number}AAA" for number in range(3)]
    sandbox.fault("mail", "drop_after", times=2)
    for key in keys:
        await invited(key)
    assert invitations(sandbox, since) == {(uid(key), 0) for key in keys}


async def test_trn_9_a_server_that_stays_away_fails_the_step_and_the_trail_says_what_may_have_been_done(sandbox, since):
    sandbox.fault("mail", "drop_before", times=len(RETRY_DELAYS) + 1)
    failed, trail = await invited()
    assert isinstance(failed, VendorUnavailable)
    assert {(line["record"], line["note"]) for line in trail} == {(f"Invitation {uid(KEY)}", LOST)}
    assert inbox(sandbox, since) == []


async def test_trn_9_a_server_that_says_not_now_leaves_no_doubt_in_the_trail(sandbox):
    sandbox.fault("mail", "error", times=len(RETRY_DELAYS) + 1)
    failed, trail = await invited()
    assert isinstance(failed, VendorUnavailable)
    assert trail == []


async def test_trn_9_an_address_that_the_server_refuses_is_named_and_nobody_is_invited(override):
    with listening() as server:
        server.will_say("RCPT", "250 fine", "550 5.1.1 no such user")
        await override(MAIL, port=server.port)
        failed, _ = await invited()
        assert not [line for line in server.received if line.startswith("data")]
        assert server.received.count("ehlo sandbox.example") == 1
    assert isinstance(failed, VendorRefused)
    assert BEN in str(failed)
    assert ANA not in str(failed)


async def test_trn_9_a_connection_lost_before_the_mail_is_tried_again(override):
    with listening() as server:
        server.will_say("RCPT", DROP, "250 fine")
        await override(MAIL, port=server.port)
        told, _ = await invited()
        assert told["uid"] == uid(KEY)
        assert server.received.count(".") == 1


async def test_trn_9_a_wrong_password_is_for_the_engineer_and_shown_nowhere(override):
    with listening() as server:
        server.will_say("EHLO", "250-mail\r\n250 AUTH PLAIN")
        server.will_say("AUTH", "535 5.7.8 mail-swordfish is wrong")
        await override(MAIL, port=server.port, username="robot", password="mail-swordfish")
        failed, _ = await invited()
    assert isinstance(failed, CredentialsRejected)
    assert "swordfish" not in f"{failed!r}{failed}"


async def test_trn_9_a_withdrawal_takes_the_same_meeting_back(sandbox, since):
    await invited()
    sandbox.fault("mail", "drop_after")
    (line,) = await withdrawn()
    first, *later = [one["calendar"] for one in inbox(sandbox, since) if one["to"] == BEN]
    assert {(one["method"], one["uid"], one["sequence"]) for one in later} == {("CANCEL", first["uid"], 1)}
    assert {one["start"] for one in later} == {first["start"]}
    assert {one["status"] for one in later} == {"CANCELLED"}
    assert (line["before"], line["after"]) == ("Ana Roe and Ben Roe on 2026-06-16T13:15+00:00", "withdrawn")


async def test_trn_9_after_an_undo_the_account_can_be_invited_to_anew(sandbox, since):
    await invited()
    await withdrawn()
    await invited(sequence=2, start=START.replace(day=17))
    calendars = [one["calendar"] for one in inbox(sandbox, since) if one["to"] == ANA]
    assert [(one["method"], one["sequence"]) for one in calendars] == [("REQUEST", 0), ("CANCEL", 1), ("REQUEST", 2)]
    assert len({one["uid"] for one in calendars}) == 1
