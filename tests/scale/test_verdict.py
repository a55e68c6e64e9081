from collections import Counter

import pytest

from tests.scale.verdict import Found, all_faults

THINGS = ("LMS company", "welcome e-mail")


def found(company: int = 1, mail: int = 1, states: tuple[str, ...] = ("Completed",), wrong: tuple[str, ...] = ()):
    return Found(Counter({"LMS company": company, "welcome e-mail": mail}), states, wrong)


def test_a_record_with_everything_once_has_no_fault():
    assert all_faults(THINGS, {"Acme": found()}) == {}


@pytest.mark.parametrize(
    ("of_acme", "faults"),
    [
        (found(company=0), ["no LMS company"]),
        (found(mail=2), ["welcome e-mail 2 times"]),
        (found(states=()), ["0 runs"]),
        (found(states=("Completed", "Completed")), ["2 runs"]),
        (found(states=("Crashed",)), ["a run is Crashed"]),
        (found(wrong=("another CSM in Salesforce",)), ["another CSM in Salesforce"]),
        (found(company=0, mail=3, states=("Failed",)), ["no LMS company", "welcome e-mail 3 times", "a run is Failed"]),
    ],
)
def test_what_was_lost_or_done_twice_is_named_for_its_record(of_acme, faults):
    assert all_faults(THINGS, {"Acme": of_acme, "Birch": found()}) == {"Acme": faults}
