"""The objects around a sale: activities, cases, files, the onboarding record, and the org itself."""

from sandbox.salesforce.schema.model import (
    Field,
    Row,
    SObject,
    area,
    computed,
    kind,
    number,
    picklist,
    reference,
    sobject,
    text,
)

_OWNER = reference("OwnerId", "User")
_ABOUT = ("Account", "Opportunity", "Contract", "Case", "Customer_Onboarding__c")
ONBOARDING_REPORT = "Onboarding Report"


def _closing(row: Row) -> Row:
    """A case is closed when it was closed first: what is changed in it later does not close it again."""
    if row.get("Status") != "Closed":
        return {"IsClosed": False, "ClosedDate": None}
    return {"IsClosed": True, "ClosedDate": row.get("ClosedDate") or row["LastModifiedDate"]}


CASE = sobject(
    "Case", "500",
    computed(text("CaseNumber", 30, auto_number=True)),
    reference("AccountId", "Account", children="Cases"),
    reference("ContactId", "Contact", children="Cases"),
    _OWNER,
    text("Subject"), area("Description"),
    picklist("Status", "New", "Working", "Escalated", "Closed", default="New"),
    picklist("Priority", "High", "Medium", "Low", default="Medium"),
    picklist("Type", "Escalation", "Course", "Question", "Request", "Support", "Integration",
             "Customization"),
    picklist("Origin", "Phone", "Email", "Web"),
    computed(kind("IsClosed", "boolean")), computed(kind("ClosedDate", "datetime")),
    derive=_closing,
)  # fmt: skip

TASK = sobject(
    "Task", "00T",
    text("Subject"),
    picklist("Status", "Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred",
             default="Not Started"),
    picklist("Priority", "High", "Normal", "Low", default="Normal"),
    picklist("TaskSubtype", "Task", "Email", "Call", default="Task"),
    computed(kind("IsClosed", "boolean")),
    kind("ActivityDate", "date"), area("Description"),
    _OWNER,
    reference("WhatId", *_ABOUT, children="Tasks"),
    reference("WhoId", "Contact", children="Tasks"),
    computed(reference("AccountId", "Account")),
    derive=lambda row: {"IsClosed": row.get("Status") == "Completed"},
)  # fmt: skip

EVENT = sobject(
    "Event", "00U",
    text("Subject"), area("Description"), text("Location"),
    kind("StartDateTime", "datetime"), kind("EndDateTime", "datetime"), kind("ActivityDate", "date"),
    kind("IsAllDayEvent", "boolean"),
    number("DurationInMinutes", type_="int"),
    picklist("ShowAs", "Busy", "OutOfOffice", "Free", default="Busy"),
    _OWNER,
    reference("WhatId", *_ABOUT, children="Events"),
    reference("WhoId", "Contact", children="Events"),
    computed(reference("AccountId", "Account")),
)  # fmt: skip

ONBOARDING = sobject(
    "Customer_Onboarding__c", "a01",
    text("Name", 80),
    _OWNER,
    reference("Opportunity__c", "Opportunity", children="Customer_Onboardings__r"),
    reference("Account__c", "Account", children="Customer_Onboardings__r"),
    kind("Learning__c", "boolean"), kind("Compliance__c", "boolean"),
    kind("Credentialing_Software__c", "boolean"), kind("Credentialing_Service__c", "boolean"),
    kind("Onboarding_Email_Sent_Date__c", "date"), kind("Send_Onboarding_Email__c", "boolean"),
    # A record of a custom object that is given no name is called by its id.
    derive=lambda row: {"Name": row.get("Name") or row["Id"]},
)  # fmt: skip

VERSION = sobject(
    "ContentVersion", "068",
    text("Title"), text("PathOnClient", 500, required=True, updateable=False), area("Description", 1000),
    Field("VersionData", "base64", "Version Data", updateable=False, required=True),
    reference("FirstPublishLocationId", *_ABOUT, "User", updateable=False),
    reference("ContentDocumentId", "ContentDocument", children="ContentVersions", updateable=False),
    computed(number("ContentSize", type_="int")), computed(kind("IsLatest", "boolean", default=True)),
    # Three bytes are four characters of base64.
    derive=lambda row: {"ContentSize": len((row.get("VersionData") or "").rstrip("=")) * 3 // 4},
)  # fmt: skip

DOCUMENT = sobject(
    "ContentDocument", "069",
    text("Title"), computed(reference("LatestPublishedVersionId", "ContentVersion")), _OWNER,
)  # fmt: skip

LINK = sobject(
    "ContentDocumentLink", "06A",
    reference("ContentDocumentId", "ContentDocument", children="ContentDocumentLinks", required=True,
              updateable=False),
    reference("LinkedEntityId", *_ABOUT, "User", children="ContentDocumentLinks", required=True,
              updateable=False),
    picklist("ShareType", "V", "C", "I"), picklist("Visibility", "AllUsers", "InternalUsers", "SharedUsers"),
)  # fmt: skip

ORGANIZATION = sobject(
    "Organization", "00D",
    text("Name", 80), text("OrganizationType", 40), text("InstanceName", 5), kind("IsSandbox", "boolean"),
    text("TimeZoneSidKey", 40), text("LanguageLocaleKey", 40), text("Country", 80),
    kind("TrialExpirationDate", "datetime"), text("NamespacePrefix", 15),
    writeable=False,
)  # fmt: skip

REPORT = sobject(
    "Report", "00O", text("Name", 40), text("DeveloperName", 80), text("FolderName"), writeable=False,
)  # fmt: skip

PERMISSION_SET = sobject("PermissionSet", "0PS", text("Name", 80), text("Label", 80), writeable=False)

ASSIGNMENT = sobject(
    "PermissionSetAssignment", "0Pa",
    reference("AssigneeId", "User", required=True), reference("PermissionSetId", "PermissionSet", required=True),
)  # fmt: skip

OBJECTS: tuple[SObject, ...] = (
    CASE, TASK, EVENT, ONBOARDING, VERSION, DOCUMENT, LINK, ORGANIZATION, REPORT, PERMISSION_SET, ASSIGNMENT,
)  # fmt: skip
