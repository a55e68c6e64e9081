"""One Salesforce org: its records, and everything that answers for them."""

from typing import Any

from sandbox.salesforce import ids, schema
from sandbox.salesforce.automations import Automations
from sandbox.salesforce.files import RecordsAndFiles
from sandbox.salesforce.metadata.bare import Metadata
from sandbox.salesforce.outbound import Outbound
from sandbox.salesforce.records import own_id
from sandbox.salesforce.resources import Resources
from sandbox.salesforce.schema.around import ASSIGNMENT, ONBOARDING_REPORT, ORGANIZATION, PERMISSION_SET, REPORT
from sandbox.salesforce.schema.standard import USER
from sandbox.salesforce.store import Change, Store
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
        metadata: what was deployed to a bare org; None where everything was there from the beginning.
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
        self.metadata: Metadata | None = None
        self._found(sandbox)
        self.store.listeners += [self.automations.changed, self.outbound.changed, self._assigned]

    def empty(self) -> None:
        """Take our fields, the report and every right away: the org is as it comes from Salesforce."""
        with self.store.transaction(told=False):
            self.store.tables[REPORT.name].replace(REPORT_ID, None)
        self.deployed(Metadata())

    def deployed(self, metadata: Metadata) -> None:
        """Have what was deployed."""
        self.metadata = metadata
        for name, title in metadata.reports.items():
            folder, _, developer_name = name.partition("/")
            self._plant_once(REPORT.name, Name=title, DeveloperName=developer_name, FolderName=folder)
        for name in metadata.sets:
            self._plant_once(PERMISSION_SET.name, Name=name, Label=metadata.labels[name])
        self._show()

    def _plant_once(self, object_name: str, **values: Any) -> None:
        rows = self.store.tables[object_name].rows.values()
        if not any(values.items() <= row.items() for row in rows):
            self.plant(object_name, **values)

    def _assigned(self, changes: list[Change]) -> None:
        if self.metadata is not None and any(change.object == ASSIGNMENT.name for change in changes):
            self._show()

    def _show(self) -> None:
        """Let the API show what the integration user may see."""
        assert self.metadata is not None
        sets = self.store.tables[PERMISSION_SET.name].rows
        rows = self.store.tables[ASSIGNMENT.name].rows.values()
        own = [row for row in rows if row["AssigneeId"] == INTEGRATION_USER_ID and not row["IsDeleted"]]
        schema.show(self.metadata.seen_with([sets[row["PermissionSetId"]]["Name"] for row in own]))

    def plant(self, object_name: str, **values: Any) -> str:
        """Put a record there as if it had always been: unchecked, and nobody is told. Answers its id."""
        known = schema.EVERY[object_name]
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
        known = schema.EVERY[object_name]
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
