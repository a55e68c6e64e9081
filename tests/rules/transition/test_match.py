"""TRN-2: the account and the CSM of a row are found exactly, near misses are proposed and never taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.transition.match import match
from tests.rules.builders.matching import ACME, KIM, LENA, PAT, an_id, held, row, taker


def said(rows, accounts=(ACME,), users=(PAT, KIM)):
    moves, faults = match(rows, accounts, users)
    assert moves == []
    (one,) = faults
    return one.column, one.message


@pytest.mark.parametrize("account", [ACME.id, ACME.id[:15], "acme  CLINICS"])
@pytest.mark.parametrize("csm", [KIM.person.id, "kim roe", "KIM.ROE2@team.example"])
def test_trn_2_the_account_and_the_csm_are_found_by_id_name_or_address(account, csm):
    (move,), faults = match([row(account, csm)], [held(2, "Acme"), ACME], [PAT, KIM])
    assert faults == []
    assert (move.account, move.to_csm, move.team_lead) == (ACME, KIM.person, LENA)


def test_trn_2_near_misses_are_proposed_and_nothing_is_moved():
    column, message = said([row("Acme Clinic")])
    assert column == "Account"
    assert f"Did you mean Acme Clinics ({ACME.id})?" in message
    assert said([row(csm="Kim Row")]) == ("New CSM", "Salesforce has no user Kim Row. Did you mean Kim Roe?")
    assert said([row("Zzz")]) == ("Account", "Salesforce has no account Zzz.")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("O\u2019Neil \u2013 Clinic", "O'Neil - Clinic"),
        ("Acme\u00a0Clinics\u200b", "Acme Clinics"),
        ("Jose Dental", "José Dental"),
        ("\uff21cme Oﬃce", "Acme Office"),
    ],
)
def test_trn_2_typography_and_accents_do_not_count(typed, name):
    (move,), faults = match([row(typed)], [held(1, name)], [PAT, KIM])
    assert (move.account.name, faults) == (name, [])


def test_trn_2_of_names_that_differ_by_accents_the_very_one_is_meant_and_else_it_is_asked():
    both = [held(1, "José Dental"), held(2, "Josè Dental")]
    assert "2 accounts are called Jose Dental" in said([row("Jose Dental")], accounts=both)[1]
    (move,), _ = match([row("José Dental")], both, [PAT, KIM])
    assert move.account == both[0]


@pytest.mark.parametrize("typed", ["Acem Clinics", "Clinics Acme", "The Acme Clinics", "\u0410cme Clinics"])
def test_trn_2_a_name_is_proposed_wherever_it_differs(typed):
    assert f"Did you mean Acme Clinics ({ACME.id})?" in said([row(typed)], accounts=[ACME, held(2, "Bay Care")])[1]


def test_trn_2_of_several_accounts_of_a_name_none_is_chosen():
    column, message = said([row()], accounts=[ACME, held(7, "ACME clinics")])
    assert column == "Account"
    assert all(one in message for one in (ACME.id, an_id("001", 7), "Enter the id"))


def test_trn_2_of_several_users_of_a_name_the_one_who_has_not_left_is_meant():
    gone, other = taker(3, "Kim Roe", active=False), taker(4, "Kim Roe")
    (move,), _ = match([row()], [ACME], [gone, KIM])
    assert move.to_csm == KIM.person
    column, message = said([row()], users=[KIM, other])
    assert column == "New CSM"
    assert "Enter the e-mail address" in message


@pytest.mark.parametrize(
    ("account", "users", "column", "words"),
    [
        (ACME, [PAT, taker(2, "Kim Roe", active=False)], "New CSM", "is inactive"),
        (ACME, [PAT, taker(2, "Kim Roe", is_csm=False)], "New CSM", "is not a CSM"),
        (ACME, [PAT, taker(2, "Kim Roe", lead=None)], "New CSM", "has no team lead"),
        (held(1, "Acme Clinics", KIM.person), [PAT, KIM], "New CSM", "is the CSM of Acme Clinics already"),
        (held(1, "Acme Clinics", served=False), [PAT, KIM], "Account", "is no longer a client"),
    ],
)
def test_trn_2_what_cannot_be_handed_over_is_told(account, users, column, words):
    found, message = said([row()], accounts=[account], users=users)
    assert found == column
    assert words in message


def test_trn_2_an_account_that_nobody_looks_after_may_be_given_to_a_csm():
    (move,), _ = match([row()], [held(1, "Acme Clinics", None)], [PAT, KIM])
    assert move.account.csm is None


def test_trn_2_an_account_named_by_its_id_and_by_its_name_moves_once():
    moves, faults = match([row(number=2), row(ACME.id, number=5)], [ACME], [PAT, KIM])
    assert [move.row.number for move in moves] == [2]
    assert [(one.row, "row 2 moves" in one.message) for one in faults] == [(5, True)]


names = st.sampled_from(["Acme Clinics", "acme clinics", "Bay Care", "Bay Car", "Cedar", ACME.id, an_id("001", 2)])


@given(
    st.lists(st.tuples(names, st.sampled_from(["Pat Lee", "Kim Roe", "Kim", "Jo Old"])), max_size=8),
    st.lists(st.sampled_from(["Acme Clinics", "Bay Care", "Cedar", "cedar"]), max_size=5),
)
def test_trn_2_every_row_is_moved_or_told_and_no_account_moves_twice(typed, there):
    rows = [row(account, csm, number) for number, (account, csm) in enumerate(typed, 2)]
    users = [PAT, KIM, taker(5, "Jo Old", active=False)]
    moves, faults = match(rows, [held(number, name) for number, name in enumerate(there, 1)], users)
    moved, told = [move.row.number for move in moves], {one.row for one in faults}
    assert sorted({*moved} | told) == [one.number for one in rows]
    assert not {*moved} & told
    assert len({move.account.id for move in moves}) == len(moves)
    assert all(move.account.csm != move.to_csm for move in moves)


def test_trn_2_names_are_proposed_for_the_first_two_hundred_rows_of_a_sheet():
    assert "Did you mean" in said([row("Acme Clinic", number=200)])[1]
    assert "Did you mean" not in said([row("Acme Clinic", number=201)])[1]
    assert "Did you mean" in said([row("Acme Clinic", number=10_002)])[1]
