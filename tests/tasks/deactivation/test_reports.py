"""What the page of a client says: its service ends, goes on, is off, or is not settled (PUB-4, PUB-5)."""

from dataclasses import replace

import pytest

from rules.contracts.deactivation import deactivation
from tasks.deactivation.reports import heading, sentence
from tests.rules.builders.clients import OURS, client, company, contract, on, renewal, stand

OFF = company(status="inactive", last_day=on(-12), reason="Chapter 11")


def page(whose, lms):
    standing = stand(whose)
    todo = deactivation(whose, standing, lms, (), ())
    return heading(standing, todo), sentence(standing, todo)


@pytest.mark.parametrize(
    ("whose", "lms", "title", "words"),
    [
        (client(contract(-300, 60)), company(), "service", "its service goes on, by contract 00000101, until"),
        (client(contract(-300, 5)), company(), "end of service", "2027-03-20 is its last day of service, by contract"),
        (client(contract(-300, -1)), company(), "end of service", "its service ended after 2027-03-14, with contract"),
        (client(contract(-300, 60)), OFF, "service", "its service is off, and contract 00000101 runs until"),
        (
            client(contract(-300, -1), renewals=(renewal(),)),
            company(),
            "service",
            "contract 00000101 ended on 2027-03-14; what follows from that is not settled.",
        ),
        (
            client(contract(-300, 60), cs_status="Deactivated"),
            OFF,
            "service",
            "contract 00000101 ends on 2027-05-14; what follows from that is not settled.",
        ),
        (
            client(contract(-500, -30), contract(-2, 360, 102), cs_status="Deactivated"),
            replace(OFF, last_day=on(-30), reason=OURS),
            "service",
            "its service goes on, by contract 00000102, until",
        ),
        (client(contract(40, 12)), company(), "service", "the dates of its contract are at fault."),
        (client(), company(), "service", "no signed contract has begun."),
    ],
)
def test_pub_5_a_client_that_stays_is_not_headed_as_one_that_ends(whose, lms, title, words):

    heads, said = page(whose, lms)
    assert (heads, words in said) == (title, True), said
