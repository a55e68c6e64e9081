"""What the org does by itself (contracts 9): the onboarding record, the welcome e-mail, the new colleague."""

import pytest

from tests.sandbox.clients import connect


@pytest.fixture
def sf(stand_in):
    return connect(stand_in)


def sale(sf, email="dana@x.org"):
    account = sf.Account.create({"Name": "Acme"})["id"]
    contact = sf.Contact.create({"FirstName": "Dana", "LastName": "Doe", "AccountId": account, "Email": email})["id"]
    fields = {"Name": "Sale", "StageName": "Closed Won", "CloseDate": "2026-03-01", "AccountId": account}
    opportunity = sf.Opportunity.create(fields)["id"]
    role = {"OpportunityId": opportunity, "ContactId": contact, "IsPrimary": True}
    sf.OpportunityContactRole.create(role)
    return opportunity


def team(sf):
    user = sf.query("SELECT Id FROM User")["records"][0]["Id"]
    names = ("Customer_Success_Manager", "Customer_Onboarding_Manager", "Customer_Success_Manager_Leader")
    return {f"{name}_NEW__c": user for name in names}


def onboardings(state):
    return state["records"]["Customer_Onboarding__c"]


def welcomes(sandbox):
    return [mail for mail in sandbox.state("mail")["mails"] if mail["kind"] == "welcome"]


def test_the_onboarding_record_comes_when_all_three_fields_are_set(sf, stand_in):
    opportunity = sale(sf)
    fields = team(sf)
    last = fields.popitem()
    sf.Opportunity.update(opportunity, fields)
    assert onboardings(stand_in.state("salesforce")) == []
    sf.Opportunity.update(opportunity, dict([last]))
    (record,) = onboardings(stand_in.until("salesforce", onboardings))
    assert record["Opportunity__c"] == opportunity
    assert record["Account__c"] == sf.Opportunity.get(opportunity)["AccountId"]


def test_a_sale_has_one_onboarding_record_however_often_the_fields_are_set(sf, stand_in):
    first, second = sale(sf), sale(sf)
    sf.Opportunity.update(first, team(sf))
    stand_in.until("salesforce", onboardings)
    sf.Opportunity.update(first, dict.fromkeys(team(sf)))
    sf.Opportunity.update(first, team(sf))
    # The second sale's record comes after whatever the first one's change could have brought.
    sf.Opportunity.update(second, team(sf))
    state = stand_in.until("salesforce", lambda s: any(o["Opportunity__c"] == second for o in onboardings(s)))
    assert [one["Opportunity__c"] for one in onboardings(state)] == [first, second]


def test_the_onboarding_record_never_comes_when_told(sf, stand_in):
    never, soon = sale(sf), sale(sf)
    stand_in.behaviour(onboarding_record="never")
    sf.Opportunity.update(never, team(sf))
    stand_in.behaviour(onboarding_record="soon")
    sf.Opportunity.update(soon, team(sf))
    state = stand_in.until("salesforce", onboardings)
    assert [one["Opportunity__c"] for one in onboardings(state)] == [soon]


def test_the_welcome_mail_goes_to_the_primary_contact_when_the_box_is_ticked(sf, stand_in):
    opportunity = sale(sf)
    record = sf.Customer_Onboarding__c.create({"Name": "Sale", "Opportunity__c": opportunity})["id"]
    assert welcomes(stand_in) == []
    sf.Customer_Onboarding__c.update(record, {"Send_Onboarding_Email__c": True})
    assert [mail["to"] for mail in welcomes(stand_in)] == ["dana@x.org"]


def test_ticking_a_ticked_box_sends_nothing_but_off_and_on_sends_again(sf, stand_in):
    opportunity = sale(sf)
    record = sf.Customer_Onboarding__c.create({"Opportunity__c": opportunity, "Send_Onboarding_Email__c": True})["id"]
    sf.Customer_Onboarding__c.update(record, {"Send_Onboarding_Email__c": True, "Learning__c": True})
    assert len(welcomes(stand_in)) == 1
    sf.Customer_Onboarding__c.update(record, {"Send_Onboarding_Email__c": False})
    sf.Customer_Onboarding__c.update(record, {"Send_Onboarding_Email__c": True})
    assert len(welcomes(stand_in)) == 2


def test_what_is_rolled_back_sends_no_mail(sf, stand_in):
    opportunity = sale(sf)
    base = "/services/data/v59.0/sobjects"
    steps = [
        {
            "method": "POST", "url": f"{base}/Customer_Onboarding__c", "referenceId": "a",
            "body": {"Opportunity__c": opportunity, "Send_Onboarding_Email__c": True},
        },
        {"method": "POST", "url": f"{base}/Contact", "referenceId": "b", "body": {}},
    ]  # fmt: skip
    sf.restful("composite", method="POST", json={"allOrNone": True, "compositeRequest": steps})
    assert welcomes(stand_in) == []


def test_a_new_user_is_a_member_of_the_slack_workspace(sf, stand_in):
    user = {"LastName": "Novak", "FirstName": "Ada", "Email": "ada@x.org", "Username": "ada@x.org"}
    sf.User.create(user)
    assert "ada@x.org" in str(stand_in.state("slack"))


def test_an_automation_empties_its_field_whenever_it_was_filled_until_it_is_switched_off(sf, stand_in):
    stand_in.behaviour(clears="Account.CS_Status__c")
    account = sf.Account.create({"Name": "Acme"})["id"]
    sf.Account.update(account, {"CS_Status__c": "Active", "Phone": "1"})
    assert (sf.Account.get(account)["CS_Status__c"], sf.Account.get(account)["Phone"]) == (None, "1")
    stand_in.behaviour(clears="")
    sf.Account.update(account, {"CS_Status__c": "Active"})
    assert sf.Account.get(account)["CS_Status__c"] == "Active"
