"""Any answer of any vendor, and what a client may make of it."""

import json
from contextlib import suppress

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from blocks.common.errors import VendorError
from tests.blocks import blocks
from tests.blocks.lms.responses import COMPANY, USER
from tests.blocks.vendor import Reply

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


async def only_our_errors(call):
    with suppress(VendorError):
        await call
