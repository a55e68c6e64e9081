"""A bare org: nothing of ours is there until it is deployed, and nothing is seen until it is assigned."""

import httpx
import pytest

from tests.deployments.salesforce.usage import statements
from tests.support.metadata import GO_LIVE, SOURCE, VERSION, admin, assign, deploy, found, package

USER = "integration@sandbox.example"
STATEMENTS, _ = statements()


@pytest.fixture
def org(stand_in):
    stand_in.reset("bare")
    with admin(stand_in) as client:
        yield client
    stand_in.reset("empty")


def status(org, soql):
    return org.get(f"{VERSION}/query", params={"q": soql}).status_code


def fields(org, name):
    described = org.get(f"{VERSION}/sobjects/{name}/describe")
    return {one["name"]: one for one in described.json()["fields"]} if described.is_success else {}


def test_a_bare_org_shows_its_user_nothing_but_users_and_files(org):
    assert {one["name"] for one in org.get(f"{VERSION}/sobjects").json()["sobjects"]} == {
        "User", "Organization", "PermissionSet", "PermissionSetAssignment",
        "ContentVersion", "ContentDocument", "ContentDocumentLink",
    }  # fmt: skip
    assert "CS_Role__c" not in fields(org, "User")
    assert status(org, "SELECT Id FROM Account") == httpx.codes.BAD_REQUEST


def test_the_two_slashes_with_which_the_salesforce_cli_begins_are_one(org):
    assert org.get(f"{org.base_url}/{VERSION}").json() == org.get(VERSION).json()


def test_what_is_deployed_is_seen_by_nobody_before_the_permission_set_is_assigned(org):
    assert deploy(org, package(SOURCE))["status"] == "Succeeded"
    assert fields(org, "Account") == {}
    assert "CS_Role__c" not in fields(org, "User")
    assign(org, USER)
    assert fields(org, "Account")["LMS_Company_Id__c"]["updateable"] is True
    assert fields(org, "Account")["Health__c"]["updateable"] is False
    assert "CS_Role__c" in fields(org, "User")
    assert [row["Name"] for row in found(org, "SELECT Name FROM Report")] == ["Onboarding Report"]


def test_with_the_permission_set_every_statement_of_the_code_is_answered(org):
    deploy(org, package(SOURCE))
    assign(org, USER)
    refused = [soql for soql in STATEMENTS if status(org, soql) != httpx.codes.OK]
    assert refused == []


def test_without_it_hardly_one_is(org):
    deploy(org, package(SOURCE))
    answered = {soql for soql in STATEMENTS if status(org, soql) == httpx.codes.OK}
    assert all(" FROM User" in soql or " FROM Organization" in soql or "ContentDocument" in soql for soql in answered)


def test_a_field_that_the_permission_set_does_not_name_is_not_there(org):
    deploy(org, package(SOURCE))
    assign(org, USER)
    for soql in ("SELECT Phone FROM Account", "SELECT Origin FROM Case", "SELECT Location FROM Event"):
        assert status(org, soql) == httpx.codes.BAD_REQUEST, soql


def test_a_change_that_the_permission_set_does_not_allow_is_refused(org, stand_in):
    deploy(org, package(SOURCE))
    assign(org, USER)
    seeded = stand_in.seed(salesforce={"records": [{"type": "Account", "Name": "Acme"}]})
    path = f"{VERSION}/sobjects/Account/{seeded['salesforce']['ids'][0]}"
    assert org.patch(path, json={"LMS_Company_Id__c": "7"}).status_code == httpx.codes.NO_CONTENT
    refused = org.patch(path, json={"Health__c": "Watch"})
    assert refused.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert org.post(f"{VERSION}/sobjects/Account", json={"Name": "Other"}).status_code == httpx.codes.BAD_REQUEST


def test_a_validation_changes_nothing(org):
    assert deploy(org, package(SOURCE), checkOnly=True)["status"] == "Succeeded"
    assert found(org, "SELECT Id FROM PermissionSet") == []


@pytest.mark.parametrize(
    ("without", "problem"),
    [
        ("MRR__c", "no CustomField named Account.MRR__c found"),
        ("Customer_Onboarding__c/Customer", "a custom object needs a nameField"),
        ("customPermissions", "no CustomPermission named Customer_Lifecycle_Automation found"),
    ],
)
def test_a_package_that_lacks_a_part_is_refused_as_a_whole(org, without, problem):
    result = deploy(org, package(SOURCE, without=without))
    assert result["status"] == "Failed"
    assert problem in " ".join(one["problem"] for one in result["details"]["componentFailures"])
    assert found(org, "SELECT Id FROM PermissionSet") == []


def test_flows_need_the_outbound_messages_that_they_send(org):
    alone = deploy(org, package(GO_LIVE))
    assert [one["problem"][:27] for one in alone["details"]["componentFailures"]] == ["We can't find an action wit"] * 4
    assert deploy(org, package(SOURCE))["success"]
    assert deploy(org, package(GO_LIVE))["success"]


def test_other_worlds_have_every_field_and_take_no_metadata(stand_in):
    with admin(stand_in) as client:
        form = {"json": (None, '{"deployOptions": {}}', "application/json"), "file": ("d.zip", b"", "application/zip")}
        refused = client.post(f"{VERSION}/metadata/deployRequest", files=form)
        assert refused.json()[0]["errorCode"] == "INVALID_OPERATION"
        assert "LMS_Company_Id__c" in fields(client, "Account")


def test_nobody_deploys_without_a_login(stand_in):
    answer = httpx.post(f"{stand_in.url}{VERSION}/metadata/deployRequest", trust_env=False)
    assert answer.status_code == httpx.codes.UNAUTHORIZED
