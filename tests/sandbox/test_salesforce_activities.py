"""What the org computes of cases and activities: when a case was closed, and whose account an activity is about."""

import pytest

from tests.sandbox.clients import connect, refused


@pytest.fixture
def sf(stand_in):
    return connect(stand_in)


def test_a_case_is_closed_once_and_opened_again(sf, stand_in):
    account = sf.Account.create({"Name": "Acme"})["id"]
    case = sf.Case.create({"AccountId": account, "Type": "Question"})["id"]
    assert sf.Case.get(case)["ClosedDate"] is None
    sf.Case.update(case, {"Status": "Closed"})
    closed = sf.Case.get(case)["ClosedDate"]
    stand_in.clock("2031-05-06")
    sf.Case.update(case, {"Subject": "Thanks"})
    assert sf.Case.get(case)["ClosedDate"] == closed
    sf.Case.update(case, {"Status": "Working"})
    assert sf.Case.get(case)["ClosedDate"] is None
    sf.Case.update(case, {"Status": "Closed"})
    assert sf.Case.get(case)["ClosedDate"][:10] in ("2031-05-06", "2031-05-07")
    assert refused(sf.Case.update, case, {"ClosedDate": closed})["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_an_activity_is_of_the_account_of_what_it_is_about_or_else_of_whom_it_is_with(sf):
    account, other = (sf.Account.create({"Name": name})["id"] for name in ("Acme", "Other"))
    contact = sf.Contact.create({"LastName": "Roe", "AccountId": other})["id"]
    sale = {"Name": "Sale", "StageName": "Qualification", "CloseDate": "2026-12-01", "AccountId": account}
    about = {
        "account": {"WhatId": account},
        "sale": {"WhatId": sf.Opportunity.create(sale)["id"]},
        "case": {"WhatId": sf.Case.create({"AccountId": account})["id"]},
        "onboarding": {"WhatId": sf.Customer_Onboarding__c.create({"Account__c": account})["id"]},
        "person": {"WhoId": contact},
        "both": {"WhatId": account, "WhoId": contact},
        "nothing": {},
    }
    tasks = {name: sf.Task.create(fields)["id"] for name, fields in about.items()}
    found = {name: sf.Task.get(task)["AccountId"] for name, task in tasks.items()}
    assert found == dict.fromkeys(about, account) | {"person": other, "nothing": None}
    sf.Task.update(tasks["nothing"], {"WhatId": account})
    assert sf.Task.get(tasks["nothing"])["AccountId"] == account
    assert refused(sf.Task.create, {"AccountId": account})["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
