"""The Onboarding Report (ONB-5), and the check of an org: said by a local server."""

import json

import pytest

from blocks.common.errors import UnexpectedResponse
from blocks.common.field_map import FieldMap
from tests.blocks import blocks
from tests.blocks.salesforce.responses import TOKEN, page
from tests.blocks.vendor import says


def report(rows, *, all_data=True, filters=(), logic=None):
    return says(
        {
            "allData": all_data,
            "factMap": {
                "T!T": {
                    "rows": [{"dataCells": [{"label": "x", "value": v} for v in row]} for row in rows],
                    "aggregates": [],
                }
            },
            "reportMetadata": {
                "id": blocks.REPORT_ID,
                "detailColumns": ["ACCOUNT_NAME", "OPPORTUNITY_ID"],
                "reportFilters": list(filters),
                "reportBooleanFilter": logic,
            },
        }
    )


@pytest.mark.parametrize(
    ("cell", "listed"),
    [
        (blocks.OPPORTUNITY, True),
        (blocks.OPPORTUNITY[:15], True),
        (blocks.OPPORTUNITY[:15].lower() + "x", False),
        ("006000000000002AAA", False),
        (None, False),
    ],
)
def test_a_report_lists_a_record_by_its_id_in_either_form(vendor, client, cell, listed):
    vendor.will_say(TOKEN, report([["Acme", cell]]))
    assert client.report_lists(blocks.REPORT_ID, blocks.OPPORTUNITY) is listed
    assert len(vendor.received) == 2


@pytest.mark.parametrize("listed", [True, False])
def test_a_report_that_is_cut_off_is_asked_for_the_record_beside_its_own_filters(vendor, client, listed):
    """ONB-5: a report answers with 2,000 rows at most."""
    own = {"column": "STAGE", "operator": "equals", "value": "Closed Won"}
    cut = report([["Acme", "006000000000009AAA"]], all_data=False, filters=[own, own], logic="1 OR 2")
    vendor.will_say(TOKEN, cut, report([["Beta", blocks.OPPORTUNITY]] if listed else []))
    assert client.report_lists(blocks.REPORT_ID, blocks.OPPORTUNITY) is listed
    asked = vendor.received[2]
    assert asked.method == "POST"
    assert json.loads(asked.body) == {
        "reportMetadata": {
            "reportFilters": [
                own,
                own,
                {"column": "OPPORTUNITY_ID", "operator": "equals", "value": blocks.OPPORTUNITY},
            ],
            "reportBooleanFilter": "(1 OR 2) AND 3",
        }
    }


def test_a_cut_off_report_without_ids_is_told(vendor, client):
    vendor.will_say(TOKEN, report([["Acme", "Closed Won"]], all_data=False))
    with pytest.raises(UnexpectedResponse, match="Add the id as a column"):
        client.report_lists(blocks.REPORT_ID, blocks.OPPORTUNITY)


def org(*, organization=blocks.ORG_ID, without=(), readonly=()):
    """Replies of an org with the assumed fields, for the check."""
    described = [
        says(
            {
                "fields": [
                    {"name": name, "updateable": name not in readonly}
                    for name, _ in one.api_names()
                    if name not in without
                ]
            }
        )
        for one in FieldMap().objects()
    ]
    return [TOKEN, page({"Id": organization}), *described, report([])]


async def test_the_check_names_every_field_and_right_that_is_missing(vendor):
    block = blocks.salesforce(vendor.url, consumer_key="of the first check")
    vendor.will_say(*org(without=["User_Count__c"], readonly=["LMS_Company_Id__c", "User_Count__c", "Plan_Amount__c"]))
    checks = await block.check()
    assert {check.name: check.message for check in checks if not check.ok}.keys() == {
        "Account.LMS_Company_Id__c",
        "Contract.User_Count__c",
    }
    assert len(checks) == 3 + 36


async def test_the_check_tells_another_organization(vendor):
    block = blocks.salesforce(vendor.url, consumer_key="of the second check")
    vendor.will_say(*org(organization="00D000000000002EAA"))
    assert [check.name for check in await block.check() if not check.ok] == ["organization"]


async def test_the_check_of_wrong_credentials_says_where_to_edit_them(vendor):
    block = blocks.salesforce(vendor.url, consumer_key="of the third check")
    vendor.will_say(says({"error": "invalid_client"}, 401))
    (check,) = await block.check()
    assert not check.ok
    assert "Consumer Secret" in check.message
