"""ONB-12: searching Recurly by company name takes exact names only."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.common.problems import Responsible
from rules.common.records import RecurlyAccount, Subscription
from rules.onboarding.recurly_match import Candidate, match_by_name, taken_by_name, undecided
from tests.rules.builders.sales import recurly_account

plain_names = st.from_regex(r"[A-Za-z0-9&.,'-]+( [A-Za-z0-9&.,'-]+){0,3}", fullmatch=True)
respelled = st.sampled_from([str, str.upper, str.lower, " {}  ".format, lambda name: name.replace(" ", " \t ")])


def typed(name: str) -> str:
    """A plain name without case and spacing, worked out here independently."""
    return " ".join(name.lower().split())


def test_onb_12_the_one_account_of_that_name_is_found_whatever_its_case_and_spacing():
    wanted = recurly_account("  HARBOR   clinic ")
    assert match_by_name("Harbor Clinic", [recurly_account("Harbour Clinic"), wanted]) == (wanted,)


def test_onb_12_several_accounts_of_that_name_are_all_told():
    both = (recurly_account("Harbor Clinic", "a"), recurly_account("harbor clinic", "b"))
    assert match_by_name("Harbor Clinic", both) == both


def test_onb_12_nothing_similar_is_taken():
    similar = ["Harbor Clinic Inc", "Harbor", "Harbor-Clinic", "HarborClinic", "Harbor Clinic.", None, ""]
    assert match_by_name("Harbor Clinic", map(recurly_account, similar)) == ()


def test_onb_12_a_company_without_a_name_matches_nobody():
    assert match_by_name("  ", [recurly_account(None), recurly_account(""), recurly_account(" ")]) == ()


def test_onb_12_full_width_and_composed_letters_are_the_same_name():
    account = recurly_account("\uff28\uff41\uff52\uff42\uff4f\uff52 Cafe\u0301")
    assert match_by_name("harbor caf\u00e9", [account]) == (account,)


def test_onb_12_letters_that_differ_only_in_case_beyond_ascii_are_the_same_name():
    account = recurly_account("Stra\u00dfe Klinik")
    assert match_by_name("STRASSE KLINIK", [account]) == (account,)


@given(plain_names, respelled)
def test_onb_12_a_name_matches_itself_however_it_is_typed(name, typing):
    account = recurly_account(typing(name))
    assert match_by_name(name, [account]) == (account,)


@given(st.lists(plain_names), plain_names)
def test_onb_12_every_match_has_that_very_name_and_none_is_left_out(companies, wanted):
    accounts = [recurly_account(company) for company in companies]
    found = match_by_name(wanted, accounts)
    assert [account for account in accounts if account in found] == list(found)
    assert {account.company for account in found} >= {company for company in companies if company == wanted}
    assert {typed(account.company) for account in found} <= {typed(wanted)}


OPEN, CLOSED = recurly_account(code="open"), recurly_account(code="closed", is_open=False)


@pytest.mark.parametrize(
    ("accounts", "chosen", "taken"),
    [
        ([CLOSED, OPEN], "", OPEN),
        ([CLOSED], "", None),
        ([CLOSED], CLOSED.id, CLOSED),
        ([OPEN, recurly_account(code="second")], "", None),
        ([OPEN, recurly_account(code="second")], OPEN.id, OPEN),
        ([OPEN], "rec-of-another", OPEN),
        ([], "", None),
    ],
)
def test_onb_12_a_closed_account_is_never_taken_by_its_name_alone(accounts, chosen, taken):
    assert taken_by_name(match_by_name("Harbor Clinic", accounts), chosen) == taken


def test_onb_12_open_accounts_are_named_before_closed_ones():
    assert match_by_name("Harbor Clinic", [CLOSED, OPEN]) == (OPEN, CLOSED)


# --- the question

ACCOUNT_ID = "001000000000001AAA"
JANE = Candidate(
    RecurlyAccount("r1", "signup-1", "Harbor Clinic", email="jane@harbor.example", created=date(2026, 11, 3)),
    (Subscription("s1", "Standard, yearly", "active", renews=True, until=None),),
    "https://acme.recurly.example/accounts/signup-1",
)
BARE = Candidate(RecurlyAccount("r2", "signup-2", "Harbor Clinic", is_open=False), (), "https://r.example/signup-2")


def test_onb_12_people_see_by_what_to_recognize_each_account():
    problem = undecided(ACCOUNT_ID, "Harbor Clinic", [JANE, BARE])
    assert problem.who is Responsible.CS_OPS
    assert problem.statement == 'Recurly has 2 accounts named "Harbor Clinic". Which one is right?'
    assert [(choice.value, choice.label, choice.page) for choice in problem.choices] == [
        ("r1", "jane@harbor.example, created 2026-11-03, code signup-1, Standard, yearly (active)", JANE.page),
        ("r2", "no e-mail, closed, code signup-2, no subscription", BARE.page),
    ]
    assert problem.expected.startswith("Choose it here, or give the right account the code 001000000000001AAA")
    assert problem.label == problem.heading == "Recurly account"


@pytest.mark.parametrize(
    ("candidates", "sentence", "way"),
    [
        ([], f'Recurly has no account with the code {ACCOUNT_ID}, and none named "Harbor Clinic".', "Give the right"),
        ([BARE], f'Recurly has a closed account named "Harbor Clinic", and none with the code {ACCOUNT_ID}.', "Choose"),
    ],
)
def test_onb_12_no_account_and_a_closed_one_are_asked_about_too(candidates, sentence, way):
    problem = undecided(ACCOUNT_ID, "Harbor Clinic", candidates)
    assert problem.statement == sentence
    assert problem.expected.startswith(way)
