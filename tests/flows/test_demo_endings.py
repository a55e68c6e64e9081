"""The ending clients of the demo world after one night: each as the rule that it shows says."""

from datetime import date, timedelta

import pytest

from sandbox.scenarios.ending import ENDINGS
from tests.support.sweeps import Nights

pytestmark = pytest.mark.flows

EXPECTED = {
    "Larch Hospice": ("inactive", "Deactivated", False),
    "Mulberry Clinic": ("scheduled", "Active", False),
    "Nutmeg Pediatrics": ("scheduled", "Active", False),
    "Olive Tree Dental": ("scheduled", "Active", False),
    "Pinecrest Surgery": ("active", "Active", False),
    "Sycamore Therapy": ("active", "Active", False),
    "Quince Imaging": ("active", "Active", True),
    "Rosewood Labs": ("active", "Active", True),
    "Tamarind Health": ("active", "Active", True),
    "Umber Clinic": ("inactive", "Deactivated", True),
    "Verbena Care": ("inactive", "Active", False),
    "Willow Creek Dental": ("active", "Active", True),
}
"""By client: its company in the LMS, its CS Status, whether sales are asked."""


async def test_each_client_of_the_demo_world_ends_or_stays_as_its_rule_says(people, sandbox, monkeypatch):
    # The day on which the world was made: what a client shows counts from there.
    made = [row["EndDate"] for row in people.query(_CONTRACT)]
    today = date.fromisoformat(made[0]) + timedelta(days=1)
    monkeypatch.setenv("LIFECYCLE_TODAY", today.isoformat())
    accounts = [row["Id"] for row in people.query(_ACCOUNTS)]
    await Nights().night_of(accounts)
    found = {name: _found(people, sandbox, name) for name in EXPECTED}
    assert found == EXPECTED


def test_every_ending_of_the_demo_world_is_expected_here():
    assert {ending.company for ending in ENDINGS} == set(EXPECTED)


_ACCOUNTS = f"SELECT Id FROM Account WHERE Name IN ({', '.join(repr(name) for name in EXPECTED)})"  # noqa: S608 - ours
_CONTRACT = "SELECT EndDate FROM Contract WHERE Account.Name = 'Larch Hospice'"


def _found(people, sandbox, name):
    (account,) = people.query(f"SELECT Id, CS_Status__c FROM Account WHERE Name = '{name}'")  # noqa: S608 - ours
    (company,) = [one for one in sandbox.state("lms")["companies"] if one["accountId"] == account["Id"]]
    questions = [one for channel in sandbox.state("slack")["channels"] for one in channel["messages"] if one["blocks"]]
    asked = any(name in str(one["blocks"]) for one in questions)
    return company["status"], account["CS_Status__c"], asked
