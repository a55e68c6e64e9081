"""The org we assume (contracts 9), as describe tells it to the real client."""

import pytest

from tests.sandbox.clients import connect


@pytest.fixture
def sf(stand_in):
    return connect(stand_in)


def test_describe_tells_what_a_check_needs_to_know(sf):
    described = sf.Account.describe()
    fields = {field["name"]: field for field in described["fields"]}
    assert described["keyPrefix"] == "001"
    assert fields["SF_Account_ID__c"]["updateable"] is False
    assert fields["LMS_Company_Id__c"]["externalId"] is True
    assert fields["LMS_Company_Id__c"]["unique"] is True
    assert (fields["Name"]["nillable"], fields["Name"]["length"]) == (False, 255)
    assert fields["CS_Segmentation__c"]["restrictedPicklist"] is True
    offered = [option["value"] for option in fields["CS_Segmentation__c"]["picklistValues"]]
    assert offered == ["SMB", "Mid-Market", "Enterprise"]
    assert fields["OwnerId"]["referenceTo"] == ["User"]
    products = {field["name"]: field for field in sf.Contract.describe()["fields"]}["Products__c"]
    assert products["restrictedPicklist"] is False


ASSUMED = {
    "Account": """SF_Account_ID__c LMS_Company_Id__c Recurly_Account_Id__c Recurly_Billing_URL__c
        Customer_Success_Manager__c Customer_Success_Manager_Leader__c CS_Segmentation__c MRR__c CS_Status__c
        Health__c Special_Mentions__c CSM_Assigned_On__c""",
    "Opportunity": """ContractId Services_Included__c Service_Level__c Future_Billing_Date__c Type OwnerId
        Customer_Success_Manager_NEW__c Customer_Onboarding_Manager_NEW__c
        Customer_Success_Manager_Leader_NEW__c""",
    "Contract": """Billing_Start_Date__c User_Count__c Provider_Count__c Plan_Amount__c Service_Level__c
        Products__c Publications__c StartDate EndDate Status""",
    "Customer_Onboarding__c": """Name Opportunity__c Account__c Learning__c Compliance__c
        Credentialing_Software__c Credentialing_Service__c Onboarding_Email_Sent_Date__c
        Send_Onboarding_Email__c""",
    "User": "CS_Role__c CS_Segments__c ManagerId IsActive",
    "Event": "ShowAs StartDateTime EndDateTime IsAllDayEvent OwnerId",
    "Case": "Type Status AccountId OwnerId IsClosed",
    "Task": "WhatId WhoId TaskSubtype OwnerId",
    "OpportunityContactRole": "OpportunityId ContactId IsPrimary Role",
}


@pytest.mark.parametrize(("name", "fields"), ASSUMED.items())
def test_the_org_has_the_fields_we_assume(sf, name, fields):
    known = {field["name"] for field in getattr(sf, name).describe()["fields"]}
    assert set(fields.split()) <= known
