"""Salesforce's own objects, as far as the procedures read and write them, with the org's custom fields."""

from sandbox.salesforce.schema.model import (
    Row,
    SObject,
    area,
    computed,
    kind,
    multi,
    number,
    picklist,
    reference,
    sobject,
    text,
)

SEGMENTS = ("SMB", "Mid-Market", "Enterprise")
SERVICES = ("Learning", "Compliance", "Credentialing Software", "Credentialing Service")
LEVELS = ("basic", "standard", "premium")
CLOSED_WON = "Closed Won"
WON_STAGES = (CLOSED_WON, "Contract Signed")
"""The stages that the org counts as won; many an org has one of its own."""
NEW_TEAM = (
    "Customer_Success_Manager_NEW__c",
    "Customer_Onboarding_Manager_NEW__c",
    "Customer_Success_Manager_Leader_NEW__c",
)
_OWNER = reference("OwnerId", "User")


def _full_name(row: Row) -> Row:
    return {"Name": " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part)}


def _closing(row: Row) -> Row:
    won = row.get("StageName") in WON_STAGES
    return {"IsWon": won, "IsClosed": won or row.get("StageName") == "Closed Lost"}


ACCOUNT = sobject(
    "Account", "001",
    text("Name", 255, required=True),
    _OWNER,
    reference("ParentId", "Account", children="ChildAccounts"),
    picklist("Type", "Prospect", "Customer", "Partner", "Other"),
    picklist("Industry", "Healthcare", "Education", "Government", "Other"),
    kind("Phone", "phone"),
    kind("Website", "url"),
    text("AccountNumber", 40),
    number("NumberOfEmployees", type_="int"),
    text("BillingStreet"), text("BillingCity", 40), text("BillingState", 80),
    text("BillingPostalCode", 20), text("BillingCountry", 80),
    area("Description"),
    computed(text("SF_Account_ID__c", 1300)),
    text("LMS_Company_Id__c", 40, external_id=True, unique=True),
    # Several accounts of one group may be billed through one Recurly account.
    text("Recurly_Account_Id__c", 100, external_id=True),
    kind("Recurly_Billing_URL__c", "url"),
    reference("Customer_Success_Manager__c", "User"),
    reference("Customer_Success_Manager_Leader__c", "User"),
    picklist("CS_Segmentation__c", *SEGMENTS),
    number("MRR__c", 2, "currency"),
    picklist("CS_Status__c", "Onboarding", "Active", "Churned", "Deactivated"),
    picklist("Health__c", "Healthy", "Watch", "At Risk", "Escalated"),
    area("Special_Mentions__c"),
    kind("CSM_Assigned_On__c", "datetime"),
    derive=lambda row: {"SF_Account_ID__c": row["Id"]},
)  # fmt: skip

CONTACT = sobject(
    "Contact", "003",
    reference("AccountId", "Account", children="Contacts"),
    text("FirstName", 40), text("LastName", 80, required=True), computed(text("Name", 121)),
    kind("Email", "email"), kind("Phone", "phone"), kind("MobilePhone", "phone"),
    text("Title", 128), text("Department", 80),
    _OWNER,
    derive=_full_name,
)  # fmt: skip

USER = sobject(
    "User", "005",
    text("Username", 80, required=True, unique=True),
    text("FirstName", 40), text("LastName", 80, required=True), computed(text("Name", 121)),
    kind("Email", "email", required=True), kind("Phone", "phone"), text("Title", 80),
    kind("IsActive", "boolean", default=True),
    reference("ManagerId", "User"),
    text("TimeZoneSidKey", 40, default="America/New_York"),
    picklist("CS_Role__c", "CSM", "Team Lead"),
    multi("CS_Segments__c", *SEGMENTS),
    derive=_full_name,
)  # fmt: skip

OPPORTUNITY = sobject(
    "Opportunity", "006",
    reference("AccountId", "Account", children="Opportunities"),
    text("Name", 120, required=True),
    picklist(
        "StageName", "Prospecting", "Qualification", "Needs Analysis", "Value Proposition",
        "Proposal/Price Quote", "Negotiation/Review", *WON_STAGES, "Closed Lost", required=True,
    ),
    kind("CloseDate", "date", required=True),
    picklist("Type", "New Business", "Expansion", "Renewal"),
    number("Amount", 2, "currency"),
    number("Probability", type_="percent"),
    text("NextStep"), area("Description"),
    computed(kind("IsClosed", "boolean")), computed(kind("IsWon", "boolean")),
    computed(kind("LastStageChangeDate", "datetime")),
    _OWNER,
    reference("ContractId", "Contract", children="Opportunities"),
    multi("Services_Included__c", *SERVICES),
    picklist("Service_Level__c", *LEVELS),
    kind("Future_Billing_Date__c", "date"),
    *(reference(name, "User") for name in NEW_TEAM),
    derive=_closing,
    stamps={"StageName": "LastStageChangeDate"},
)  # fmt: skip

ROLE = sobject(
    "OpportunityContactRole", "00K",
    reference("OpportunityId", "Opportunity", children="OpportunityContactRoles", required=True),
    reference("ContactId", "Contact", children="OpportunityContactRoles", required=True),
    picklist("Role", "Decision Maker", "Business User", "Economic Buyer", "Evaluator", "Executive Sponsor",
             "Other"),
    kind("IsPrimary", "boolean"),
)  # fmt: skip

CONTRACT = sobject(
    "Contract", "800",
    reference("AccountId", "Account", children="Contracts", required=True),
    computed(text("ContractNumber", 30, auto_number=True)),
    picklist("Status", "Draft", "In Approval Process", "Activated", "Terminated", "Expired", default="Draft"),
    kind("StartDate", "date"), kind("EndDate", "date"),
    number("ContractTerm", type_="int"),
    area("Description"),
    _OWNER,
    kind("Billing_Start_Date__c", "date"),
    number("User_Count__c"), number("Provider_Count__c"),
    number("Plan_Amount__c", 2, "currency"),
    # Not restricted: people write levels the procedures do not know, and ONB-4 must notice.
    picklist("Service_Level__c", *LEVELS, restricted=False),
    multi("Products__c", *SERVICES, restricted=False),
    area("Publications__c"),
)  # fmt: skip

OBJECTS: tuple[SObject, ...] = (ACCOUNT, CONTACT, USER, OPPORTUNITY, ROLE, CONTRACT)
