"""An account in Outreach follows its CSM in Salesforce: owners, and the sender of open sequences (TRN-10, REC-2)."""

from typing import Any

import pytest

from flows.account_transition_outreach import align_outreach
from tests.sandbox.outreach_calls import to
from tests.support.runs import audit_page, latest_artifact, press_retry, run_of
from tests.support.team import Team

pytestmark = pytest.mark.flows

AUTOMATED, SEMI = "Account Transition - Automated", "Account Transition - Semi-automated"
ADA, BEN = "ada.novak@sandbox.example", "ben.carter@sandbox.example"


async def bring(account_id, **parameters):
    """Run the alignment as a new run."""
    state = await align_outreach(account_id=account_id, **parameters, return_state=True)
    return run_of(state, align_outreach)


class InOutreach:
    """Accounts in Outreach, and who has them."""

    def __init__(self, people) -> None:
        self.sandbox, self.people, self.team = people.sandbox, people, Team(people)

    def account(self, csm="Ada Novak", owner=BEN, *, sequence=AUTOMATED, **fields) -> str:
        """An account of a CSM in Salesforce; in Outreach another owns it, with two prospects, one in a sequence."""
        holder = self.team.named(csm)["Id"] if csm else None
        account_id = self.people.create(
            "Account", Customer_Success_Manager__c=holder, **{"Name": "Linden Care"} | fields
        )
        user = to("user", self.id_of("users", "email", owner))
        row = {"attributes": {"name": "Linden Care", "customId": account_id}, "relationships": {"owner": user}}
        (number,) = self.sandbox.seed(outreach={"accounts": [row]})["outreach"]["accounts"]
        relations = {"account": to("account", number), "owner": user}
        contacts = [
            {"attributes": {"firstName": name, "emails": [f"{name}@{account_id}.example"]}, "relationships": relations}
            for name in ("Jane", "Joe")
        ]
        jane, _ = self.sandbox.seed(outreach={"prospects": contacts})["outreach"]["prospects"]
        self.put_into(jane, sequence, owner)
        return account_id

    def put_into(self, prospect: int, sequence: str, sender: str) -> None:
        """A prospect in a sequence that goes on, sent from this address."""
        mailbox = self.id_of("mailboxes", "email", sender)
        relations = {
            "prospect": to("prospect", prospect),
            "sequence": to("sequence", self.id_of("sequences", "name", sequence)),
            "mailbox": to("mailbox", mailbox),
        }
        rows = [{"attributes": {"state": "active"}, "relationships": relations}]
        self.sandbox.seed(outreach={"sequenceStates": rows})

    def id_of(self, kind: str, attribute: str, value: str) -> int:
        (found,) = [one for one in self.sandbox.state("outreach")[kind] if one["attributes"][attribute] == value]
        return int(found["id"])

    def owners(self, account_id: str) -> set[str]:
        """The addresses of the owners of account and prospects."""
        state = self.sandbox.state("outreach")
        emails = {one["id"]: one["attributes"]["email"] for one in state["users"]}
        (account,) = [one for one in state["accounts"] if one["attributes"]["customId"] == account_id]
        return {emails[_points(one, "owner")] for one in (account, *self._prospects(account_id))}

    def senders(self, account_id: str) -> list[tuple[str, str]]:
        """State and sender of each sequence of its prospects, the oldest first."""
        state, prospects = self.sandbox.state("outreach"), {one["id"] for one in self._prospects(account_id)}
        emails = {one["id"]: one["attributes"]["email"] for one in state["mailboxes"]}
        rows = [one for one in state["sequenceStates"] if _points(one, "prospect") in prospects]
        return [(one["attributes"]["state"], emails[_points(one, "mailbox")]) for one in rows]

    def mails(self, account_id: str) -> list[str]:
        """The senders of the mails to its prospects."""
        mails = self.sandbox.state("mail")["mails"]
        return [one["from"] for one in mails if one["to"].endswith(f"@{account_id}.example")]

    def effects(self, since: int) -> list[dict[str, Any]]:
        return [one for one in self.sandbox.effects(since=since) if one["path"] != "/oauth/token"]

    def _prospects(self, account_id: str) -> list[dict[str, Any]]:
        state = self.sandbox.state("outreach")
        (account,) = [one for one in state["accounts"] if one["attributes"]["customId"] == account_id]
        return [one for one in state["prospects"] if _points(one, "account") == account["id"]]


def _points(one, to_kind):
    found = one["relationships"].get(to_kind)
    return found["data"]["id"] if found and found["data"] else None


@pytest.fixture
def org(people) -> InOutreach:
    return InOutreach(people)


async def test_rec_2_the_csm_gets_account_prospects_and_open_sequences_once(org):
    account, since = org.account(), org.sandbox.last()
    run = await bring(account[:15])
    assert (run.ended, run.message) == (
        "Completed",
        "Linden Care: Ada Novak owns the account in Outreach. 4 changes made.",
    )
    assert org.owners(account) == {ADA}
    assert org.senders(account) == [("finished", BEN), ("active", ADA)]
    assert org.mails(account) == [ADA]
    assert len(org.effects(since)) == 5
    lines = [(line["field"], line["before"], line["after"]) for line in await audit_page(account)]
    assert lines.count(("Owner", BEN, ADA)) == 3
    assert {(f"Sequence {AUTOMATED}", "active", "finished"), (f"Sequence {AUTOMATED}", "", ADA)} < {*lines}
    assert f"| Owner | {BEN} | **{ADA}** |" in await latest_artifact(f"outreach-{account.lower()}")
    for again in (await press_retry(run), await bring(account)):
        assert again.message == "Linden Care: Ada Novak owns the account in Outreach. 0 changes made."
    assert len(org.effects(since)) == 5


async def test_rec_2_an_account_that_agrees_is_left_as_it_is(org):
    account = org.account(owner=ADA, sequence=SEMI)
    since = org.sandbox.last()
    run = await bring(account)
    assert run.ended == "Completed", run.message
    assert org.effects(since) == []
    assert org.senders(account) == [("active", ADA)]


@pytest.mark.usefixtures("every_link_leads")
async def test_rec_2_a_preview_lists_every_change_and_writes_nothing(org):
    account = org.account()
    since = org.sandbox.last()
    run = await bring(account, preview=True)
    assert (run.ended, run.message) == ("Previewed", "Linden Care: 4 changes would be made. Nothing was written.")
    assert org.effects(since) == []
    assert (org.owners(account), org.senders(account)) == ({BEN}, [("active", BEN)])
    page = await latest_artifact(f"outreach-{account.lower()}")
    assert "# Preview: Linden Care in Outreach" in page
    assert f"Sequence {AUTOMATED}" in page


@pytest.mark.parametrize("csm", [None, "Gus Retired"])
async def test_rec_2_an_account_without_an_active_csm_is_bad_input_with_the_next_step(org, csm):
    account = org.account(csm)
    since = org.sandbox.last()
    run = await bring(account)
    assert run.ended == "Bad input"
    wanted = (account, "Linden Care", "CS Operations", "csm-assignment/csm-assignment", "Then start a new run.")
    assert [part for part in wanted if part not in run.message] == []
    assert org.effects(since) == []


async def test_rec_2_an_account_that_outreach_does_not_have_is_refused_with_the_next_step(org):
    account = org.people.create(
        "Account", Name="Not Synchronized", Customer_Success_Manager__c=org.team.named("Ada Novak")["Id"]
    )
    run = await bring(account)
    assert run.ended == "Refused"
    assert "CS Operations synchronize it from Salesforce" in run.message


@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", "/accounts/"), ("PATCH", "/prospects/"), ("POST", "/actions/finish"), ("POST", "/sequenceStates")],
)
async def test_rec_2_a_lost_answer_of_outreach_starts_no_sequence_twice(org, method, path):
    account = org.account()
    org.sandbox.fault("outreach", "drop_after", method=method, path=path)
    run = await bring(account)
    assert run.ended == "Completed", run.message
    assert org.sandbox.faults() == []
    assert (org.owners(account), org.senders(account)) == ({ADA}, [("finished", BEN), ("active", ADA)])
    assert org.mails(account) == [ADA]


async def test_rec_2_a_retry_starts_what_an_earlier_try_only_finished(org):
    account = org.account()
    org.sandbox.fault("outreach", "error", method="POST", path="/sequenceStates", status=422, skip=1)
    run = await bring(account)
    assert run.ended == "Refused", run.message
    assert org.senders(account) == [("finished", BEN)]
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert org.senders(account) == [("finished", BEN), ("active", ADA)]
    assert org.mails(account) == [ADA]


async def test_rec_2_a_sequence_that_is_not_enabled_is_refused_before_anything_is_changed(org, override):
    org.sandbox.seed(outreach={"sequences": [{"attributes": {"name": "Switched off", "enabled": False}}]})
    await override("lifecycle-policy", transition_automated_sequence="Switched off")
    account = org.account(sequence="Switched off")
    since = org.sandbox.last()
    run = await bring(account)
    assert run.ended == "Refused", run.message
    assert "the sequence 'Switched off' is not enabled" in run.message
    assert org.effects(since) == []
