"""Whether an account is in its new hands everywhere (TRN-10)."""

from dataclasses import replace

import pytest

from rules.common.problems import Responsible
from rules.common.records import Person
from rules.transition.reassignments import OwnershipField
from rules.transition.verification import InSystems, Owned, discrepancies

ACCOUNT = "001000000000001AAA"
ADA = Person("005000000000002AAA", "Ada", "Ada@x.example")
SEAT = OwnershipField(f"Account {ACCOUNT}", "Customer Success Manager", ADA.id, ADA)
ALL_WELL = InSystems(
    ownership=(SEAT,),
    owned=(Owned("Account 7", "ada@x.example"), Owned("Prospect 1", "ada@x.example")),
    introductions=1,
    checklists=1,
)


def told(found, introductions=1):
    return [
        (one.record, one.field, one.found) for one in discrepancies(ACCOUNT, ADA, found, introductions=introductions)
    ]


def test_a_move_of_which_nothing_is_missing_is_proved():
    assert told(ALL_WELL) == []
    assert told(replace(ALL_WELL, introductions=0), introductions=0) == []
    assert told(replace(ALL_WELL, owned=None)) == []


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"ownership": (replace(SEAT, holder_id="005000000000009AAA"),)},
         (f"Account {ACCOUNT}", "Customer Success Manager", "005000000000009AAA")),
        ({"ownership": (replace(SEAT, holder_id=None),)}, (f"Account {ACCOUNT}", "Customer Success Manager", "nobody")),
        ({"owned": (Owned("Task 31", "hana@x.example"),)}, ("Outreach Task 31", "Owner", "hana@x.example")),
        ({"owned": (Owned("Account 7", ""),)}, ("Outreach Account 7", "Owner", "nobody")),
        ({"introductions": 0}, (f"Account {ACCOUNT}", "Introductions in Outreach", "0")),
        ({"introductions": 2}, (f"Account {ACCOUNT}", "Introductions in Outreach", "2")),
        ({"checklists": 0}, (f"Account {ACCOUNT}", "Checklists among the files", "0")),
        ({"checklists": 2}, (f"Account {ACCOUNT}", "Checklists among the files", "2")),
    ],
)  # fmt: skip
def test_whatever_is_otherwise_is_told_with_its_record(more, where):
    assert told(replace(ALL_WELL, **more)) == [where]


def test_it_is_told_to_cs_operations_with_what_it_must_be_and_which_button():
    (problem,) = discrepancies(
        ACCOUNT, ADA, replace(ALL_WELL, ownership=(replace(SEAT, holder_id=None),)), introductions=1
    )
    assert problem.who is Responsible.CS_OPS
    assert f"Ada ({ADA.id})" in problem.expected
    assert "Retry" in problem.expected
