"""The time that the demonstration tells."""

import pytest

from deployments.commands.demo import seconds_to_welcome


def request(at, **fields):
    body = {"compositeRequest": [{"method": "PATCH", "body": fields}]}
    return {"at": f"2026-11-28T22:00:{at}+00:00", "system": "salesforce", "body": body}


BEFORE = request("01.000", StageName="Negotiation/Review")
CLOSED = request("02.500", StageName="Closed Won")
ASSIGNED = request("05.000", Customer_Success_Manager__c="005hs0000000001AAA")
WELCOMED = request("06.750", Send_Onboarding_Email__c=True)
LATER = request("09.000", StageName="Closed Won", Send_Onboarding_Email__c=True)
TEXT = {"at": "2026-11-28T22:00:00+00:00", "system": "slack", "body": "Closed Won soon"}


def test_it_is_from_the_request_that_closed_the_sale_to_the_tick():
    assert seconds_to_welcome([TEXT, BEFORE, CLOSED, ASSIGNED, WELCOMED, LATER]) == 4.25


@pytest.mark.parametrize(
    "entries", [[], [CLOSED], [WELCOMED], [CLOSED, ASSIGNED, request("06.750", Send_Onboarding_Email__c=False)]]
)
def test_without_one_of_them_there_is_none(entries):
    assert seconds_to_welcome(entries) is None
