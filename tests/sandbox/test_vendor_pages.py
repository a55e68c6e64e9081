"""The pages of LMS, Recurly and Outreach, on which a person sees what a run did."""

from collections.abc import Iterator

import httpx
import pytest

from tests.support.sandbox import SandboxProcess

ACCOUNT = "001000000000001AAA"
MARKUP = "<b>Acme</b>"


@pytest.fixture
def site(stand_in: SandboxProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stand_in.url, trust_env=False, follow_redirects=True) as client:
        yield client


def test_a_company_is_listed_and_shown_with_users_modules_and_publications(stand_in, site):
    company = stand_in.seed(lms={"companies": [{"accountId": ACCOUNT, "name": MARKUP, "modules": ["learning", "sso"]}]})
    (number,) = company["lms"]["companies"]
    user = {"email": "dana@acme.example", "firstName": "Dana", "lastName": "Roe", "companyId": number}
    gone = user | {"email": "noor@acme.example", "status": "terminated"}
    publication = {"organizationName": "Acme", "publicationName": "Acme Weekly", "companyId": number}
    stand_in.seed(lms={"users": [user, gone], "publications": [publication]})
    for query in ("", "acme", number, ACCOUNT, "dana@acme.example"):
        assert f"/lms/companies/{number}" in site.get("/lms", params={"q": query}).text or query
        assert f"/lms/companies/{number}" in site.get("/lms/companies", params={"q": query}).text
    assert number not in site.get("/lms/companies", params={"q": "nobody"}).text
    shown = site.get(f"/lms/companies/{number}").text
    assert [
        word for word in ("sso", "dana@acme.example", "Acme Weekly", f"/r/{ACCOUNT}/view") if word not in shown
    ] == []
    assert (shown.count("<td>yes</td>"), shown.count("<td>no</td>")) == (1, 1)
    assert MARKUP not in shown
    assert site.get("/lms/companies/1").status_code == 404


def test_nobody_logs_in_after_the_last_day_of_a_company(stand_in, site):
    company = {"accountId": ACCOUNT, "name": "Acme", "deactivateOn": "2026-12-31", "deactivationReason": "End"}
    (number,) = stand_in.seed(lms={"companies": [company]})["lms"]["companies"]
    user = {"email": "dana@acme.example", "firstName": "Dana", "lastName": "Roe", "companyId": number}
    stand_in.seed(lms={"users": [user]})
    for day, able in (("2026-12-31", "yes"), ("2027-01-01", "no")):
        stand_in.clock(day)
        assert f"<td>{able}</td>" in site.get(f"/lms/companies/{number}").text


def test_an_account_is_listed_and_shown_with_its_subscriptions_and_no_token(stand_in, site):
    account = {"code": ACCOUNT, "company": MARKUP, "email": "dana@acme.example"}
    subscription = {"account_code": ACCOUNT, "plan_name": "Standard, yearly", "quantity": 2, "unit_amount": 240.0}
    (number,) = stand_in.seed(recurly={"accounts": [account], "subscriptions": [subscription]})["recurly"]["accounts"]
    assert f"/recurly/app/accounts/{number}" in site.get("/recurly", params={"q": "dana@"}).text
    for key in (number, ACCOUNT):
        shown = site.get(f"/recurly/app/accounts/{key}").text
        assert [word for word in ("Standard, yearly", "480.00 USD", f"/r/{ACCOUNT}/view") if word not in shown] == []
    assert MARKUP not in shown
    assert "token" not in shown
    assert number not in site.get("/recurly/app/accounts", params={"q": "nobody"}).text
    assert site.get("/recurly/app/accounts/none").status_code == 404


def test_a_prospect_is_listed_and_shown_with_owner_sequences_and_tasks(stand_in, site):
    def to(kind: str) -> dict[str, object]:
        return {"data": {"type": kind, "id": 1}}

    person = {"prospect": to("prospect")}
    records = {
        "users": [{"attributes": {"firstName": "Hana", "lastName": "Berg"}}],
        "mailboxes": [{"attributes": {"email": "hana@team.example"}}],
        "sequences": [{"attributes": {"name": "New CSM"}}],
        "accounts": [{"attributes": {"name": "Acme", "customId": ACCOUNT}, "relationships": {"owner": to("user")}}],
        "prospects": [
            {
                "attributes": {"firstName": MARKUP, "lastName": "Roe", "emails": ["dana@acme.example"]},
                "relationships": {"account": to("account"), "owner": to("user")},
            }
        ],
        "sequenceStates": [
            {"attributes": {}, "relationships": {**person, "sequence": to("sequence"), "mailbox": to("mailbox")}}
        ],
        "tasks": [{"attributes": {"note": "Call them"}, "relationships": {**person, "owner": to("user")}}],
    }
    stand_in.seed(outreach=records)
    listed = site.get("/outreach", params={"q": "acme"}).text
    assert [word for word in ("/outreach/prospects/1", "Hana Berg") if word not in listed] == []
    shown = site.get("/outreach/prospects/1").text
    assert [word for word in ("New CSM", "hana@team.example", "Call them", ACCOUNT) if word not in shown] == []
    assert MARKUP not in shown
    assert "New CSM" not in site.get("/outreach/prospects", params={"q": "nobody"}).text
    assert [site.get(f"/outreach/prospects/{number}").status_code for number in (0, 2)] == [404, 404]


def test_pages_are_not_in_the_journal(stand_in, site):
    for path in ("/", "/lms", "/recurly", "/outreach", "/mail", "/salesforce/"):
        assert site.get(path).status_code == 200
    # A list of Salesforce is a page under an address of Salesforce's own.
    assert {entry["path"] for entry in stand_in.journal()} <= {"/lightning/o/Opportunity/list"}
