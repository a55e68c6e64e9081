import pytest
from pydantic import ValidationError

from blocks.policy import Policy


def test_the_defaults_are_the_procedures_values():
    """ONB-8: one location per 25 users begun; the channels of the announcement."""
    policy = Policy()
    assert (policy.users_per_location, policy.location_table) == (25, [])
    assert (policy.sales_channel, policy.cs_ops_channel) == ("#sales", "#cs-operations")
    assert policy.time_zone == "America/New_York"
    assert policy.permissions_workbook == "deployments/Permissions.xlsx"


def test_the_default_field_map_is_the_assumed_org_s():
    """ONB-11: the fields that are written back, and those read for the sign-up."""
    fields = Policy().field_map
    names = {f"{one.sobject}.{name}": written for one in fields.objects() for name, written in one.api_names()}
    assert names == {
        "Account.LMS_Company_Id__c": True,
        "Account.Recurly_Account_Id__c": True,
        "Account.Recurly_Billing_URL__c": True,
        "Opportunity.ContractId": False,
        "Opportunity.Services_Included__c": False,
        "Opportunity.Service_Level__c": True,
        "Opportunity.Future_Billing_Date__c": False,
        "Contract.Billing_Start_Date__c": False,
        "Contract.User_Count__c": False,
        "Contract.Plan_Amount__c": False,
        "Contract.Service_Level__c": False,
        "Contract.Products__c": False,
    }


@pytest.mark.parametrize(("lookup", "path"), [("ContractId", "Contract"), ("Signed_Contract__c", "Signed_Contract__r")])
def test_a_contract_is_reached_by_its_lookup(lookup, path):
    policy = Policy(field_map={"opportunity": {"contract": lookup}})
    assert policy.field_map.opportunity.contract_relationship == path


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"time_zone": "Eastern"}, "is not a time zone: use a name like"),
        ({"time_zone": "../etc/passwd"}, "is not a time zone"),
        ({"time_zone": ""}, "is not a time zone"),
        ({"sales_channel": "sales"}, "is not a Slack channel: write #name"),
        ({"cs_ops_channel": "#cs operations"}, "is not a Slack channel"),
        ({"users_per_location": 0}, "greater than or equal to 1"),
        ({"location_table": [{"up_to_users": 0, "locations": 1}]}, "greater than or equal to 1"),
        (
            {"location_table": [{"up_to_users": 50, "locations": 1}, {"up_to_users": 50, "locations": 2}]},
            "Line 2: users must rise",
        ),
        (
            {"location_table": [{"up_to_users": 50, "locations": 3}, {"up_to_users": 90, "locations": 2}]},
            "Line 2: more users cannot have fewer locations",
        ),
        ({"recurly_poll_seconds": 0}, "greater than 0"),
        ({"field_map": {"account": {"lms_company_id": "Id FROM User --"}}}, "is not a field's API name"),
        ({"field_map": {"account": {"lms_company_id": "Übung__c"}}}, "is not a field's API name"),
        ({"field_map": {"account": {"lms_compny_id": "X__c"}}}, "Extra inputs"),
    ],
)
def test_a_wrong_setting_is_told_in_words_for_its_editor(changes, told):
    with pytest.raises(ValidationError, match=told):
        Policy(**changes)


def test_a_channel_may_be_given_by_its_id():
    assert Policy(sales_channel="C0123ABCD").sales_channel == "C0123ABCD"
