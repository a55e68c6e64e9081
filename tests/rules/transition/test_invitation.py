"""TRN-9: what tells an invitation from all others, and whom it asks."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.common.problems import HumanInputRequired, Responsible
from rules.common.records import Person
from rules.transition.invitation import FORMER, LEAD, NEW, Guest, Invitation, guests_of, on_one_line, uid

ADA, BEN, TARA = (
    Person(f"005{name}", f"{name} Roe", f"{name.lower()}@seller.example") for name in ("Ada", "Ben", "Tara")
)


def test_trn_9_the_former_csm_the_new_one_and_the_team_lead_are_invited():
    assert guests_of([(ADA, FORMER), (BEN, NEW), (TARA, LEAD)]) == (
        Guest("Ada Roe", "ada@seller.example", "former CSM"),
        Guest("Ben Roe", "ben@seller.example", "new CSM"),
        Guest("Tara Roe", "tara@seller.example", "team lead"),
    )


def test_trn_9_a_team_lead_who_takes_the_account_over_is_invited_once():
    lead = Person("005Ben", "Ben Roe", "BEN@seller.example")
    assert [one.role for one in guests_of([(BEN, NEW), (lead, LEAD)])] == ["new CSM"]


def test_trn_9_users_of_a_trial_org_are_invited_though_their_addresses_end_in_invalid():
    (guest,) = guests_of([(Person("005", "Ada", " ada@seller.example.invalid "), NEW)])
    assert guest.email == "ada@seller.example.invalid"


@pytest.mark.parametrize(
    ("email", "found"),
    [
        (None, "empty"),
        ("  ", "empty"),
        ("ada", "'ada'"),
        ("ada@", "'ada@'"),
        (".invalid", "'.invalid'"),
        ("a da@x.org", "'a da@x.org'"),
        ("ada@x.org, ben@x.org", "'ada@x.org, ben@x.org'"),
        ("ada@x.org\r\nBcc: all@x.org", "'ada@x.org\\r\\nBcc: all@x.org'"),
    ],
)
def test_trn_9_who_cannot_be_sent_mail_is_asked_of_cs_operations(email, found):
    with pytest.raises(HumanInputRequired) as needs:
        guests_of([(BEN, NEW), (Person("005000000000001AAA", "Ada Roe", email), FORMER)])
    (problem,) = needs.value.problems
    assert (problem.who, problem.record, problem.record_id) == (Responsible.CS_OPS, "User", "005000000000001AAA")
    assert (problem.field, problem.found, problem.rule) == ("Email", found, "TRN-9")
    assert "Ada Roe" in problem.expected


def test_trn_9_everybody_without_an_address_is_named_at_once():
    with pytest.raises(HumanInputRequired) as needs:
        guests_of([(Person("0051", "Ada", None), FORMER), (Person("0052", "Ben", ""), NEW), (TARA, LEAD)])
    assert [one.record_id for one in needs.value.problems] == ["0051", "0052"]


@given(st.text(), st.text())
def test_trn_9_a_meeting_has_one_uid_for_ever_and_no_other_meeting_has_it(one, other):
    assert uid(one) == uid(one)
    assert (uid(one) == uid(other)) == (one == other)
    assert re.fullmatch(r"[0-9a-f-]{36}@customer-lifecycle", uid(one))


def test_trn_9_the_uid_of_a_key_is_the_one_that_calendars_already_know():
    """A UUID of version 5 of the key; another one would put a second meeting beside every first one."""
    name = b"customer-lifecycle:transition:0f3a:001000000000001AAA"
    digest = hashlib.sha1(NAMESPACE_URL.bytes + name, usedforsecurity=False).digest()
    assert uid("transition:0f3a:001000000000001AAA") == f"{UUID(bytes=digest[:16], version=5)}@customer-lifecycle"


def test_trn_9_a_meeting_takes_a_quarter_of_an_hour_and_names_the_account():
    start = datetime(2026, 6, 16, 13, 15, tzinfo=UTC)
    made = Invitation("k", 0, "Acme & Sons", start, (), start)
    assert (made.end - made.start, made.title) == (timedelta(minutes=15), "Account transition: Acme & Sons")
    assert made.uid == uid("k")


@given(st.text())
def test_a_name_is_carried_on_one_line_of_characters_that_can_be_seen(name):
    line = on_one_line(name)
    assert line.isprintable()
    assert line == on_one_line(line)
    assert line.split() == "".join(char if char.isprintable() else " " for char in name).split()
