"""What the org does by itself when records change (contracts, section 9)."""

from typing import Protocol, runtime_checkable

from sandbox.salesforce.records import Records
from sandbox.salesforce.schema import OBJECTS
from sandbox.salesforce.schema.around import ONBOARDING
from sandbox.salesforce.schema.model import Row
from sandbox.salesforce.schema.standard import NEW_TEAM
from sandbox.salesforce.store import Change
from sandbox.state import LATE, SOON, SandboxState

_DELAYS = {"soon": SOON, "late": LATE}


@runtime_checkable
class Workspace(Protocol):
    """The chat a new colleague joins."""

    def add_member(self, email: str, name: str) -> object:
        """Let somebody in."""


class Automations:
    """Reacts to changes once they are certain."""

    def __init__(self, sandbox: SandboxState, records: Records) -> None:
        self._sandbox, self._records = sandbox, records

    def changed(self, changes: list[Change]) -> None:
        """React to every change."""
        for change in changes:
            if change.after is None or change.after["IsDeleted"]:
                continue
            before = change.before or {}
            self._clear(change.object, change.after)
            if change.object == "Opportunity" and _staffed(change.after) and not _staffed(before):
                self._onboard(change.after["Id"])
            elif change.object == ONBOARDING.name and _turned_on(before, change.after):
                self._welcome(change.after)
            elif change.object == "User" and change.before is None:
                self.join(change.after)

    def join(self, user: Row) -> None:
        """A new user is a member of the Slack workspace, too."""
        slack = self._sandbox.systems.get("slack")
        if isinstance(slack, Workspace) and user.get("Email"):
            slack.add_member(user["Email"], user["Name"])

    def _clear(self, name: str, after: Row) -> None:
        """The field that the org's own automation empties, at once after it was filled."""
        sobject, _, field = self._sandbox.behaviour.clears.partition(".")
        if name == sobject and after.get(field) is not None:
            with self._records.store.transaction():
                self._records.change(OBJECTS[name], after, {field: None})

    def _onboard(self, opportunity_id: str) -> None:
        """The three (NEW) fields are set: the Customer Onboarding record comes shortly after (CSM-5)."""
        when = self._sandbox.behaviour.onboarding_record
        if when in _DELAYS:
            self._sandbox.later(_DELAYS[when], lambda: self._create_onboarding(opportunity_id))

    def _create_onboarding(self, opportunity_id: str) -> None:
        opportunity = self._records.store.live("Opportunity", opportunity_id)
        if opportunity is None or self._onboardings(opportunity_id):
            return
        with self._records.store.transaction():
            self._records.insert(
                ONBOARDING,
                {
                    "Name": "Customer Onboarding",
                    "Opportunity__c": opportunity_id,
                    "Account__c": opportunity.get("AccountId"),
                },
            )

    def _onboardings(self, opportunity_id: str) -> list[Row]:
        rows = self._records.store.tables[ONBOARDING.name].holding("Opportunity__c", [opportunity_id])
        return [row for row in rows if not row["IsDeleted"]]

    def _welcome(self, onboarding: Row) -> None:
        """Send Onboarding Email was ticked: the primary contact gets the welcome e-mail (CSM-6)."""
        contact = self._primary_contact(onboarding.get("Opportunity__c"))
        if contact and contact.get("Email"):
            self._sandbox.mail(
                to=contact["Email"],
                sender="customer-success@sandbox.example",
                subject=f"Welcome, {contact['Name']}",
                kind="welcome",
                body=f"Your onboarding begins: {onboarding['Name']}",
            )

    def _primary_contact(self, opportunity_id: str | None) -> Row | None:
        store = self._records.store
        for role in store.tables["OpportunityContactRole"].holding("OpportunityId", [opportunity_id]):
            if role.get("IsPrimary") and not role["IsDeleted"]:
                return store.live("Contact", role.get("ContactId", ""))
        return None


def _staffed(opportunity: Row) -> bool:
    return all(opportunity.get(name) for name in NEW_TEAM)


def _turned_on(before: Row, after: Row) -> bool:
    return bool(after.get("Send_Onboarding_Email__c")) and not before.get("Send_Onboarding_Email__c")
