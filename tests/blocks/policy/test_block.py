from decimal import Decimal

import pytest
from pydantic import ValidationError

from blocks.policy.block import CsmRow, Policy
from blocks.policy.sections import SECTION_OF, SECTIONS

SMB = {
    "segment": "SMB",
    "from_mrr": 0,
    "from_users": 0,
    "target_mrr": 30_000,
    "target_accounts": 60,
    "most_accounts": 9,
}
MID_MARKET = {**SMB, "segment": "Mid-Market", "from_mrr": 900, "from_users": 150}
ENTERPRISE = {**SMB, "segment": "Enterprise", "from_mrr": 4_000, "from_users": 1_000}
ANA = {"email": "ana@seller.example"}


def test_a_policy_that_was_stored_under_the_former_names_of_its_fields_still_loads():
    policy = Policy.model_validate({"most_ends": 7, "most_ends_percent": "3", "few_ends": 4})
    assert (policy.guard_max_count, policy.guard_max_percent, policy.guard_min_count) == (7, Decimal(3), 4)


def test_a_policy_that_was_stored_without_sections_loads_without_loss_and_is_kept_in_sections():
    flat = {"time_zone": "Europe/London", "csm_channel": "#csms", "weight_of_mrr": "0.25", "transition_wave": 3}
    policy = Policy.model_validate(flat | {"field_map": {"account": {"mrr": "Monthly__c"}}})
    stored = policy.model_dump(mode="json")
    assert set(stored) - {"block_type_slug"} == {*SECTIONS, "field_map"}
    assert (stored["time"]["time_zone"], stored["people"]["csm_channel"]) == ("Europe/London", "#csms")
    assert (stored["books"]["weight_of_mrr"], stored["transition"]["transition_wave"]) == ("0.25", 3)
    assert policy.field_map.account.mrr == "Monthly__c"
    again = Policy.model_validate(stored)
    assert all(getattr(again, name) == getattr(policy, name) for name in Policy.model_fields)


def test_a_setting_outside_its_section_overrides_the_sections():
    """As when a part of a stored policy is replaced by its API."""
    stored = Policy(remind_after_hours=2, cs_operations=["pat@seller.example"]).model_dump(mode="json")
    policy = Policy.model_validate(stored | {"remind_after_hours": 3, "most_ends": 7})
    assert (policy.remind_after_hours, policy.guard_max_count) == (3, 7)
    assert policy.cs_operations == ["pat@seller.example"]
    assert Policy.model_validate(dict(policy) | {"sales_channel": "#won"}).cs_operations == ["pat@seller.example"]


def test_no_two_sections_have_a_setting_of_one_name_and_each_is_read_by_it():
    policy, names = Policy(), [name for section in SECTIONS.values() for name in section.model_fields]
    assert len(names) == len(set(names))
    for name in names:
        assert getattr(policy, name) == getattr(getattr(policy, SECTION_OF[name]), name)
    with pytest.raises(AttributeError):
        policy.no_such_setting  # noqa: B018 - reading it is the test


def test_the_form_has_sections_and_titles_in_people_s_words():
    schema = Policy.model_json_schema()
    assert [schema["properties"][name]["title"] for name in schema["properties"]] == [
        "Going live",
        "People and channels",
        "Working time and reminders",
        "Onboarding",
        "Books of business",
        "Ends of service",
        "Account transition",
        "Reconciliation",
        "Salesforce fields",
    ]
    titles = {field["title"] for kind in schema["definitions"].values() for field in kind["properties"].values()}
    assert {"From MRR", "CSM leader", "CS status", "LMS company id", "CSM channel", "Remind after"} <= titles
    assert not [title for title in titles if "Mrr" in title or "Csm" in title or "_" in title]


def test_no_field_of_a_policy_is_a_secret():
    """Prefect is told so, and would otherwise keep one readable."""
    assert Policy.model_json_schema()["secret_fields"] == []


def test_the_defaults_are_the_procedures_values():
    """ONB-8: one location per 25 users begun; the channels of the announcement."""
    policy = Policy()
    assert (policy.users_per_location, policy.location_table) == (25, [])
    assert (policy.sales_channel, policy.cs_ops_channel) == ("#sales", "#cs-operations")
    assert policy.time_zone == "America/New_York"
    assert policy.permissions_workbook == "deployments/Permissions.xlsx"


def test_csm_1_csm_2_by_default_mrr_and_accounts_weigh_alike_and_the_first_week_counts():
    policy = Policy()
    assert policy.weight_of_mrr == Decimal("0.5")
    assert (policy.hand_over_days, policy.return_buffer_days) == (7, 1)
    assert (policy.csms, policy.slack_members, policy.csm_channel) == ([], {}, "#cs-operations")


def test_pub_4_by_default_an_end_is_set_30_days_ahead_told_14_days_before_and_made_up_for_31_days_after():
    policy = Policy()
    assert (policy.end_look_ahead_days, policy.end_notice_days, policy.end_catch_up_days) == (30, 14, 31)
    assert (policy.guard_max_count, policy.guard_max_percent, policy.guard_min_count) == (100, Decimal(5), 20)


@pytest.mark.parametrize("days", [{"end_look_ahead_days": 14}, {"end_look_ahead_days": 0, "end_notice_days": 0}])
def test_pub_4_people_may_be_told_as_soon_as_the_end_is_set(days):
    policy = Policy(**days)
    assert policy.end_notice_days == policy.end_look_ahead_days


def test_csm_3_the_default_segments_are_those_of_salesforce_smallest_first():
    segments = Policy().segments
    assert [row.segment for row in segments] == ["SMB", "Mid-Market", "Enterprise"]
    assert all(row.target_accounts <= row.most_accounts for row in segments)


def test_csm_1_a_csm_holds_what_everybody_holds_as_far_as_the_line_does_not_say_otherwise():
    assert Policy(csms=[ANA]).csms == [
        CsmRow(
            email="ana@seller.example",
            capacity=Decimal(1),
            ramp_up_until=None,
            ramp_up=Decimal("0.5"),
            most_accounts=None,
        )
    ]


@pytest.mark.parametrize("typed", [0.35, "0.35", Decimal("0.35")])
def test_csm_1_a_share_is_exactly_the_number_that_was_typed(typed):
    """The dashboard sends a number or a text."""
    policy = Policy(weight_of_mrr=typed, csms=[{**ANA, "capacity": typed, "ramp_up": typed}])
    line = policy.csms[0]
    assert (policy.weight_of_mrr, line.capacity, line.ramp_up) == (Decimal("0.35"),) * 3


def test_csm_3_a_table_may_have_one_segment_alone_and_equal_targets():
    assert [row.segment for row in Policy(segments=[ENTERPRISE | {"from_mrr": 0, "from_users": 0}]).segments] == [
        "Enterprise"
    ]
    assert len(Policy(segments=[SMB, MID_MARKET, ENTERPRISE]).segments) == 3


def test_the_default_field_map_is_the_assumed_org_s():
    """ONB-11, CSM-3, CSM-4, CSM-6: the fields that are written, and those that are only read."""
    fields = Policy().field_map
    names = {f"{one.sobject}.{name}": written for one in fields.objects() for name, written in one.api_names()}
    assert names == {
        "Account.LMS_Company_Id__c": True,
        "Account.Recurly_Account_Id__c": True,
        "Account.Recurly_Billing_URL__c": True,
        "Account.Customer_Success_Manager__c": True,
        "Account.Customer_Success_Manager_Leader__c": True,
        "Account.CS_Segmentation__c": True,
        "Account.CSM_Assigned_On__c": True,
        "Account.MRR__c": False,
        "Account.CS_Status__c": True,
        "Account.Health__c": False,
        "Account.Special_Mentions__c": False,
        "Opportunity.ContractId": False,
        "Opportunity.Services_Included__c": False,
        "Opportunity.Service_Level__c": True,
        "Opportunity.Future_Billing_Date__c": False,
        "Opportunity.Customer_Success_Manager_NEW__c": True,
        "Opportunity.Customer_Onboarding_Manager_NEW__c": True,
        "Opportunity.Customer_Success_Manager_Leader_NEW__c": True,
        "Contract.Billing_Start_Date__c": False,
        "Contract.User_Count__c": False,
        "Contract.Plan_Amount__c": False,
        "Contract.Service_Level__c": False,
        "Contract.Products__c": False,
        "Contract.Publications__c": False,
        "Contract.Provider_Count__c": False,
        "User.CS_Role__c": False,
        "User.CS_Segments__c": False,
        "User.TimeZoneSidKey": False,
        "Customer_Onboarding__c.Opportunity__c": False,
        "Customer_Onboarding__c.Account__c": False,
        "Customer_Onboarding__c.Learning__c": True,
        "Customer_Onboarding__c.Compliance__c": True,
        "Customer_Onboarding__c.Credentialing_Software__c": True,
        "Customer_Onboarding__c.Credentialing_Service__c": True,
        "Customer_Onboarding__c.Onboarding_Email_Sent_Date__c": True,
        "Customer_Onboarding__c.Send_Onboarding_Email__c": True,
    }


@pytest.mark.parametrize(("lookup", "path"), [("ContractId", "Contract"), ("Signed_Contract__c", "Signed_Contract__r")])
def test_a_contract_is_reached_by_its_lookup(lookup, path):
    policy = Policy(field_map={"opportunity": {"contract": lookup}})
    assert policy.field_map.opportunity.contract_relationship == path


@pytest.mark.parametrize(
    ("changes", "words"),
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
        ({"segments": []}, "at least 1 item"),
        ({"segments": [MID_MARKET]}, "Line 1: the first segment takes everybody: from MRR 0, from 0 users"),
        ({"segments": [{**SMB, "from_users": 1}]}, "Line 1: the first segment takes everybody"),
        ({"segments": [{**SMB, "from_mrr": "0.01"}]}, "Line 1: the first segment takes everybody"),
        ({"segments": [SMB, ENTERPRISE, MID_MARKET]}, "Line 3: MRR and users must rise from line to line"),
        ({"segments": [SMB, {**MID_MARKET, "from_mrr": 0}]}, "Line 2: MRR and users must rise from line to line"),
        ({"segments": [SMB, {**MID_MARKET, "from_users": 0}]}, "Line 2: MRR and users must rise from line to line"),
        ({"segments": [SMB, {**MID_MARKET, "segment": "SMB"}]}, "Each segment may stand in one line only"),
        ({"segments": [{**SMB, "segment": "Strategic"}]}, "'SMB', 'Mid-Market' or 'Enterprise'"),
        ({"segments": [{**SMB, "target_mrr": 0}]}, "greater than 0"),
        ({"segments": [{**SMB, "target_accounts": 0}]}, "greater than or equal to 1"),
        ({"segments": [{**SMB, "most_accounts": 0}]}, "greater than or equal to 1"),
        ({"segments": [{**SMB, "from_mrr": -1}]}, "greater than or equal to 0"),
        ({"segments": [{**SMB, "most_acounts": 5}]}, "Extra inputs"),
        ({"csms": [ANA, {"email": "ANA@Seller.example"}]}, "Each CSM may stand in one line only"),
        ({"csms": [ANA, {"email": " ana@seller.example\n"}]}, "Each CSM may stand in one line only"),
        *(
            ({"csms": [{"email": wrong}]}, f"{wrong!r} is not an e-mail address: write it like ana@example.com")
            for wrong in ("ana", "", "ana@", "@seller.example", "ana@b@c.example", "ana diaz@seller.example")
        ),
        ({"slack_members": {"Ana Diaz": "U012AB3CD"}}, "'Ana Diaz' is not an e-mail address: write it like"),
        *(
            ({"slack_members": {"ana@seller.example": wrong}}, f"{wrong!r} is not a Slack member id: copy it from")
            for wrong in ("ana", "", "C012AB3CD", "u012ab3cd", "U012 AB3CD", "@ana")
        ),
        ({"csms": [{**ANA, "capacity": 0}]}, "greater than 0"),
        ({"csms": [{**ANA, "capacity": "2.01"}]}, "less than or equal to 2"),
        ({"csms": [{**ANA, "capacity": "NaN"}]}, "finite number"),
        ({"csms": [{**ANA, "ramp_up": 0}]}, "greater than 0"),
        ({"csms": [{**ANA, "ramp_up": "1.1"}]}, "less than or equal to 1"),
        ({"csms": [{**ANA, "most_accounts": -1}]}, "greater than or equal to 0"),
        ({"csms": [{**ANA, "capcity": 1}]}, "Extra inputs"),
        ({"weight_of_mrr": "1.01"}, "less than or equal to 1"),
        ({"weight_of_mrr": "-0.01"}, "greater than or equal to 0"),
        ({"hand_over_days": 91}, "less than or equal to 90"),
        ({"hand_over_days": -1}, "greater than or equal to 0"),
        ({"return_buffer_days": 31}, "less than or equal to 30"),
        ({"return_buffer_days": -1}, "greater than or equal to 0"),
        ({"csm_channel": "csms"}, "is not a Slack channel: write #name"),
        ({"recurly_wait_seconds": -1}, "greater than or equal to 0"),
        ({"end_look_ahead_days": 366}, "less than or equal to 365"),
        ({"end_look_ahead_days": -1}, "greater than or equal to 0"),
        ({"end_notice_days": -1}, "greater than or equal to 0"),
        ({"end_notice_days": 31}, "Notice: must not be more days than those of the look-ahead"),
        ({"end_look_ahead_days": 13}, "must not be more days than those of the look-ahead"),
        ({"end_catch_up_days": 0}, "greater than or equal to 1"),
        ({"end_catch_up_days": 366}, "less than or equal to 365"),
        ({"guard_max_count": -1}, "greater than or equal to 0"),
        ({"guard_max_percent": "100.1"}, "less than or equal to 100"),
        ({"guard_max_percent": "-0.1"}, "greater than or equal to 0"),
        ({"guard_min_count": -1}, "greater than or equal to 0"),
        ({"field_map": {"account": {"lms_company_id": "Id FROM User --"}}}, "is not a field's API name"),
        ({"field_map": {"account": {"lms_company_id": "Übung__c"}}}, "is not a field's API name"),
        ({"field_map": {"account": {"lms_compny_id": "X__c"}}}, "Extra inputs"),
    ],
)
def test_a_wrong_setting_is_told_in_words_for_its_editor(changes, words):
    with pytest.raises(ValidationError, match=words):
        Policy(**changes)


def test_addresses_and_member_ids_are_taken_without_outer_white_space():
    policy = Policy(csms=[{"email": " ana@seller.example\n"}], slack_members={" ana@seller.example ": "\tW012AB3CD "})
    assert policy.csms[0].email == "ana@seller.example"
    assert policy.slack_members == {"ana@seller.example": "W012AB3CD"}


def test_a_trial_orgs_address_that_ends_in_invalid_is_an_address():
    assert Policy(csms=[{"email": "ana@seller.example.invalid"}]).csms[0].email == "ana@seller.example.invalid"


def test_a_channel_may_be_given_by_its_id():
    assert Policy(sales_channel="C0123ABCD").sales_channel == "C0123ABCD"


def test_pub_6_upmc_is_the_client_without_a_welcome_mail_that_the_procedure_names():
    assert Policy().no_welcome_clients == ["UPMC"]
    assert Policy(no_welcome_clients=[]).no_welcome_clients == []


def test_pub_6_clients_without_a_welcome_mail_are_names_and_ids_without_what_was_typed_around_them():
    typed = [" UPMC ", "001000000000001AAA\n"]
    assert Policy(no_welcome_clients=typed).no_welcome_clients == ["UPMC", "001000000000001AAA"]


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_pub_6_a_blank_client_is_refused(blank):
    with pytest.raises(ValidationError, match="A line is empty: write the name or the id of an account"):
        Policy(no_welcome_clients=["UPMC", blank])
