"""What the systems say of accounts that change hands, as people would look them up."""

from typing import Any

from simple_salesforce.format import format_soql

from tests.support.sales import SalesPeople

_ACCOUNT = ("Customer_Success_Manager__c", "Customer_Success_Manager_Leader__c", "CSM_Assigned_On__c")
_SALE = (
    "Customer_Success_Manager_NEW__c",
    "Customer_Onboarding_Manager_NEW__c",
    "Customer_Success_Manager_Leader_NEW__c",
)


class Book:
    """Accounts by their names."""

    def __init__(self, people: SalesPeople) -> None:
        self.people, self.sandbox = people, people.sandbox

    def account(self, name: str) -> dict[str, Any]:
        """Id, CSM and leader."""
        who = "Customer_Success_Manager__r.Name, Customer_Success_Manager_Leader__r.Name"
        (found,) = self._rows(f"Id, {who}", "Account", format_soql("Name = {}", name))
        return found

    def handover(self, name: str) -> tuple[str, str]:
        """The names of CSM and leader."""
        found = self.account(name)
        return found["Customer_Success_Manager__r"]["Name"], found["Customer_Success_Manager_Leader__r"]["Name"]

    def owners(self, name: str) -> list[Any]:
        """Everything that names who looks after the account, in Salesforce and in Outreach."""
        account = self.account(name)["Id"]
        of = f"AccountId = '{account}' ORDER BY Id"
        return [
            self._rows(", ".join(_ACCOUNT), "Account", f"Id = '{account}'"),
            self._rows(", ".join(_SALE), "Opportunity", of),
            self._rows("OwnerId", "Case", of),
            self._rows("OwnerId", "Task", of),
            *self.in_outreach(name)[:2],
        ]

    def in_outreach(self, name: str) -> tuple[str, list[str], list[Any], list[str]]:
        """The account's owner, those of its prospects, the sequences that go on, the first line of each task."""
        state, account_id = self.sandbox.state("outreach"), self.account(name)["Id"]
        users = {one["id"]: one["attributes"]["email"] for one in state["users"]}
        (account,) = [one for one in state["accounts"] if one["attributes"]["customId"] == account_id]
        prospects = [one for one in state["prospects"] if _points(one, "account") == account["id"]]
        ids = {one["id"] for one in prospects}
        about = {kind: [one for one in state[kind] if _points(one, "prospect") in ids] for kind in _ABOUT}
        goes_on = [one for one in about["sequenceStates"] if one["attributes"]["state"] != "finished"]
        notes = [
            one["attributes"]["note"].partition("\n")[0] for one in about["tasks"] if one["attributes"].get("note")
        ]
        return (
            users[_points(account, "owner")],
            sorted(users[_points(one, "owner")] for one in prospects),
            goes_on,
            notes,
        )

    def tasks_of_move(self, key: str) -> list[dict[str, Any]]:
        """State and note of each task in Outreach that carries the key of a move."""
        every = [one["attributes"] for one in self.sandbox.state("outreach")["tasks"]]
        return [one for one in every if f"[{key}:" in (one.get("note") or "")]

    def files(self, name: str) -> list[str]:
        """The titles of its files."""
        rows = self._rows(
            "ContentDocument.Title", "ContentDocumentLink", f"LinkedEntityId = '{self.account(name)['Id']}'"
        )
        return [one["ContentDocument"]["Title"] for one in rows]

    def invitations(self, name: str) -> set[tuple[str, int, str]]:
        """UID, SEQUENCE and METHOD of what was mailed about a call on the account."""
        mails = self.sandbox.state("mail")["mails"]
        found = [one["calendar"] for one in mails if one.get("calendar") and name in one["calendar"]["summary"]]
        return {(one["uid"], one["sequence"], one["method"]) for one in found}

    def _rows(self, columns: str, sobject: str, where: str) -> list[dict[str, Any]]:
        return self.people.query(f"SELECT {columns} FROM {sobject} WHERE {where}")  # noqa: S608 - our own words


_ABOUT = ("sequenceStates", "tasks")


def _points(one: dict[str, Any], to: str) -> Any:
    found = one["relationships"].get(to)
    return found["data"]["id"] if found and found["data"] else None
