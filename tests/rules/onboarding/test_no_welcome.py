"""PUB-6: which clients get no welcome mail, and the placeholder under which their super admin is signed up."""

import re
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rules.common.emails import valid_email
from rules.common.ids import to18
from rules.common.problems import Responsible
from rules.common.records import LmsUser
from rules.onboarding.no_welcome import (
    Placeholder,
    account_id_of,
    address_taken,
    another_person,
    held_twice,
    is_no_welcome,
    placeholder_address,
    placeholder_for,
)
from tests.rules.builders.sales import ACCOUNT_ID, good_sale, with_account, with_contact

OTHER_ID = "001000000000002AAA"
ids = st.text(string.ascii_letters + string.digits, min_size=12, max_size=12).map(lambda tail: f"001{tail}")
words = st.text("abcXYZéß019", min_size=1, max_size=6)
names = st.lists(words, min_size=1, max_size=3).map(" ".join)
separators = st.sampled_from(
    [" ", "-", ",", ".", "/", "(", "&", "'", ":", "_", "\N{EN DASH}", "\N{NO-BREAK SPACE}", "\t"]
)
letters_and_digits = st.characters(codec="latin-1", categories=["L", "N"])


@st.composite
def respelled(draw, name):
    """The same name as another person types it: other capitals, more spaces."""
    spaced = re.sub(" ", lambda _: draw(st.sampled_from([" ", "  ", "\t", "\N{NO-BREAK SPACE}"])), name)
    outer = draw(st.sampled_from(["", " ", "\n"]))
    return outer + draw(st.sampled_from([str, str.upper, str.lower, str.swapcase]))(spaced) + outer


# --- whom an entry means


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("UPMC", True),
        (" upmc ", True),
        ("UPMC Presbyterian", True),
        ("upmc \N{EN DASH} East", True),
        ("UPMC-East", True),
        ("UPMC, Inc.", True),
        ("UPMC's Home Care", True),
        ("\N{FULLWIDTH LATIN CAPITAL LETTER U}PMC East", True),
        ("UPMCX Labs", False),
        ("UPMC2", False),
        ("UPMC\N{LATIN SMALL LETTER E WITH ACUTE}lan", False),
        ("The UPMC", False),
        ("UPM", False),
        ("", False),
        (None, False),
    ],
)
def test_pub_6_a_name_means_the_accounts_that_are_called_so_or_begin_with_it_as_a_word(name, meant):
    assert is_no_welcome(ACCOUNT_ID, name, ["UPMC"]) is meant


@given(names, st.data())
def test_pub_6_however_it_is_typed_an_entry_means_its_own_name_and_what_follows_another_sign(name, data):
    entry, typed = data.draw(respelled(name)), data.draw(respelled(name))
    rest = data.draw(separators) + data.draw(st.text(max_size=5))
    assert is_no_welcome(ACCOUNT_ID, typed, [entry])
    assert is_no_welcome(ACCOUNT_ID, typed.strip() + rest, [entry])


@given(names, letters_and_digits, st.text(string.ascii_letters, max_size=5), st.data())
def test_pub_6_a_longer_word_is_another_name(name, more, rest, data):
    assert not is_no_welcome(ACCOUNT_ID, name + more + rest, [data.draw(respelled(name))])


@given(names, st.sampled_from(["", " ", "\t\n", "\N{NO-BREAK SPACE}"]))
def test_pub_6_a_blank_entry_means_nobody(name, blank):
    assert not is_no_welcome(ACCOUNT_ID, name, [blank])
    assert not is_no_welcome(ACCOUNT_ID, "", [blank])


@given(ids, ids)
def test_pub_6_an_id_means_its_account_alone_with_15_or_18_characters(one, other):
    assume(one != other)
    for entry in (one, to18(one, "001"), f" {one} "):
        for account in (one, to18(one, "001")):
            assert is_no_welcome(account, "Harbor Clinic", [entry])
        assert not is_no_welcome(to18(other, "001"), "Harbor Clinic", [entry])


def test_pub_6_ids_that_differ_in_a_capital_are_two_accounts():
    capital, small = "00100000000000A", "00100000000000a"
    assert not is_no_welcome(to18(small, "001"), None, [capital])
    assert not is_no_welcome(to18(small, "001"), None, [to18(capital, "001")])


@given(st.lists(names, max_size=4), names)
def test_pub_6_a_list_means_whom_any_of_its_entries_means(entries, name):
    assert is_no_welcome(ACCOUNT_ID, name, entries) == any(is_no_welcome(ACCOUNT_ID, name, [one]) for one in entries)


@pytest.mark.parametrize("entry", ["UPMC", "", "006000000000001AAA", "001000000000001AAB", "00100000000000"])
def test_pub_6_what_is_not_the_id_of_an_account_is_a_name(entry):
    assert account_id_of(entry) is None
    assert not is_no_welcome(ACCOUNT_ID, "Harbor Clinic", [entry])


# --- the placeholder


@given(ids, ids)
def test_pub_6_a_placeholder_is_one_accounts_alone_and_always_the_same(one, other):
    assert placeholder_address(one) == placeholder_address(to18(one, "001"))
    assert (placeholder_address(one).casefold() == placeholder_address(other).casefold()) == (one == other)


@given(ids)
def test_pub_6_a_placeholder_reaches_nobody_and_is_no_contacts_address(account):
    address = placeholder_address(account)
    assert address.endswith(".invalid")
    assert re.fullmatch(r"[a-z0-9]{18}@[a-z.-]+", address)
    assert not valid_email(address)


def test_pub_6_the_placeholder_is_that_of_the_account_and_of_its_primary_contact():
    sale = with_contact(with_account(good_sale(), name="UPMC East"), first_name=" Jane ", last_name="Doe")
    (contact,) = sale.primary_contacts
    assert placeholder_for(sale.account, contact, ["UPMC"]) == Placeholder(
        "001000000000001aaa@no-welcome.invalid", "Jane Doe"
    )
    assert placeholder_for(sale.account, contact, ["Harbor", OTHER_ID]) is None
    assert placeholder_for(sale.account, contact, []) is None


# --- what CS Operations are asked

LEFT = LmsUser("900112", "001000000000001aaa@no-welcome.invalid", "customer", "active", "48213")
OTHER = LmsUser("900200", "jane@x.org", "customer", "active", "48213")


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (address_taken("900112", "jane@x.org"), ("jane@x.org", "Check again", "local+1")),
        (held_twice(LEFT, OTHER), ("900200", "jane@x.org", "Keep one of the two")),
        (another_person("900112", "Jane Doe", "Rob Roe"), ("Jane Doe", "Rob Roe", "sends no e-mail")),
    ],
)
def test_pub_6_what_needs_a_person_names_the_user_and_what_to_do(problem, words):
    assert (problem.who, problem.record, problem.record_id, problem.rule) == (
        Responsible.CS_OPS,
        "LMS user",
        "900112",
        "PUB-6",
    )
    assert problem.field == "Email Address / Username"
    assert [word for word in words if word not in str(problem)] == []
