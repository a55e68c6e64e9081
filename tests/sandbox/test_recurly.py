import http.client
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest
import recurly

from tests.support.sandbox import SandboxProcess

ACCEPT = "application/vnd.recurly.v2021-02-25"


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    """The client fails on every member that its resource classes do not know."""
    monkeypatch.setattr(recurly, "STRICT_MODE", True)


def connect(sandbox: SandboxProcess, key: str) -> recurly.Client:
    made = recurly.Client(key, timeout=5)
    made._BaseClient__conn = http.client.HTTPConnection("127.0.0.1", urlsplit(sandbox.url).port or 0, timeout=5)
    return made


@pytest.fixture
def site(stand_in: SandboxProcess) -> Iterator[recurly.Client]:
    client = connect(stand_in, stand_in.credentials.recurly_api_key)
    yield client
    client._BaseClient__conn.close()


def seed_accounts(sandbox: SandboxProcess, number: int) -> list[str]:
    accounts = [{"code": f"a{n:03}", "company": f"Company {n}", "email": f"{n % 2}@x.org"} for n in range(number)]
    return list(sandbox.seed(recurly={"accounts": accounts})["recurly"]["accounts"])


def test_an_account_is_read_by_its_id_and_by_its_code(stand_in, site):
    (account_id,) = stand_in.seed(recurly={"accounts": [{"code": "001 é+x", "company": "Acme", "email": "a@x.org"}]})[
        "recurly"
    ]["accounts"]
    for key in (account_id, "code-001 é+x"):
        account = site.get_account(key)
        assert (account.id, account.code, account.company) == (account_id, "001 é+x", "Acme")
    assert account.created_at.tzinfo is not None
    assert account.has_live_subscription is False


def test_an_unknown_account_is_not_found_as_the_client_says_it(site):
    with pytest.raises(recurly.errors.NotFoundError):
        site.get_account("code-nobody")


def test_every_account_is_listed_once_over_all_pages_in_either_order(stand_in, site):
    ids = seed_accounts(stand_in, 45)
    for order in ("asc", "desc"):
        for sort in ("created_at", "updated_at"):
            params = {"limit": 10, "order": order, "sort": sort}
            listed = [account.id for account in site.list_accounts(params=params).items()]
            assert listed == (ids if order == "asc" else ids[::-1])


def test_pages_have_the_size_asked_for_and_the_last_one_ends_the_list(stand_in, site):
    seed_accounts(stand_in, 45)
    sizes = [len(page) for page in site.list_accounts(params={"limit": 20}).pages()]
    assert sizes == [20, 20, 5]


def test_an_account_made_while_paging_is_met_at_the_end_and_none_twice(stand_in, site):
    ids = seed_accounts(stand_in, 6)
    pages = site.list_accounts(params={"limit": 4, "order": "asc", "sort": "updated_at"}).pages()
    met = [account.id for account in next(pages)]
    late = stand_in.seed(recurly={"accounts": [{"code": "late"}]})["recurly"]["accounts"]
    met += [account.id for page in pages for account in page]
    assert met == ids + late


def test_the_number_of_accounts_comes_without_them(stand_in, site):
    seed_accounts(stand_in, 45)
    assert site.list_accounts().count() == 45
    assert site.list_accounts(params={"email": "1@x.org"}).count() == 22
    assert stand_in.journal("recurly")[0]["method"] == "HEAD"


def test_accounts_are_filtered_by_email_and_ids_but_never_by_company(stand_in, site):
    ids = seed_accounts(stand_in, 4)
    assert [one.code for one in site.list_accounts(params={"email": "1@x.org", "order": "asc"}).items()] == [
        "a001",
        "a003",
    ]
    chosen = site.list_accounts(params={"ids": [ids[2], ids[0]]}).items()
    assert {one.id for one in chosen} == {ids[0], ids[2]}
    assert len(list(site.list_accounts(params={"company": "Company 1"}).items())) == 4


def test_accounts_are_listed_from_a_time_on(stand_in, site):
    stand_in.clock("2026-03-01")
    seed_accounts(stand_in, 1)
    stand_in.clock("2026-03-10")
    stand_in.seed(recurly={"accounts": [{"code": "later"}]})
    begin = datetime(2026, 3, 5, tzinfo=UTC)
    params = {"sort": "updated_at", "order": "asc", "begin_time": begin}
    assert [one.code for one in site.list_accounts(params=params).items()] == ["later"]
    params = {"sort": "updated_at", "order": "asc", "end_time": begin + timedelta(days=1)}
    assert [one.code for one in site.list_accounts(params=params).items()] == ["a000"]


@pytest.mark.parametrize(
    "params", [{"limit": 0}, {"limit": 201}, {"sort": "name"}, {"order": "up"}, {"begin_time": "x"}, {"cursor": "%"}]
)
def test_a_parameter_out_of_range_is_a_bad_request(stand_in, site, params):
    seed_accounts(stand_in, 1)
    with pytest.raises(recurly.errors.BadRequestError):
        list(site.list_accounts(params=params).items())


def test_an_account_is_made_and_changed_and_the_same_change_changes_nothing(stand_in, site):
    made = site.create_account({"code": "001", "company": "Acme", "custom_fields": [{"name": "k", "value": "v"}]})
    assert (made.code, made.custom_fields[0].value, made.state) == ("001", "v", "active")
    for _ in range(2):
        changed = site.update_account("code-001", {"company": "Acme Clinics"})
        assert changed.company == "Acme Clinics"
    assert [entry["method"] for entry in stand_in.effects("recurly")] == ["POST", "PUT"]


@pytest.mark.parametrize(
    "body",
    [
        {"company": "x"},
        {"code": ""},
        {"code": ".a"},
        {"code": "a/b"},
        {"code": "a;b"},
        {"code": "x" * 51},
        {"code": "taken"},
    ],
)
def test_an_account_needs_a_code_that_is_free_and_fits_a_path(stand_in, site, body):
    stand_in.seed(recurly={"accounts": [{"code": "taken"}]})
    with pytest.raises(recurly.errors.ValidationError) as refused:
        site.create_account(body)
    assert refused.value.error.params[0]["param"] == "code"
    assert len(stand_in.state("recurly")["accounts"]) == 1


def test_subscriptions_are_listed_by_account_and_state_and_mark_their_account(stand_in, site):
    seed_accounts(stand_in, 2)
    live = {"account_code": "a000", "state": "active", "quantity": 5, "unit_amount": 9.5, "plan_code": "gold"}
    over = {"account_code": "a001", "state": "expired"}
    stand_in.seed(recurly={"subscriptions": [live, over]})
    (mine,) = site.list_account_subscriptions("code-a000").items()
    assert (mine.state, mine.quantity, mine.subtotal, mine.plan.code) == ("active", 5, 47.5, "gold")
    assert mine.account.code == "a000"
    assert [one.state for one in site.list_subscriptions(params={"state": "live"}).items()] == ["active"]
    assert site.list_subscriptions().count() == 2
    assert site.get_account("code-a000").has_live_subscription is True
    assert site.get_account("code-a001").has_live_subscription is False
    subscribers = site.list_accounts(params={"subscriber": True}).items()
    assert [one.code for one in subscribers] == ["a000"]


def test_a_subscription_is_seeded_with_the_end_of_its_period_and_whether_it_renews(stand_in, site):
    seed_accounts(stand_in, 1)
    renews = {"account_code": "a000", "plan_name": "Gold", "current_period_ends_at": "2026-03-31T12:00:00Z"}
    ends = {"account_code": "a000", "state": "canceled", "auto_renew": False, "expires_at": "2026-02-28T12:00:00Z"}
    stand_in.seed(recurly={"subscriptions": [renews, ends]})
    first, second = site.list_account_subscriptions("code-a000", params={"order": "asc"}).items()
    assert (first.plan.name, first.auto_renew, first.expires_at) == ("Gold", True, None)
    assert first.current_period_ends_at == datetime(2026, 3, 31, 12, tzinfo=UTC)
    assert (second.auto_renew, second.current_period_ends_at) == (False, None)
    assert second.expires_at == datetime(2026, 2, 28, 12, tzinfo=UTC)


def test_the_site_is_told(site):
    (only,) = site.list_sites().items()
    assert site.get_site(only.id).subdomain == only.subdomain


def test_a_wrong_key_is_refused_as_the_client_says_it(stand_in):
    with pytest.raises(recurly.errors.UnauthorizedError):
        connect(stand_in, "wrong").get_account("code-x")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/vnd.recurly.v1999-01-01"])
def test_without_a_known_version_nothing_is_acceptable(stand_in, client, accept):
    auth = (stand_in.credentials.recurly_api_key, "")
    answer = client.get(f"{stand_in.url}/recurly/accounts", auth=auth, headers={"Accept": accept})
    assert (answer.status_code, answer.json()["error"]["type"]) == (406, "invalid_api_version")


def test_every_answer_has_what_the_client_reads_from_its_headers(stand_in, site):
    seed_accounts(stand_in, 1)
    response = site.get_account("code-a000").get_response()
    assert response.request_id
    assert response.rate_limit == 400
    assert response.rate_limit_remaining is not None
    assert response.content_type == "application/json"


def test_the_login_token_of_the_hosted_pages_is_answered_but_never_shown(stand_in, site):
    seed_accounts(stand_in, 1)
    token = site.get_account("code-a000").hosted_login_token
    assert token
    assert token not in stand_in.control.get("/_control/state").text
    assert token not in stand_in.control.get("/_control/journal").text


def test_the_clients_errors_of_ordered_faults_are_those_of_the_vendor(stand_in, site):
    stand_in.fault("recurly", "rate_limit")
    with pytest.raises(recurly.errors.RateLimitedError):
        site.get_account("code-x")
    stand_in.fault("recurly", "lock_row")
    with pytest.raises(recurly.errors.SimultaneousRequestError):
        site.get_account("code-x")
    stand_in.fault("recurly", "html", status=502)
    with pytest.raises(recurly.errors.BadGatewayError):
        site.get_account("code-x")
    stand_in.fault("recurly", "drop_before")
    with pytest.raises((recurly.NetworkError, http.client.HTTPException)):
        site.get_account("code-x")


def test_a_prefix_before_the_path_changes_nothing(stand_in, client):
    seed_accounts(stand_in, 3)
    answer = client.get(
        f"{stand_in.url}/recurly/accounts?limit=2",
        auth=(stand_in.credentials.recurly_api_key, ""),
        headers={"Accept": ACCEPT},
    )
    assert answer.status_code == httpx.codes.OK
    assert answer.json()["next"].startswith("/accounts?")
