"""Sales closed at one moment: their CSMs are those of choosing one after the other (CSM-7)."""

from typing import Any

import pytest

from tests.sandbox.clients import connect
from tests.support.scale import EVERY_CASE
from tests.support.stack import StackProcess
from tests.support.team import CONTRACTS, contract_amounts

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

SALES = 20 if EVERY_CASE else 4
LONGEST = 480
"""Seconds in which all onboardings must be done, a busy machine included."""
TARGET_MRR, TARGET_ACCOUNTS = 30_000, 60
"""Of a full book of SMB accounts, by the policy's defaults."""


def books(stack: StackProcess) -> dict[str, list[float]]:
    """The MRR of each account, or else its contract's amount, by the CSM who holds it, account by account."""
    salesforce = connect(stack.sandbox)
    held: dict[str, list[float]] = {}
    for csm in salesforce.query("SELECT Id FROM User WHERE CS_Role__c = 'CSM'")["records"]:
        held[csm["Id"]] = []
    amounts = contract_amounts(salesforce.query(CONTRACTS)["records"])
    accounts = "SELECT Id, Customer_Success_Manager__c, MRR__c FROM Account WHERE Customer_Success_Manager__c != null"
    for account in salesforce.query(accounts)["records"]:
        mrr = amounts.get(account["Id"], 0) if account["MRR__c"] is None else account["MRR__c"]
        held[account["Customer_Success_Manager__c"]].append(mrr)
    return held


def choice(held: dict[str, list[float]]) -> float:
    """The load of the lightest book."""
    return min(map(load, held.values()))


def load(book: list[float]) -> float:
    return 0.5 * sum(book) / TARGET_MRR + 0.5 * len(book) / TARGET_ACCOUNTS


def assignments(stack: StackProcess, since: int) -> list[tuple[str, str]]:
    """Account and CSM of every assignment, in the order in which Salesforce took them."""
    found = []
    for entry in stack.sandbox.journal("salesforce", since):
        calls: list[dict[str, Any]] = (entry["body"] or {}).get("compositeRequest", []) if entry["effect"] else []
        for call in calls:
            csm = (call.get("body") or {}).get("Customer_Success_Manager__c")
            if csm:
                found.append((call["url"].rpartition("/")[2], csm))
    return found


def close_all(stack: StackProcess, opportunities: list[str]) -> None:
    won = [
        {"attributes": {"type": "Opportunity"}, "id": opportunity, "StageName": "Closed Won"}
        for opportunity in opportunities
    ]
    connect(stack.sandbox).restful("composite/sobjects", method="PATCH", json={"allOrNone": True, "records": won})


def test_csm_7_onboardings_at_once_leave_the_books_of_choosing_one_after_the_other(stack: StackProcess):
    mrr = {stack.open_sale(f"Crowd {number}", mrr=100 + 37 * number): 100 + 37 * number for number in range(SALES)}
    held, since = books(stack), stack.sandbox.last()

    close_all(stack, [sale.opportunity for sale in mrr])
    for sale in mrr:
        run = stack.ended(sale.opportunity, seconds=LONGEST)
        assert run["state_name"] == "Completed", run["state"]

    amounts = {sale.account: amount for sale, amount in mrr.items()}
    assigned = assignments(stack, since)
    assert sorted(account for account, _ in assigned) == sorted(amounts)
    for account, csm in assigned:
        assert load(held[csm]) == pytest.approx(choice(held))
        held[csm].append(amounts[account])
    assert {csm: sorted(book) for csm, book in books(stack).items()} == {
        csm: sorted(book) for csm, book in held.items()
    }
    mails = [
        mail["to"] for mail in stack.sandbox.state("mail")["mails"] if mail["from"].startswith("customer-success@")
    ]
    assert {number: mails.count(f"jane@crowd-{number}.example") for number in range(SALES)} == dict.fromkeys(
        range(SALES), 1
    )
