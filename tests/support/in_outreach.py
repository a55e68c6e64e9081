"""Accounts whose owners and sequences in Outreach differ from their CSM, and runs that align them (TRN-10, REC-2)."""

from typing import Any

from flows.account_transition_outreach import align_outreach
from tests.sandbox.outreach_calls import to
from tests.support.runs import Run, run_of
from tests.support.sales import SalesPeople
from tests.support.team import Team

AUTOMATED, SEMI = "Account Transition - Automated", "Account Transition - Semi-automated"
ADA, BEN = "ada.novak@sandbox.example", "ben.carter@sandbox.example"


async def bring(account_id: str, **parameters: Any) -> Run:
    """Run the alignment as a new run."""
    state = await align_outreach(account_id=account_id, **parameters, return_state=True)
    return run_of(state, align_outreach)


class InOutreach:
    """Accounts in Outreach, and who has them."""

    def __init__(self, people: SalesPeople) -> None:
        self.sandbox, self.people, self.team = people.sandbox, people, Team(people)

    def account(
        self, csm: str | None = "Ada Novak", owner: str = BEN, *, sequence: str = AUTOMATED, **fields: Any
    ) -> str:
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


def _points(one: dict[str, Any], kind: str) -> Any:
    found = one["relationships"].get(kind)
    return found["data"]["id"] if found and found["data"] else None
