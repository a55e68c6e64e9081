"""Whatever a vendor answers, a client says it in the words of `blocks.common.errors` or returns what it promises."""

import asyncio
import json

from hypothesis import given

from blocks.salesforce.composite import Subrequest
from tests.blocks import blocks
from tests.blocks.arbitrary_replies import REPLIES, often, only_our_errors
from tests.blocks.lms.forms import FORM
from tests.blocks.vendor import Reply


def logging_in(reply):
    token = {"access_token": "t", "instance_url": "https://acme.my.salesforce.com"}

    def answer(received):
        return Reply(body=json.dumps(token).encode()) if "/oauth2/token" in received.path else reply

    return answer


@often
@given(reply=REPLIES)
async def test_salesforce(any_vendor, reply):
    client = blocks.salesforce(any_vendor.url).client()
    write = Subrequest("PATCH", f"sobjects/Account/{blocks.ACCOUNT}", "a", {})
    any_vendor.will_say(logging_in(reply))
    for call in (
        lambda: client.query("SELECT Id, (SELECT Id FROM Contacts) FROM Account"),
        lambda: client.report_lists(blocks.REPORT_ID, blocks.OPPORTUNITY),
        lambda: client.composite([write]),
        lambda: client.describe("Account"),
        lambda: client.get("Account", blocks.ACCOUNT, ["Name"]),
    ):
        await only_our_errors(asyncio.to_thread(call))


@often
@given(reply=REPLIES)
async def test_salesforce_login(any_vendor, reply):
    org = blocks.salesforce(any_vendor.url)
    any_vendor.will_say(reply)
    await only_our_errors(asyncio.to_thread(lambda: org._login().login()))


@often
@given(reply=REPLIES)
async def test_lms(any_vendor, reply):
    client = blocks.lms(any_vendor.url).client()
    any_vendor.will_say(reply)
    await only_our_errors(client.pre_sign(FORM, idempotency_key=blocks.OPPORTUNITY))
    await only_our_errors(client.company("1"))
    await only_our_errors(client.company_of_account(blocks.ACCOUNT))
    await only_our_errors(client.user_by_email("jane@x.org"))
    await only_our_errors(client.set_modules("1", ["learning"]))
    await only_our_errors(client.change_email("1", "jane@x.org"))
    await only_our_errors(client.by_account.companies_between("", ""))
    await only_our_errors(client.by_account.publications_of([blocks.ACCOUNT]))


@often
@given(reply=REPLIES)
async def test_recurly(any_vendor, reply):
    client = blocks.recurly(any_vendor.url).client()
    any_vendor.will_say(reply)
    await only_our_errors(asyncio.to_thread(lambda: client.account_by_code("x")))
    await only_our_errors(asyncio.to_thread(lambda: list(client.accounts())))


@often
@given(reply=REPLIES)
async def test_slack(any_vendor, reply):
    client = blocks.slack(any_vendor.url).client()
    any_vendor.will_say(reply)
    for call in (
        lambda: client.post("#sales", "x", key="k"),
        lambda: client.find("#sales", "k", oldest=0),
        lambda: client.user_by_email("jane@x.org"),
        client.scopes,
    ):
        await only_our_errors(asyncio.to_thread(call))
