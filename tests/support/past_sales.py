"""An org whose team sells and is assigned accounts, for the back-test of the assignments."""

from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from blocks.common.field_map import FieldMap
from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from rules.assignment.availability import HandOver
from rules.contracts.service_term import Windows
from rules.contracts.sweep_guard import Guard
from tasks.core.policy import PolicySnapshot, patience_of, segments_of
from tasks.salesforce.backtest import History, read_history
from tests.rules.builders.office_hours import WORKING_DAYS
from tests.support.sandbox import SandboxProcess

FIRST, LAST = date(2026, 1, 1), date(2026, 6, 30)
BEFORE, WITHIN = "2025-06-02T14:00:00.000+0000", "2026-02-03T14:00:00.000+0000"
HOUSE = PolicySnapshot(
    today=LAST,
    time_zone=ZoneInfo("America/New_York"),
    location_table=(),
    users_per_location=25,
    segments=segments_of(Policy()),
    terms={},
    weight_of_mrr=Decimal("0.5"),
    hand_over=HandOver(LAST, days=7, return_buffer=1, working_days=WORKING_DAYS),
    no_welcome=(),
    windows=Windows(look_ahead=30, notice=14),
    catch_up=timedelta(days=31),
    guard=Guard(most=100, share=Decimal(5), few=20),
    patience=patience_of(Policy()),
    reconciliation_days=14,
    reconciliation_max_started=20,
    reconciliation_max_repairs=25,
    reconciliation_api_percent=70,
)


class PastSales:
    """An org with a team lead, to which a test adds what it is about."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        sandbox.reset("empty")
        self.sandbox, own = sandbox, sandbox.credentials
        self.block = SalesforceOrg(
            my_domain="acme.my",
            organization_id=own.organization_id,
            consumer_key=own.salesforce_consumer_key,
            consumer_secret=own.salesforce_consumer_secret,
            onboarding_report_id=sandbox.state("salesforce")["onboarding_report_id"],
            base_url=f"{sandbox.url}/salesforce",
        )
        self.client = self.block.client()
        self.lead = self.user("Tara", CS_Role__c="Team Lead")

    def plant(self, kind, **fields):
        return self.sandbox.seed(salesforce={"records": [{"type": kind, **fields}]})["salesforce"]["ids"][0]

    def user(self, first, **fields):
        address = f"{first.lower()}@seller.example"
        return self.plant("User", FirstName=first, LastName="Roe", Email=address, Username=address, **fields)

    def csm(self, first, **fields):
        wanted = {"CS_Role__c": "CSM", "ManagerId": self.lead, "CS_Segments__c": "SMB"}
        return self.user(first, **wanted | fields)

    def account(self, csm, assigned, **fields):
        wanted = {"Name": "Harbor Clinic", "MRR__c": 500, "CS_Segmentation__c": "SMB", "CS_Status__c": "Active"}
        given = {"Customer_Success_Manager__c": csm, "CSM_Assigned_On__c": assigned}
        return self.plant("Account", **wanted | given | fields)

    def sale(self, account, day="2026-02-02", **fields):
        wanted = {"Name": "New", "StageName": "Closed Won", "Type": "New Business", "CloseDate": day}
        return self.plant("Opportunity", AccountId=account, **wanted | fields)

    def contract(self, account, end="2026-06-30", **fields):
        usual = {"AccountId": account, "Status": "Activated", "StartDate": "2025-07-01", "EndDate": end}
        return self.plant("Contract", **usual | fields)

    def history(self, first: date = FIRST, last: date = LAST) -> History:
        return read_history(self.client, FieldMap(), HOUSE, first, last)

    def books(self):
        return {one.person.name: (one.accounts, one.mrr) for one in self.history().csms}
