"""How much of the org's daily allowance is used, as the latest response says (REC-1)."""

import pytest

from tests.blocks.salesforce.responses import TOKEN, page
from tests.blocks.vendor import Reply


def test_the_usage_is_that_of_the_latest_response(org):
    client = org.client()
    client.query("SELECT Id FROM Account")
    used, allowed = client.api_usage
    assert (allowed, used > 0) == (15_000, True)
    client.queries(["SELECT Id FROM Account", "SELECT Id FROM Contact"])
    assert client.api_usage == (used + 1, allowed)


def test_before_the_first_call_nothing_is_known(client):
    assert client.api_usage is None


@pytest.mark.parametrize(
    "header", [None, "", "api-usage=", "api-usage=1", "api-usage=0/0", "per-app-api-usage=1/2(appName=x)"]
)
def test_a_response_that_does_not_say_leaves_it_unknown(vendor, client, header):
    headers = {} if header is None else {"Sforce-Limit-Info": header}
    vendor.will_say(TOKEN, Reply(body=page().body, headers=headers))
    client.query("SELECT Id FROM Account")
    assert client.api_usage is None


def test_the_usage_of_the_app_is_not_the_orgs(vendor, client):
    header = "api-usage=25/5000; per-app-api-usage=17/250(appName=sample)"
    vendor.will_say(TOKEN, Reply(body=page().body, headers={"Sforce-Limit-Info": header}))
    client.query("SELECT Id FROM Account")
    assert client.api_usage == (25, 5000)
