"""The start page: scenario cards, switches, and the ways to Prefect."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from tests.support.sandbox import SandboxProcess, start_sandbox

RUN = "5f0d7a52-7f5e-4c5e-9d5c-0a4c7a1c0001"


@pytest.fixture
def site(stand_in: SandboxProcess) -> Iterator[httpx.Client]:
    stand_in.reset("demo")
    with httpx.Client(base_url=stand_in.url, trust_env=False, follow_redirects=True) as client:
        yield client


@contextmanager
def prefect(runs: list[dict[str, Any]], status: int = 200) -> Iterator[str]:
    """What Prefect's API answers to a search for flow runs."""

    class Api(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps(runs).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def card(page: str, company: str) -> str:
    """The markup of a sale's card."""
    return next(one for one in re.findall(r"<article.*?</article>", page, re.DOTALL) if company in one)


def close(site: httpx.Client, company: str) -> str:
    """Press a card's button as a browser does; the opportunity's id."""
    shown = card(site.get("/").text, company)
    action = re.search(r"action='([^']+)'", shown)
    assert action
    fields = dict(re.findall(r"name='(\w+)' value='([^']*)'", shown))
    answer = site.post(action[1], data=fields)
    assert answer.url.path == "/"
    return fields["next"].removeprefix("/#")


def test_every_sale_of_the_world_has_a_card_that_says_what_it_shows_and_what_to_do(stand_in, site):
    page = site.get("/").text
    sales = stand_in.state("salesforce")["demo"]
    assert len(re.findall("<article", page)) == len(sales)
    for sale in sales:
        assert sale["hint"] in card(page, f">{sale['company']}<").replace("&#x27;", "'")


def test_a_sale_is_closed_by_its_button_and_its_card_says_so(stand_in, site):
    opportunity = close(site, "Northwind Pediatrics")
    stages = {one["Id"]: one["StageName"] for one in stand_in.state("salesforce")["records"]["Opportunity"]}
    assert stages[opportunity] == "Closed Won"
    shown = card(site.get("/").text, "Northwind Pediatrics")
    assert "Closed Won" in shown
    assert "Close this sale" not in shown
    assert stand_in.effects("salesforce")[-1]["path"].endswith(f"{opportunity}/view")


def test_after_a_change_no_other_site_can_be_shown(site):
    opportunity = close(site, "Northwind Pediatrics")
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example"):
        form = {"field": "StageName", "value": "Closed Lost", "next": elsewhere}
        answer = site.post(f"/salesforce/lightning/r/{opportunity}/view", data=form, follow_redirects=False)
        assert answer.headers["location"].startswith("view?")


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ({"system": "lms", "kind": "unavailable", "times": "10"}, {"kind": "error", "status": 503, "times": 10}),
        (
            {"system": "lms", "kind": "silent", "times": "always"},
            {"kind": "timeout", "seconds": 30, "times": 1_000_000},
        ),
        ({"system": "mail", "kind": "unavailable", "times": "1"}, {"kind": "error", "status": None, "times": 1}),
    ],
)
def test_a_vendor_is_made_to_fail_and_the_page_says_so_until_it_is_switched_off(stand_in, site, form, fault):
    page = site.post("/start/faults", data=form).text
    (standing,) = stand_in.faults()
    assert fault.items() <= standing.items()
    assert "Switch all faults off" in page
    assert "Switch all faults off" not in site.post("/start/faults/clear").text
    assert stand_in.faults() == []


def test_pages_meet_no_fault_and_use_none_up(stand_in, site):
    site.post("/start/faults", data={"system": "salesforce", "kind": "unavailable", "times": "3"})
    close(site, "Cedar Grove Academy")
    assert site.get("/salesforce").status_code == 200
    assert [one["times"] for one in stand_in.faults()] == [3]


def test_latency_and_date_are_set(stand_in, site):
    assert "Recurly after 2 s" in site.post("/start/latency", data={"system": "recurly", "seconds": "2"}).text
    assert "All answer at once" in site.post("/start/latency", data={"system": "recurly", "seconds": "0"}).text
    site.post("/start/clock", data={"day": "2027-03-31"})
    site.post("/start/clock", data={"day": "2027-03-31", "to": "tomorrow"})
    assert stand_in.control.get("/_control/health").json()["today"] == "2027-04-01"
    site.post("/start/clock", data={"to": "real"})
    assert not stand_in.control.get("/_control/health").json()["today"].startswith("2027-04")


@pytest.mark.parametrize(
    ("switch", "form"),
    [
        ("faults", {}),
        ("faults", {"system": "fax", "kind": "unavailable", "times": "1"}),
        ("faults", {"system": "mail", "kind": "html", "times": "1"}),
        ("latency", {"system": "lms", "seconds": "nan"}),
        ("latency", {"system": "lms", "seconds": "soon"}),
        ("clock", {"day": "tomorrow"}),
        ("clock", {"day": "0001-01-01"}),
        ("reset", {"world": "<atlantis>"}),
    ],
)
def test_a_switch_that_cannot_be_set_says_why(site, switch, form):
    answer = site.post(f"/start/{switch}", data=form)
    assert answer.status_code == 400
    assert "role='alert'" in answer.text
    assert "<atlantis>" not in answer.text


def test_a_fresh_world_has_open_sales_with_ids_that_prefect_has_never_seen(site):
    closed = close(site, "Northwind Pediatrics")
    page = site.post("/start/reset", data={"world": "demo"}).text
    assert "Close this sale" in card(page, "Northwind Pediatrics")
    assert closed not in page
    assert "no sales to try" in site.post("/start/reset", data={"world": "empty"}).text


def test_a_sale_that_the_report_leaves_out_is_put_into_it(stand_in, site):
    shown = card(site.get("/").text, "Lakeside Dental")
    (opportunity,) = re.findall(r"name='opportunity' value='(\w+)'", shown)
    assert "Put into the report" not in card(
        site.post("/start/report", data={"opportunity": opportunity}).text, "Lakeside"
    )
    assert opportunity not in stand_in.behaviour()["report_omits"]


def test_a_workbook_to_try_a_transition_with_can_be_saved(stand_in, site):
    (address,) = re.findall(r"href='(/start/\S+\.csv)'", site.get("/").text)
    rows = [row.split(",") for row in site.get(address).text.splitlines()]
    assert rows[0] == ["Account", "New CSM", "Reason"]
    assert len(rows) > 3
    accounts, users = (stand_in.state("salesforce")["records"][name] for name in ("Account", "User"))
    csm_of = {one["Name"]: one.get("Customer_Success_Manager__c") for one in accounts}
    hana, *_ = (one["Id"] for one in users if one["Name"] == "Hana Berg")
    assert {csm_of[account] for account, *_ in rows[1:]} == {hana}
    assert {csm for _, csm, _ in rows[1:]} <= {one["Name"] for one in users if one["IsActive"]}
    site.post("/start/reset", data={"world": "empty"})
    assert site.get(address).status_code == 404


def test_without_prefect_the_page_works_and_says_that_it_is_alone(site):
    opportunity = close(site, "Northwind Pediatrics")
    for path in ("/prefect", f"/start/runs/{opportunity}"):
        assert "without Prefect" in site.get(path).text


def test_a_closed_sale_shows_the_state_of_its_run_and_leads_to_it():
    runs: list[dict[str, Any]] = []
    with (
        prefect(runs) as dashboard,
        start_sandbox("demo", SANDBOX_DASHBOARD_URL=dashboard, SANDBOX_RECEIVER_URL="http://127.0.0.1:9/x/y") as own,
        httpx.Client(base_url=own.url, trust_env=False, follow_redirects=True) as site,
    ):
        opportunity = close(site, "Hazelwood Nursing")
        assert "no run yet" in card(site.get("/").text, "Hazelwood")
        assert "http-equiv='refresh'" in site.get(f"/start/runs/{opportunity}").text
        tags = [f"opportunity:{opportunity}", "onboarding"]
        runs.append({"id": RUN, "tags": tags, "state_type": "PAUSED", "state_name": "Suspended"})
        shown = card(site.get("/").text, "Hazelwood")
        assert "Suspended" in shown
        assert "Answer in Slack" in shown
        to_run = site.get(f"/start/runs/{opportunity}", follow_redirects=False).headers["location"]
        assert to_run == f"{dashboard}/v2/runs/flow-run/{RUN}"
        assert site.get("/prefect", follow_redirects=False).headers["location"] == f"{dashboard}/v2/"
        assert "http://127.0.0.1:9/health" in site.get("/").text


@pytest.mark.parametrize("status", [401, 500])
def test_a_prefect_that_refuses_leaves_the_page_as_it_is(status):
    with (
        prefect([], status) as dashboard,
        start_sandbox("demo", SANDBOX_DASHBOARD_URL=dashboard) as own,
        httpx.Client(base_url=own.url, trust_env=False, follow_redirects=True) as site,
    ):
        close(site, "Hazelwood Nursing")
        assert "no run yet" in card(site.get("/").text, "Hazelwood")
