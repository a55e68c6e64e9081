"""Several changes in one call (contracts 1.4 to 1.6), through the real client."""

import pytest
from simple_salesforce.exceptions import SalesforceMalformedRequest
from simple_salesforce.format import format_soql

from tests.sandbox.clients import connect

BASE = "/services/data/v59.0"


@pytest.fixture
def sf(stand_in):
    return connect(stand_in)


def step(method, path, reference, body=None, **more):
    one = {"method": method, "url": f"{BASE}/{path}", "referenceId": reference} | more
    return one if body is None else one | {"body": body}


def composite(sf, *steps, every=True):
    body = {"allOrNone": every, "collateSubrequests": False, "compositeRequest": list(steps)}
    return sf.restful("composite", method="POST", json=body)["compositeResponse"]


def refused(sf, *steps, path="composite", **body):
    wanted = body or {"compositeRequest": list(steps)}
    with pytest.raises(SalesforceMalformedRequest) as no:
        sf.restful(path, method="POST", json=wanted)
    return no.value.content[0]


def count(sf, name):
    return sf.query(format_soql("SELECT COUNT() FROM {:literal}", name))["totalSize"]


def collection(sf, method, records, *, every=False, path="composite/sobjects"):
    return sf.restful(path, method=method, json={"allOrNone": every, "records": records})


def account(**fields):
    return {"attributes": {"type": "Account"}} | fields


def test_a_later_step_uses_an_earlier_one_s_id(sf):
    answers = composite(
        sf,
        step("PATCH", "sobjects/Account/LMS_Company_Id__c/K1", "acct", {"Name": "Acme"}),
        step("POST", "sobjects/Task", "task", {"WhatId": "@{acct.id}", "Subject": "Kickoff @{acct.id}"}),
        step("GET", "sobjects/Task/@{task.id}", "read"),
        step("GET", "query?q=SELECT+Id,Name+FROM+Account", "q"),
        step("PATCH", "sobjects/Account/@{q.records[0].Id}", "again", {"Website": "@{read.Id}.example"}),
    )
    assert [answer["httpStatusCode"] for answer in answers] == [201, 201, 200, 200, 204]
    made = answers[0]["body"]["id"]
    assert answers[0]["httpHeaders"]["Location"] == f"{BASE}/sobjects/Account/{made}"
    assert answers[2]["body"]["WhatId"] == made
    assert answers[2]["body"]["Subject"] == f"Kickoff {made}"
    assert [answer["referenceId"] for answer in answers] == ["acct", "task", "read", "q", "again"]


def test_all_or_none_leaves_nothing_behind_and_halts_the_rest(sf, stand_in):
    before = sf.Account.create({"Name": "Before"})["id"]
    effects = len(stand_in.effects("salesforce"))
    answers = composite(
        sf,
        step("PATCH", f"sobjects/Account/{before}", "one", {"Name": "After"}),
        step("POST", "sobjects/Contact", "two", {"FirstName": "No last name"}),
        step("POST", "sobjects/Account", "three", {"Name": "Never"}),
    )
    assert [answer["httpStatusCode"] for answer in answers] == [400, 400, 400]
    codes = [answer["body"][0]["errorCode"] for answer in answers]
    assert codes == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING", "PROCESSING_HALTED"]
    assert sf.Account.get(before)["Name"] == "Before"
    assert count(sf, "Account") == 1
    assert len(stand_in.effects("salesforce")) == effects


def test_some_may_fail_when_not_all_are_wanted_but_what_leans_on_them_is_halted(sf):
    answers = composite(
        sf,
        step("POST", "sobjects/Contact", "bad", {"FirstName": "No last name"}),
        step("POST", "sobjects/Task", "leans", {"WhoId": "@{bad.id}"}),
        step("POST", "sobjects/Account", "good", {"Name": "Acme"}),
        every=False,
    )
    assert [answer["httpStatusCode"] for answer in answers] == [400, 400, 201]
    assert answers[1]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert count(sf, "Account") == 1


def test_a_composite_with_a_change_is_one_effect_and_one_call(sf, stand_in):
    used = sf.limits()["DailyApiRequests"]["Remaining"]
    composite(sf, *(step("POST", "sobjects/Account", f"a{n}", {"Name": "A"}) for n in range(25)))
    assert len(stand_in.effects("salesforce")) == 1
    assert used - sf.limits()["DailyApiRequests"]["Remaining"] == 2


def test_a_composite_that_changes_nothing_has_no_effect(sf, stand_in):
    made = sf.Account.create({"Name": "Same"})["id"]
    composite(sf, step("PATCH", f"sobjects/Account/{made}", "same", {"Name": "Same"}))
    assert len(stand_in.effects("salesforce")) == 1


def test_more_than_25_steps_or_5_heavy_ones_are_refused(sf):
    refused(sf, *(step("GET", "limits", f"r{n}") for n in range(26)))
    refused(sf, *(step("GET", "query?q=SELECT+Id+FROM+Account", f"q{n}") for n in range(6)))
    answers = composite(sf, *(step("GET", "query?q=SELECT+Id+FROM+Account", f"q{n}") for n in range(5)))
    assert {answer["httpStatusCode"] for answer in answers} == {200}


@pytest.mark.parametrize(
    "broken",
    [
        {"compositeRequest": []},
        {"compositeRequest": "x"},
        {"compositeRequest": [{"method": "GET"}]},
        {"compositeRequest": [step("GET", "limits", "not-a-name")]},
        {"compositeRequest": [step("GET", "limits", "twice"), step("GET", "limits", "twice")]},
        {"compositeRequest": [step("GET", "limits", "one", httpHeaders={"Authorization": "x"})]},
        {"compositeRequest": [{"method": "GET", "url": "http://elsewhere.example/x", "referenceId": "one"}]},
    ],
)
def test_a_malformed_outer_body_is_a_plain_refusal(sf, broken):
    assert refused(sf, **broken)["errorCode"] == "JSON_PARSER_ERROR"


def test_a_collection_answers_row_by_row_in_its_order(sf):
    rows = collection(sf, "POST", [account(Name="A"), account(), account(Name="C")])
    assert [row["success"] for row in rows] == [True, False, True]
    assert "id" not in rows[1]
    assert rows[1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert rows[1]["errors"][0]["fields"] == ["Name"]
    assert count(sf, "Account") == 2


def test_a_collection_of_all_or_none_rolls_the_innocent_back(sf, stand_in):
    rows = collection(sf, "POST", [account(Name="A"), account()], every=True)
    codes = [row["errors"][0]["statusCode"] for row in rows]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]
    assert count(sf, "Account") == 0
    assert stand_in.effects("salesforce") == []


def test_a_collection_changes_upserts_and_deletes(sf):
    made = [row["id"] for row in collection(sf, "POST", [account(Name="A"), account(Name="B")])]
    rows = collection(sf, "PATCH", [account(id=made[0], Name="A2"), account(Name="No id")])
    assert [row["success"] for row in rows] == [True, False]
    path = "composite/sobjects/Account/LMS_Company_Id__c"
    keyed = [account(LMS_Company_Id__c=key, Name="K") for key in ("1", "2", "1")]
    assert [row["created"] for row in collection(sf, "PATCH", keyed, path=path)] == [True, True, False]
    gone = sf.restful("composite/sobjects", method="DELETE", params={"ids": ",".join(made), "allOrNone": "true"})
    assert [row["id"] for row in gone] == made
    assert count(sf, "Account") == 2


def test_a_collection_takes_200_records_in_at_most_10_chunks_of_a_type(sf):
    many = [account(Name="A") for _ in range(201)]
    assert refused(sf, path="composite/sobjects", records=many)["errorCode"] == "EXCEEDED_ID_LIMIT"
    assert len(collection(sf, "POST", many[:200])) == 200
    contact = {"attributes": {"type": "Contact"}, "LastName": "Doe"}
    assert refused(sf, path="composite/sobjects", records=[account(Name="A"), contact] * 6)


def test_a_failing_collection_undoes_the_composite_around_it(sf):
    bad = {"allOrNone": True, "records": [account(Name="B"), account()]}
    answers = composite(
        sf, step("POST", "sobjects/Account", "one", {"Name": "A"}), step("POST", "composite/sobjects", "many", bad)
    )
    assert answers[0]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert count(sf, "Account") == 0


def test_a_batch_runs_each_on_its_own_and_counts_each(sf):
    used = sf.limits()["DailyApiRequests"]["Remaining"]
    wanted = [
        {"method": "POST", "url": "v59.0/sobjects/Account", "richInput": {"Name": "A"}},
        {"method": "GET", "url": "v59.0/sobjects/Account/junk"},
        {"method": "GET", "url": "v59.0/limits"},
    ]
    answer = sf.restful("composite/batch", method="POST", json={"batchRequests": wanted})
    assert answer["hasErrors"] is True
    assert [result["statusCode"] for result in answer["results"]] == [201, 400, 200]
    assert used - sf.limits()["DailyApiRequests"]["Remaining"] == 5
    assert count(sf, "Account") == 1


def test_a_batch_halts_when_told_and_keeps_what_was_done(sf):
    wanted = [
        {"method": "POST", "url": "v59.0/sobjects/Account", "richInput": {"Name": "A"}},
        {"method": "GET", "url": "v59.0/sobjects/Account/junk"},
        {"method": "POST", "url": "v59.0/sobjects/Account", "richInput": {"Name": "B"}},
    ]
    body = {"haltOnError": True, "batchRequests": wanted}
    results = sf.restful("composite/batch", method="POST", json=body)["results"]
    assert [result["statusCode"] for result in results] == [201, 400, 412]
    assert results[2]["result"][0]["errorCode"] == "BATCH_PROCESSING_HALTED"
    assert count(sf, "Account") == 1
