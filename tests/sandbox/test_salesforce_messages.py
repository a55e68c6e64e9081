"""Outbound messages (contracts 2.1), received by a real HTTP server of the test's own."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from defusedxml import ElementTree

from sandbox.salesforce.outbound import Notification
from tests.sandbox.clients import connect

OUT = "{http://soap.sforce.com/2005/09/outbound}"
SF = "{urn:sobject.enterprise.soap.sforce.com}"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
ACK = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    "</soapenv:Body></soapenv:Envelope>"
)
REFUSALS = [(503, ACK), (200, ACK.replace("true", "false")), (200, "<html>"), (200, ""), (204, "")]


@dataclass
class Inbox:
    """A receiver: answers as told, then acknowledges; keeps each message as (type, notification id, record id)."""

    url: str = ""
    answers: list[tuple[int, str]] = field(default_factory=list)
    messages: list[list[tuple[str, str, str]]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def take(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        with self.arrived:
            self.bodies.append(body)
            self.headers.append(headers)
            self.messages.append(read(body))
            self.arrived.notify_all()
            return self.answers.pop(0) if self.answers else (200, ACK)

    def wait(self, holds, seconds=15):
        with self.arrived:
            assert self.arrived.wait_for(lambda: holds(self.messages), seconds), self.messages
            return self.messages


def read(body):
    found = []
    for notification in ElementTree.fromstring(body).iter(f"{OUT}Notification"):
        record = notification.find(f"{OUT}sObject")
        kind = record.get(XSI_TYPE).removeprefix("sf:")
        found.append((kind, notification.findtext(f"{OUT}Id"), record.findtext(f"{SF}Id")))
    return found


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    kept = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, text = kept.take(body, {name.lower(): value for name, value in self.headers.items()})
            self.send_response(status)
            self.send_header("Content-Length", "0" if status == 204 else str(len(text)))
            self.end_headers()
            self.wfile.write(b"" if status == 204 else text.encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}/salesforce/outbound-messages/token"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield kept
    server.shutdown()


@pytest.fixture
def sf(stand_in, inbox):
    stand_in.behaviour(outbound_url=inbox.url)
    yield connect(stand_in)
    stand_in.reset("empty")


def idle(state):
    return not state["outbound"]["pending"]


def sale(sf):
    fields = {"Name": "Sale & Sons", "StageName": "Negotiation/Review", "CloseDate": "2026-03-01"}
    return sf.Opportunity.create(fields)["id"]


def records(messages):
    return [(kind, record) for message in messages for kind, _, record in message]


def test_a_sale_that_is_won_is_told_with_its_stage_and_acknowledged(sf, stand_in, inbox):
    opportunity = sale(sf)
    stand_in.until("salesforce", idle)
    sf.Opportunity.update(opportunity, {"StageName": "Closed Won", "Type": "New Business"})
    inbox.wait(lambda messages: len(messages) == 2)
    root = ElementTree.fromstring(inbox.bodies[-1])
    assert root.findtext(f".//{OUT}OrganizationId") == stand_in.credentials.organization_id
    assert root.findtext(f".//{OUT}ActionId").startswith("04k")
    assert inbox.messages[-1][0][1].startswith("04l")
    told = root.find(f".//{OUT}sObject")
    assert [(told.findtext(f"{SF}{name}")) for name in ("Id", "StageName", "Type")] == [
        opportunity, "Closed Won", "New Business",
    ]  # fmt: skip
    assert inbox.headers[-1]["content-type"] == "text/xml; charset=utf-8"
    assert inbox.headers[-1]["soapaction"] == '""'
    delivered = stand_in.until("salesforce", idle)["outbound"]["delivered"]
    assert [one["record_id"] for one in delivered] == [opportunity, opportunity]


def test_changes_of_the_four_records_are_told_and_of_no_other(sf, inbox):
    account = sf.Account.create({"Name": "Acme"})["id"]
    contact = sf.Contact.create({"LastName": "Doe", "AccountId": account})["id"]
    contract = sf.Contract.create({"AccountId": account})["id"]
    sf.Task.create({"Subject": "Call", "WhatId": account})
    opportunity = sale(sf)
    told = records(inbox.wait(lambda messages: ("Opportunity", opportunity) in records(messages)))
    wanted = {("Account", account), ("Contact", contact), ("Contract", contract), ("Opportunity", opportunity)}
    assert set(told) == wanted


def test_no_change_and_no_stored_change_are_not_told(sf, stand_in, inbox):
    opportunity = sale(sf)
    stand_in.until("salesforce", idle)
    sf.Opportunity.update(opportunity, {"Name": "Sale & Sons"})
    steps = [
        {"method": "PATCH", "url": f"/services/data/v59.0/sobjects/Opportunity/{opportunity}", "referenceId": "a",
         "body": {"Name": "B"}},
        {"method": "POST", "url": "/services/data/v59.0/sobjects/Contact", "referenceId": "b", "body": {}},
    ]  # fmt: skip
    sf.restful("composite", method="POST", json={"allOrNone": True, "compositeRequest": steps})
    last = sf.Account.create({"Name": "Last"})["id"]
    told = records(inbox.wait(lambda messages: ("Account", last) in records(messages)))
    assert told == [("Opportunity", opportunity), ("Account", last)]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_what_is_not_acknowledged_is_sent_again_under_the_same_id(sf, stand_in, inbox, refusal):
    inbox.answers.append(refusal)
    opportunity = sale(sf)
    first, second = inbox.wait(lambda messages: len(messages) == 2)
    assert first == second
    assert records([first]) == [("Opportunity", opportunity)]
    (delivered,) = stand_in.until("salesforce", idle)["outbound"]["delivered"]
    assert delivered["attempts"] == 2


def test_delays_double_from_half_a_second_to_half_a_minute():
    delays = []
    for attempts in range(1, 9):
        one = Notification("04l", "Account", "001", datetime.now(UTC), due=0.0, attempts=attempts)
        one.failed(now=100.0)
        delays.append(one.due - 100.0)
    assert delays == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_changes_at_once_share_messages_of_at_most_100(sf, inbox):
    made = [{"attributes": {"type": "Account"}, "Name": f"A{number}"} for number in range(150)]
    sf.restful("composite/sobjects", method="POST", json={"allOrNone": True, "records": made})
    messages = inbox.wait(lambda messages: len(records(messages)) == 150)
    assert [len(message) for message in messages] == [100, 50]


def test_a_message_carries_one_type_of_record(sf, inbox):
    made = [{"attributes": {"type": kind}, name: "x"} for kind, name in (("Account", "Name"), ("Contact", "LastName"))]
    sf.restful("composite/sobjects", method="POST", json={"records": made * 3})
    messages = inbox.wait(lambda messages: len(records(messages)) == 6)
    assert all(len({kind for kind, _, _ in message}) == 1 for message in messages)


def test_messages_may_come_twice(sf, stand_in, inbox):
    stand_in.behaviour(outbound_messages="duplicate")
    sale(sf)
    first, second = inbox.wait(lambda messages: len(messages) == 2)
    assert first == second


def test_messages_may_come_in_any_order(sf, stand_in, inbox):
    stand_in.behaviour(outbound_messages="shuffle")
    made = [{"attributes": {"type": "Account"}, "Name": f"A{number}"} for number in range(20)]
    rows = sf.restful("composite/sobjects", method="POST", json={"records": made})
    messages = inbox.wait(lambda messages: len(messages) == 20)
    told = [record for _, record in records(messages)]
    assert sorted(told) == sorted(row["id"] for row in rows)
    assert told != [row["id"] for row in rows]


def test_messages_may_be_switched_off_and_what_happened_then_is_lost(sf, stand_in, inbox):
    stand_in.behaviour(outbound_messages="off")
    sale(sf)
    stand_in.behaviour(outbound_messages="on")
    account = sf.Account.create({"Name": "Acme"})["id"]
    assert records(inbox.wait(lambda messages: messages)) == [("Account", account)]


def test_without_an_address_messages_wait_for_one(sf, stand_in, inbox):
    stand_in.behaviour(outbound_url=None)
    opportunity = sale(sf)
    assert len(stand_in.state("salesforce")["outbound"]["pending"]) == 1
    stand_in.behaviour(outbound_url=inbox.url)
    assert records(inbox.wait(lambda messages: messages)) == [("Opportunity", opportunity)]


def test_a_message_is_given_up_after_a_day(sf, stand_in):
    stand_in.behaviour(outbound_url=None)
    stand_in.clock("2026-03-01")
    sale(sf)
    stand_in.clock("2026-03-03")
    outbound = stand_in.until("salesforce", idle)["outbound"]
    assert (outbound["dropped"], outbound["delivered"]) == (1, [])


def test_a_receiver_that_is_not_there_gets_its_message_when_it_is(sf, stand_in, inbox):
    stand_in.behaviour(outbound_url="http://127.0.0.1:9/nobody")
    opportunity = sale(sf)
    stand_in.until("salesforce", lambda state: state["outbound"]["pending"][0]["attempts"] >= 1)
    stand_in.behaviour(outbound_url=inbox.url)
    assert records(inbox.wait(lambda messages: messages)) == [("Opportunity", opportunity)]


def test_a_seeded_record_is_told_to_nobody(sf, stand_in, inbox):
    stand_in.seed(salesforce={"records": [{"type": "Account", "Name": "Quiet"}]})
    account = sf.Account.create({"Name": "Loud"})["id"]
    assert records(inbox.wait(lambda messages: messages)) == [("Account", account)]
