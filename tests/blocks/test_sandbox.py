"""The clients and the stand-ins keep one contract: each call once, as the procedures make it."""

from datetime import date
from decimal import Decimal

import pytest

from blocks.common.errors import CredentialsRejected, VendorRefused
from blocks.salesforce.composite import Subrequest
from tests.blocks.blocks import ACCOUNT


def effects(sandbox, system):
    return len(sandbox.effects(system))


def plant(sandbox, kind, **fields):
    return sandbox.seed(salesforce={"records": [{"type": kind, **fields}]})["salesforce"]["ids"][0]


async def test_every_check_of_a_well_set_up_house_is_well(org, lms, recurly, slack):
    checks = [
        *await org.check(),
        *await lms.check(),
        *await recurly.check(),
        *await slack.check(["#sales", "#cs-operations"]),
    ]
    assert [f"{check.name}: {check.message}" for check in checks if not check.ok] == []
    assert len(checks) > 20


async def test_every_check_tells_wrong_credentials(org, lms, recurly, slack):
    broken = [
        org.model_copy(update={"consumer_secret": type(org.consumer_key)("wrong")}),
        lms.model_copy(update={"api_key": type(org.consumer_key)("wrong")}),
        recurly.model_copy(update={"api_key": type(org.consumer_key)("wrong")}),
        slack.model_copy(update={"token": type(org.consumer_key)("xoxb-wrong")}),
    ]
    for block in broken:
        (check,) = await block.check()
        assert not check.ok
        assert "Blocks → " in check.message


def test_a_sale_is_read_with_its_parents_its_contacts_and_exact_amounts(stand_in, org):
    account = plant(stand_in, "Account", Name="O'Hara Clinics")
    contract = plant(stand_in, "Contract", AccountId=account, Plan_Amount__c=1250.1, User_Count__c=26)
    sale = {"StageName": "Closed Won", "CloseDate": "2026-01-01", "AccountId": account}
    opportunity = plant(stand_in, "Opportunity", Name="O'Hara", ContractId=contract, **sale)
    bare = plant(stand_in, "Opportunity", Name="Bare", **sale)
    contact = plant(stand_in, "Contact", AccountId=account, LastName="Roe", Email="jane@acme.example")
    plant(stand_in, "OpportunityContactRole", OpportunityId=opportunity, ContactId=contact, IsPrimary=True)
    records = org.client().query(
        "SELECT Id, Account.Name, Contract.Plan_Amount__c, "
        "(SELECT Contact.Email FROM OpportunityContactRoles WHERE IsPrimary = true) "
        "FROM Opportunity ORDER BY Name DESC"
    )
    assert records == [
        {
            "Id": opportunity,
            "Account": {"Name": "O'Hara Clinics"},
            "Contract": {"Plan_Amount__c": Decimal("1250.1")},
            "OpportunityContactRoles": [{"Contact": {"Email": "jane@acme.example"}}],
        },
        {"Id": bare, "Account": {"Name": "O'Hara Clinics"}, "Contract": None, "OpportunityContactRoles": []},
    ]


def test_more_records_than_a_page_holds_are_all_read(stand_in, org):
    stand_in.seed(salesforce={"records": [{"type": "Account", "Name": f"Clinic {n}"} for n in range(2001)]})
    assert len({record["Id"] for record in org.client().query("SELECT Id FROM Account")}) == 2001


def test_codes_are_written_to_two_records_in_one_call_or_to_none(stand_in, org):
    """ONB-4, ONB-11."""
    account = plant(stand_in, "Account", Name="Acme")
    opportunity = plant(
        stand_in, "Opportunity", Name="Acme", AccountId=account, StageName="Closed Won", CloseDate="2026-01-01"
    )
    client = org.client()

    def write(level):
        client.composite(
            [
                Subrequest("PATCH", f"sobjects/Account/{account}", "account", {"LMS_Company_Id__c": level}),
                Subrequest("PATCH", f"sobjects/Opportunity/{opportunity}", "opp", {"Service_Level__c": level}),
            ]
        )

    with pytest.raises(VendorRefused, match=opportunity) as caught:
        write("golden")
    assert caught.value.code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert client.get("Account", account, ["LMS_Company_Id__c"])["LMS_Company_Id__c"] is None
    write("premium")
    assert client.get("Account", account, ["LMS_Company_Id__c"])["LMS_Company_Id__c"] == "premium"
    assert client.get("Opportunity", opportunity, ["Service_Level__c"])["Service_Level__c"] == "premium"
    assert effects(stand_in, "salesforce") == 1


def test_the_report_tells_whether_a_sale_is_in_it(stand_in, org):
    """ONB-5."""
    today = date.today().isoformat()  # noqa: DTZ011 -- the sandbox's day is the machine's
    won = [
        plant(stand_in, "Opportunity", Name=name, StageName="Closed Won", CloseDate=today) for name in ("Acme", "Beta")
    ]
    stand_in.behaviour(report_omits=[won[1]])
    listed = [org.client().report_lists(org.onboarding_report_id, one) for one in won]
    assert listed == [True, False]


def test_a_report_of_more_rows_than_it_answers_with_still_tells(stand_in, org):
    """ONB-5."""
    today = date.today().isoformat()  # noqa: DTZ011 -- the sandbox's day is the machine's
    sale = {"type": "Opportunity", "StageName": "Closed Won", "CloseDate": today}
    seeded = stand_in.seed(salesforce={"records": [{**sale, "Name": f"Sale {n:04}"} for n in range(2002)]})
    won = seeded["salesforce"]["ids"]
    stand_in.behaviour(report_omits=[won[1]])
    client = org.client()
    assert client.report_lists(org.onboarding_report_id, won[-1])
    assert client.report_lists(org.onboarding_report_id, won[0])
    assert not client.report_lists(org.onboarding_report_id, won[1])


def test_an_unknown_field_is_told_by_its_name(org):
    with pytest.raises(VendorRefused, match=r"Account\.LMS_Id__c"):
        org.client().query("SELECT LMS_Id__c FROM Account")


def test_an_account_is_found_by_its_code_and_all_are_listed(stand_in, recurly):
    """ONB-12."""
    stand_in.seed(recurly={"accounts": [{"code": f"c{n}", "company": f"Clinic {n}"} for n in range(401)]})
    client = recurly.client()
    assert client.account_by_code("c7")["company"] == "Clinic 7"
    assert client.account_by_code(ACCOUNT) is None
    assert [one["code"] for one in client.accounts()] == [f"c{n}" for n in range(401)]


def test_a_message_is_posted_once_and_found_by_its_key(stand_in, slack):
    client = slack.client()
    before = client.post("#sales", "before", key="before")
    posted = client.post("#sales", "Acme is won", key="onboarding:006")
    since = float(before.ts) - 1
    assert client.find("#sales", "onboarding:006", oldest=since) == posted
    assert client.find(posted.channel, "before", oldest=float(posted.ts)) is None
    assert client.find("#sales", "never", oldest=since) is None
    assert effects(stand_in, "slack") == 2


def test_a_reply_goes_into_its_thread(stand_in, slack):
    first = slack.client().post("#sales", "Acme is won", key="a")
    slack.client().post(first.channel, "One question", key="b", thread_ts=first.ts)
    (channel,) = [one for one in stand_in.state("slack")["channels"] if one["id"] == first.channel]
    assert [(one["text"], one["thread_ts"]) for one in channel["messages"]][-1] == ("One question", first.ts)


def test_a_channel_that_is_not_there_is_told(slack):
    with pytest.raises(VendorRefused, match="channel_not_found"):
        slack.client().post("#nowhere", "x", key="k")


def test_members_are_found_by_their_address(stand_in, slack):
    stand_in.seed(slack={"members": [{"email": "pat@acme.example", "name": "Pat"}]})
    assert slack.client().user_by_email("pat@acme.example")
    assert slack.client().user_by_email("nobody@acme.example") is None


async def test_a_session_that_is_over_is_opened_again(stand_in, org):
    org.client().query("SELECT Id FROM Account")
    stand_in.fault("salesforce", "expired_session", path="/query")
    assert org.client().query("SELECT Id FROM Account") == []
    stand_in.fault("salesforce", "expired_session", path="/query", times=2)
    with pytest.raises(CredentialsRejected):
        org.client().query("SELECT Id FROM Account")
