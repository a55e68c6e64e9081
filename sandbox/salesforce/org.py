"""One Salesforce org: its records, and everything that answers for them."""

from typing import Any

from sandbox.salesforce import ids, schema
from sandbox.salesforce.automations import Automations
from sandbox.salesforce.files import RecordsAndFiles
from sandbox.salesforce.outbound import Outbound
from sandbox.salesforce.records import own_id
from sandbox.salesforce.resources import Resources
from sandbox.salesforce.schema.around import ONBOARDING_REPORT, ORGANIZATION, REPORT
from sandbox.salesforce.schema.standard import USER
from sandbox.salesforce.store import Store
from sandbox.salesforce.usage import Usage
from sandbox.state import SandboxState

REPORT_ID = ids.record_id(REPORT.prefix, 1)
INTEGRATION_USER_ID = ids.record_id(USER.prefix, 1)
_ORGANIZATION = {
    "Name": "Acme Learning",
    "OrganizationType": "Enterprise Edition",
    "InstanceName": "SBX1",
    "IsSandbox": True,
    "TimeZoneSidKey": "America/New_York",
    "LanguageLocaleKey": "en_US",
    "Country": "US",
}


class Org:
    """An org with the schema, one organization, the Onboarding Report and one integration user.

    Attributes:
        shows: what each opportunity of the demo world is there to show.
        endings: what each client whose service ends is there to show.
    """

    def __init__(self, sandbox: SandboxState) -> None:
        self.store = Store()
        self.usage = Usage()
        self.records = RecordsAndFiles(self.store, sandbox.clock, INTEGRATION_USER_ID)
        self.outbound = Outbound(sandbox, self.store)
        self.automations = Automations(sandbox, self.records)
        self.resources = Resources(sandbox, self.store, self.records, self.usage)
        self.shows: list[dict[str, str]] = []
        self.endings: list[dict[str, str]] = []
        self._found(sandbox)
        self.store.listeners += [self.automations.changed, self.outbound.changed]

    def plant(self, object_name: str, **values: Any) -> str:
        """Put a record there as if it had always been: unchecked, and nobody is told. Answers its id."""
        known = schema.OBJECTS[object_name]
        with self.store.transaction(told=False):
            record_id = self.records.insert(known, values)
        if known is USER:
            self.automations.join(self.store.tables[USER.name].rows[record_id])
        return record_id

    def amend(self, object_name: str, record_id: str, **values: Any) -> str:
        """Give a record values, even such as the API would refuse; nobody is told. Answers its id.

        Raises:
            KeyError: there is no such record.
        """
        known = schema.OBJECTS[object_name]
        row = self.store.tables[object_name].rows[own_id(known, record_id)]
        with self.store.transaction(told=False):
            self.records.change(known, row, values)
        return str(row["Id"])

    def introduce(self) -> None:
        """Let every user into the Slack workspace: when the org was founded, it may not have been there yet."""
        for user in self.store.tables[USER.name].rows.values():
            self.automations.join(user)

    def _found(self, sandbox: SandboxState) -> None:
        username = sandbox.credentials.salesforce_username
        integration = {"Username": username, "Email": username, "FirstName": "Integration", "LastName": "User"}
        self.plant(USER.name, **integration)
        self.plant(REPORT.name, Name=ONBOARDING_REPORT, DeveloperName="Onboarding_Report", FolderName="CS")
        with self.store.transaction(told=False):
            made = self.records.insert(ORGANIZATION, _ORGANIZATION)
            row = self.store.tables[ORGANIZATION.name].rows[made]
            self.store.tables[ORGANIZATION.name].replace(made, None)
            self.store.put(ORGANIZATION.name, row | {"Id": sandbox.credentials.organization_id})
