"""Whatever a vendor answers, a client says it in the words of `blocks.common.errors` or returns what it promises."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blocks.common.errors import VendorError
from blocks.salesforce.composite import Subrequest
from tests.blocks import blocks
from tests.blocks.lms.test_client import COMPANY, FORM, USER
from tests.blocks.vendor import Reply, Vendor, started

STATUSES = [200, 200, 200, 201, 204, 300, 302, 304, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503]
KEYS = [
    "done", "records", "nextRecordsUrl", "errorCode", "message", "fields", "error", "code", "companyId", "userId",
    "companies", "users", "holder", "object", "type", "data", "has_more", "next", "id", "company", "compositeResponse",
    "referenceId", "httpStatusCode", "body", "allData", "factMap", "reportMetadata", "detailColumns", "rows",
    "dataCells", "value", "T!T", "ok", "channel", "channels", "messages", "metadata", "response_metadata",
    "next_cursor", "ts", "user", "created_at", "params", *COMPANY, *USER,
]  # fmt: skip
WORDS = [
    "", "account", "list", "error", "invoice", "a", "UNABLE_TO_LOCK_ROW", "INVALID_SESSION_ID", "PROCESSING_HALTED",
    "not_found", "email_taken", "account_exists", "invalid_auth", "ratelimited", "validation", "48213", "2026-01-16",
    "/services/data/v59.0/query/01g", "/accounts?cursor=a", blocks.ACCOUNT, blocks.OPPORTUNITY, "C0123ABCD",
]  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=5), st.sampled_from(WORDS)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=25,
)
BODIES = st.one_of(
    st.binary(max_size=50),
    VALUES.map(lambda value: json.dumps(value).encode()),
    VALUES.map(lambda value: json.dumps(value).encode()[:-1]),
)
REPLIES = st.builds(
    Reply,
    status=st.sampled_from(STATUSES),
    body=BODIES,
    headers=st.fixed_dictionaries(
        {"Content-Type": st.sampled_from(["application/json", "text/html", "application/pdf", "x"])},
        optional={
            "X-Request-Id": st.just("r"),
            "Location": st.just("/elsewhere"),
            "X-RateLimit-Reset": st.sampled_from(["0", "soon", "9" * 30]),
            "Sforce-Limit-Info": st.sampled_from(["api-usage=1/2", "nonsense"]),
        },
    ),
)
often = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def any_vendor() -> Iterator[Vendor]:
    with started() as one:
        yield one


def logging_in(reply):
    token = {"access_token": "t", "instance_url": "https://acme.my.salesforce.com"}

    def answer(received):
        return Reply(body=json.dumps(token).encode()) if "/oauth2/token" in received.path else reply

    return answer


async def only_our_errors(call):
    with suppress(VendorError):
        await call


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
