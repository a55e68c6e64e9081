"""CSM-1, CSM-2: whom the next account goes to, and why."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.assignment.availability import Absence
from rules.assignment.books import Book, CsmTerms
from rules.assignment.choice import choose
from tests.rules.builders.csms import (
    ENTERPRISE,
    HALF,
    HAND_OVER,
    MID_MARKET,
    SMB,
    any_csms,
    choice,
    csm,
    free_csms,
    may_take,
    mrrs,
    segments,
    teams,
    weights,
)

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


# --- an example by hand


ANA = csm("Ana Diaz", 1, accounts=15, mrr=Decimal(24_000))
BO = csm("Bo Li", 2, accounts=6, mrr=Decimal(30_000))
CY = csm("Cy Young", 3, accounts=6, mrr=Decimal(12_000), terms=CsmTerms(capacity=HALF))
DI = csm("Di Rossi", 4, accounts=3, mrr=Decimal(6_000), terms=CsmTerms(capacity=Decimal("0.8"), ramp_up=HALF))


def test_csm_1_the_lightest_book_is_chosen_and_every_figure_is_told():
    """Of 60,000 MRR and 30 accounts each, as halves; Cy works half-time, Di at 0.8 and is new."""
    found = choice([ANA, BO, CY, DI])
    assert found.chosen.csm == DI
    assert [(one.csm, one.load, one.load_after, one.passed_over) for one in found.ranking] == [
        (DI, Fraction(1, 4), Fraction(19, 60), ""),
        (BO, Fraction(7, 20), Fraction(113, 300), ""),
        (CY, Fraction(2, 5), Fraction(34, 75), ""),
        (ANA, Fraction(9, 20), Fraction(143, 300), ""),
    ]
    assert found.tie_break == ""


@pytest.mark.parametrize(("weight", "chosen"), [(Decimal(0), BO), (HALF, BO), (Decimal(1), ANA)])
def test_csm_1_the_weight_of_mrr_decides_which_book_is_light(weight, chosen):
    assert choice([ANA, BO], weight=weight).chosen.csm == chosen


def test_csm_1_where_nobody_is_a_candidate_nobody_is_chosen():
    found = choice([])
    assert (found.chosen, found.ranking, found.tie_break) == (None, (), "")


# --- who cannot be chosen


OBSTACLES = [
    ({"active": False}, "the user is inactive"),
    ({"lead": None}, "has no active team lead: enter the Manager on the user"),
    ({"segments": ()}, "serves no segment: choose CS Segments on the user"),
    ({"segments": ("SMB", "Enterprise")}, "serves SMB, Enterprise, not Mid-Market"),
    ({"accounts": 50}, "holds 50 Mid-Market accounts, and may hold 50"),
    ({"accounts": 51}, "holds 51 Mid-Market accounts, and may hold 50"),
    ({"accounts": 1, "terms": CsmTerms(most_accounts=1)}, "holds 1 account, and may hold 1"),
    ({"terms": CsmTerms(most_accounts=0)}, "holds 0 accounts, and may hold 0"),
    ({"accounts": 12, "terms": CsmTerms(most_accounts=12)}, "holds 12 accounts, and may hold 12"),
    ({"absences": (Absence(date(2026, 6, 15), date(2026, 6, 15)),)}, "out of office on 2026-06-15"),
    (
        {"absences": (Absence(date(2026, 6, 22), date(2026, 6, 26)),)},
        "out of office from 2026-06-22 to 2026-06-26",
    ),
    ({"absences": (Absence(date(2026, 6, 20), None),)}, "out of office from 2026-06-20 until further notice"),
    ({"absences": (Absence(None, None),)}, "out of office from 2026-06-15 until further notice"),
    (
        {"absences": (Absence(date(2026, 6, 8), date(2026, 6, 12)),)},
        "back on 2026-06-15 from an absence, and gets no new accounts before 2026-06-16",
    ),
    (
        {"absences": (Absence(date(2026, 6, 12), date(2026, 6, 12)), Absence(date(2026, 6, 15), date(2026, 6, 15)))},
        "out of office from 2026-06-12 to 2026-06-15",
    ),
    (
        {"absences": (Absence(date(2026, 6, 8), date(2026, 6, 12)), Absence(date(2026, 6, 18), date(2026, 6, 19)))},
        "out of office from 2026-06-18 to 2026-06-19",
    ),
]


@pytest.mark.parametrize(("fields", "reason"), OBSTACLES, ids=[reason for _, reason in OBSTACLES])
def test_csm_2_whoever_cannot_take_it_is_passed_over_in_words_for_the_team_lead(fields, reason):
    busy = csm("Bo Li", 2, accounts=49, mrr=Decimal(200_000))
    found = choice([csm(**fields), busy])
    assert found.chosen.csm == busy
    assert [one.passed_over for one in found.ranking] == ["", reason]
    assert found.tie_break == ""


@pytest.mark.parametrize(("fields", "reason"), OBSTACLES, ids=[reason for _, reason in OBSTACLES])
def test_csm_2_when_nobody_is_available_nobody_is_assigned_and_everybody_is_told(fields, reason):
    found = choice([csm(**fields)])
    assert found.chosen is None
    assert [one.passed_over for one in found.ranking] == [reason]


@given(teams(any_csms), mrrs, segments, weights)
def test_csm_2_whoever_may_not_take_it_is_never_chosen_and_whoever_may_is_not_passed_over(team, mrr, segment, weight):
    found = choice(team, mrr, segment, weight)
    assert {one.csm.person.id: not one.passed_over for one in found.ranking} == {
        one.person.id: may_take(one, segment) for one in team
    }
    assert (found.chosen is None) == (not any(may_take(one, segment) for one in team))
    assert found.chosen is None or found.chosen.passed_over == ""


@pytest.mark.parametrize(
    ("accounts", "own", "free"), [(49, None, True), (60, 61, True), (60, 60, False), (9, 9, False)]
)
def test_csm_1_the_csms_own_cap_stands_for_the_segments(accounts, own, free):
    found = choice([csm(accounts=accounts, terms=CsmTerms(most_accounts=own))])
    assert (found.chosen is not None) == free


SMALL = Book("SMB", 30, Decimal(9_000))
FULL = Book("Enterprise", 25, Decimal(120_000))


def test_csm_1_accounts_of_another_segment_do_not_fill_the_cap_of_this_one():
    """30 small accounts are more than the 25 of Enterprise that one may hold."""
    both = csm(segments=("SMB", "Enterprise"), books=(SMALL,))
    assert choice([both], segment=ENTERPRISE).ranking[0].passed_over == ""


def test_csm_1_the_segments_cap_counts_its_own_accounts_alone_and_names_them():
    both = csm(segments=("SMB", "Enterprise"), books=(SMALL, FULL))
    assert choice([both], segment=ENTERPRISE).ranking[0].passed_over == "holds 25 Enterprise accounts, and may hold 25"
    assert choice([both], segment=SMB).ranking[0].passed_over == ""


def test_csm_1_the_csms_own_cap_counts_the_accounts_of_all_segments():
    both = csm(segments=("SMB", "Enterprise"), books=(SMALL, FULL), terms=CsmTerms(most_accounts=55))
    for segment in (SMB, ENTERPRISE):
        assert choice([both], segment=segment).ranking[0].passed_over == "holds 55 accounts, and may hold 55"
    assert choice([replace(both, terms=CsmTerms(most_accounts=56))], segment=SMB).chosen is not None


def test_csm_1_a_cap_of_one_is_told_in_the_singular():
    table = (SMB, replace(MID_MARKET, most_accounts=1))
    found = choose([csm(accounts=1)], Decimal(0), table[1], table, weight_of_mrr=HALF, hand_over=HAND_OVER)
    assert found.ranking[0].passed_over == "holds 1 Mid-Market account, and may hold 1"


# --- the ranking


@given(st.data(), teams(any_csms), mrrs, segments, weights)
def test_csm_1_the_order_of_the_candidates_does_not_matter(data, team, mrr, segment, weight):
    shuffled = data.draw(st.permutations(team))
    assert choice(shuffled, mrr, segment, weight) == choice(team, mrr, segment, weight)


@given(st.data(), teams(free_csms, min_size=2))
def test_csm_1_the_order_of_the_candidates_breaks_no_tie(data, team):
    """Books so alike that most of them are equally full."""
    assert choice(data.draw(st.permutations(team))) == choice(team)


@given(teams(any_csms), mrrs, segments, weights)
def test_csm_1_every_candidate_is_ranked_exactly_once_and_as_given(team, mrr, segment, weight):
    ranked = [one.csm for one in choice(iter(team), mrr, segment, weight).ranking]
    assert sorted(ranked, key=lambda one: one.person.id) == sorted(team, key=lambda one: one.person.id)


@given(teams(any_csms), mrrs, segments, weights)
def test_csm_1_the_eligible_are_listed_lightest_first_then_the_others_by_name(team, mrr, segment, weight):
    ranking = choice(team, mrr, segment, weight).ranking
    eligible = [one for one in ranking if not one.passed_over]
    others = [one.csm.person for one in ranking if one.passed_over]
    assert list(ranking[: len(eligible)]) == eligible
    assert [one.load for one in eligible] == sorted(one.load for one in eligible)
    assert others == sorted(others, key=lambda person: (person.name.casefold(), person.id))


# --- ties


HEAVY = {"accounts": 10, "mrr": Decimal(20_000)}
FEWER = {"accounts": 9, "mrr": Decimal(22_000)}  # one account weighs as much as 2,000 MRR


@pytest.mark.parametrize(
    ("first", "second", "tie_break"),
    [
        ({**FEWER, "last_assigned": NEW_YEAR, "name": "Zoe"}, {**HEAVY, "name": "Ana"}, "fewer accounts"),
        (
            {**HEAVY, "last_assigned": NEW_YEAR, "name": "Zoe"},
            {**HEAVY, "last_assigned": NEW_YEAR + timedelta(seconds=1), "name": "Ana"},
            "longest since the last assignment",
        ),
        (
            {**HEAVY, "last_assigned": None, "name": "Zoe"},
            {**HEAVY, "last_assigned": NEW_YEAR, "name": "Ana"},
            "longest since the last assignment",
        ),
        ({**HEAVY, "name": "ana diaz"}, {**HEAVY, "name": "Bo Li"}, "by name"),
        (
            {**HEAVY, "last_assigned": NEW_YEAR, "name": "Ana", "number": 2},
            {**HEAVY, "last_assigned": NEW_YEAR.astimezone(timezone(timedelta(hours=9))), "name": "Bo", "number": 1},
            "by name",
        ),
        ({**HEAVY, "name": "Ana Diaz", "number": 1}, {**HEAVY, "name": "ana diaz", "number": 2}, "by id"),
    ],
    ids=["accounts", "date", "never", "name", "one instant in two zones", "id"],
)
def test_csm_1_of_equal_loads_the_tie_goes_to_fewer_accounts_then_longest_ago_then_name(first, second, tie_break):
    one, other = csm(**{"number": 8, **first}), csm(**{"number": 7, **second})
    for candidates in ([one, other], [other, one]):
        found = choice(candidates)
        assert found.ranking[0].load == found.ranking[1].load
        assert [ranked.csm for ranked in found.ranking] == [one, other]
        assert found.tie_break == tie_break


def test_csm_1_no_tie_is_told_where_the_load_alone_decided():
    light, like = csm("Zoe", 1), csm("Bo", 2, **HEAVY)
    assert choice([like, csm("Ana", 3, **HEAVY), light]).tie_break == ""
    assert choice([light, csm("Ana", 3, active=False)]).tie_break == ""
    assert choice([light]).tie_break == ""
