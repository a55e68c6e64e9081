"""The comparison of the LMS's traffic with its document notices each kind of difference."""

import httpx
import pytest

from tests.support.lms_traffic import Traffic

HEADERS = {"X-API-Key": "key"}
SIGNED_UP = {"companyId": "48213", "userId": "900112"}
PUBLICATION = {"organizationName": "Acme", "publicationName": "North", "companyId": "48213", "details": {}}
CREATED = {**PUBLICATION, "id": "7001", "status": "active"}
BUSY = {"error": {"code": "rate_limited", "message": "Slower"}}


def violations(method, path, status, body, **request):
    asked = httpx.Request(method, f"http://lms.test/lms{path}", **{"headers": HEADERS, **request})
    traffic = Traffic()
    traffic.note_now(httpx.Response(status, json=body, request=asked))
    return traffic.violations()


def created(status=201, body=CREATED, **changes):
    request = {"headers": HEADERS | {"Idempotency-Key": "1"}, "json": PUBLICATION, **changes}
    return violations("POST", "/api/publications", status, body, **request)


def users(**request):
    return violations("GET", "/api/users", 200, {"users": []}, **request)


def test_what_is_as_in_the_document_has_no_violation():
    assert created() == users(params={"email": "jane+1@acme.example"}) == []


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (violations("DELETE", "/api/companies/1", 404, {}), "no call of the document"),
        (created(body=CREATED | {"id": 7001}), "id: 7001 is not of type 'string'"),
        (created(status=202), "'error' is a required property"),
        (created(status=429, body=BUSY), "without Retry-After"),
        (created(headers=HEADERS), "Idempotency-Key: None"),
        (created(headers={"Idempotency-Key": "1"}), "no key"),
        (created(json=PUBLICATION | {"planet": "Mars"}), "'planet' was unexpected"),
        (created(json=None, data=PUBLICATION | {"details": "x"}), "Content-Type"),
        (users(), "no email"),
        (users(params={"email": "jane@x.org", "page": "1"}), "unknown parameter page"),
        (users(params={"email": "x"}), "email: 'x'"),
    ],
)
def test_each_difference_is_a_violation(found, says):
    assert len(found) == 1
    assert says in found[0]
