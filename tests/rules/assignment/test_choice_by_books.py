"""CSM-1: how full a book is, and how books grow by the accounts that are given."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.assignment.books import Book, CsmTerms, given_account, load
from tests.rules.builders.csms import (
    ENTERPRISE,
    HALF,
    MID_MARKET,
    SMB,
    TABLE,
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

FULL_MRR = {"Mid-Market": 60_000, "Enterprise": 120_000}
FULL_ACCOUNTS = {"Mid-Market": 30, "Enterprise": 15}
BOTH = ("SMB", "Enterprise")


def worth(books, terms, weight):
    """The procedure's load of books of segment, accounts and MRR; 30,000 and 60 are full wherever nothing else is."""
    shares = [
        weight * max(mrr, Decimal(0)) / FULL_MRR.get(segment, 30_000)
        + (1 - weight) * accounts / FULL_ACCOUNTS.get(segment, 60)
        for segment, accounts, mrr in books
    ]
    return sum(shares) / (terms.capacity * terms.ramp_up)


def held(csm):
    return [(book.segment, book.accounts, book.mrr) for book in csm.books]


def held_with(csm, segment, mrr):
    """The same with an account more."""
    ours = [(accounts, money) for name, accounts, money in held(csm) if name == segment.name] or [(0, Decimal(0))]
    others = [book for book in held(csm) if book[0] != segment.name]
    return [*others, (segment.name, ours[0][0] + 1, ours[0][1] + mrr)]


def nearly(number):
    return pytest.approx(float(number), rel=1e-12, abs=1e-12)


# --- several segments


def test_csm_1_each_book_is_weighed_by_its_own_segments_targets():
    # SMB: half of 3,000/30,000 and half of 30/60 = 3/10. Enterprise: half of 60,000/120,000 and half of 5/15 = 5/12.
    one = csm(segments=BOTH, books=(Book("SMB", 30, Decimal(3_000)), Book("Enterprise", 5, Decimal(60_000))))
    assert load(one, TABLE, HALF) == Fraction(43, 60)
    assert (one.accounts, one.mrr) == (35, Decimal(63_000))


def test_csm_1_the_load_is_the_same_whatever_the_segment_of_the_new_account():
    one = csm(segments=BOTH, books=(Book("SMB", 30, Decimal(3_000)), Book("Enterprise", 5, Decimal(60_000))))
    assert [choice([one], segment=segment).ranking[0].load for segment in (SMB, ENTERPRISE)] == [Fraction(43, 60)] * 2


def test_csm_1_a_full_enterprise_book_is_not_light_for_a_small_account():
    # By the targets of SMB, 10 accounts and 15,000 of MRR would be the lighter of the two.
    full = csm("Ana", 1, segments=BOTH, books=(Book("Enterprise", 10, Decimal(15_000)),))
    light = csm("Bo", 2, segments=BOTH, books=(Book("SMB", 20, Decimal(9_000)),))
    assert choice([full, light], segment=SMB).chosen.csm == light


def test_csm_1_the_account_is_added_to_the_book_of_its_own_segment():
    one = csm(segments=BOTH, books=(Book("SMB", 30, Decimal(3_000)), Book("Enterprise", 5, Decimal(60_000))))
    after = given_account(one, ENTERPRISE, Decimal(6_000))
    assert sorted(held(after)) == [("Enterprise", 6, Decimal(66_000)), ("SMB", 30, Decimal(3_000))]
    assert held(given_account(csm(), ENTERPRISE, Decimal(6_000))) == [("Enterprise", 1, Decimal(6_000))]


@pytest.mark.parametrize("name", ["", "Strategic"])
def test_csm_1_accounts_of_no_segment_of_the_table_weigh_as_those_of_the_smallest(name):
    assert load(csm(books=(Book(name, 30, Decimal(15_000)),)), TABLE, HALF) == Fraction(1, 2)
    assert load(csm(books=(Book(name, 30, Decimal(15_000)),)), TABLE[1:], HALF) == Fraction(5, 8)


def test_csm_1_a_book_in_credit_takes_nothing_off_another():
    one = csm(books=(Book("SMB", 0, Decimal(-30_000)), Book("Mid-Market", 0, Decimal(30_000))))
    assert load(one, TABLE, HALF) == Fraction(1, 4)


# --- what always holds


@given(teams(any_csms), mrrs, segments, weights)
def test_csm_1_the_chosen_one_has_the_lightest_load_of_the_eligible(team, mrr, segment, weight):
    found = choice(team, mrr, segment, weight)
    loads = [worth(held(one), one.terms, weight) for one in team if may_take(one, segment)]
    if found.chosen is None:
        assert loads == []
    else:
        assert float(found.chosen.load) == nearly(min(loads))


@given(teams(any_csms), mrrs, segments, weights)
def test_csm_1_the_figures_are_those_of_the_procedure(team, mrr, segment, weight):
    for one in choice(team, mrr, segment, weight).ranking:
        csm, with_it = one.csm, held_with(one.csm, segment, max(mrr, Decimal(0)))
        assert float(one.load) == nearly(worth(held(csm), csm.terms, weight))
        assert float(one.load_after) == nearly(worth(with_it, csm.terms, weight))
        assert one.load == load(csm, TABLE, weight)


@given(teams(any_csms), mrrs, segments, weights)
def test_csm_1_a_book_grows_by_what_this_account_alone_is_worth(team, mrr, segment, weight):
    for one in choice(team, mrr, segment, weight).ranking:
        if all(book.mrr >= 0 for book in one.csm.books):
            alone = worth([(segment.name, 1, mrr)], one.csm.terms, weight)
            assert float(one.load_after - one.load) == nearly(alone)


@given(any_csms, weights)
def test_csm_1_the_load_of_all_books_is_the_sum_of_the_loads_of_each(one, weight):
    assert load(one, TABLE, weight) == sum(load(replace(one, books=(book,)), TABLE, weight) for book in one.books)


@given(any_csms, mrrs, segments, segments, weights)
def test_csm_1_the_load_does_not_depend_on_the_account_to_come(one, mrr, segment, other, weight):
    assert choice([one], mrr, segment, weight).ranking[0].load == choice([one], mrr, other, weight).ranking[0].load


@given(teams(any_csms), mrrs, segments, weights)
def test_csm_1_the_figures_of_one_book_do_not_move_with_the_others(team, mrr, segment, weight):
    for one in choice(team, mrr, segment, weight).ranking:
        assert choice([one.csm], mrr, segment, weight).ranking == (one,)


@given(teams(any_csms, min_size=1), st.lists(mrrs, max_size=12), segments, weights)
def test_csm_1_one_account_after_the_other_the_totals_move_by_exactly_these_accounts(team, accounts, segment, weight):
    books, placed = {one.person.id: one for one in team}, []
    for mrr in accounts:
        chosen = choice(books.values(), mrr, segment, weight).chosen
        if chosen is not None:
            before, after = chosen.csm, given_account(chosen.csm, segment, mrr)
            assert (after.accounts, after.mrr) == (before.accounts + 1, before.mrr + mrr)
            assert sorted(held(after)) == sorted(held_with(before, segment, mrr))
            assert replace(after, books=before.books) == before
            books[before.person.id] = after
            placed.append(mrr)
    assert sum(one.accounts for one in books.values()) == sum(one.accounts for one in team) + len(placed)
    assert sum(one.mrr for one in books.values()) == sum(one.mrr for one in team) + sum(placed)
    assert len(placed) == len(accounts) or not any(may_take(one, segment) for one in books.values())


@given(teams(free_csms, min_size=2), st.integers(1, 20))
def test_csm_1_accounts_of_one_size_spread_evenly_over_books_that_began_empty(team, number):
    books = {one.person.id: replace(one, books=()) for one in team}
    for _ in range(number):
        chosen = choice(books.values()).chosen.csm
        books[chosen.person.id] = given_account(chosen, MID_MARKET, Decimal(1_200))
    held = [one.accounts for one in books.values()]
    assert max(held) - min(held) <= 1


@pytest.mark.parametrize("mrr", [Decimal(-5_000), Decimal("-0.01"), Decimal(0)])
def test_csm_1_an_account_in_credit_weighs_as_one_without_mrr(mrr):
    one = csm(accounts=15, mrr=Decimal(24_000))
    assert choice([one], mrr=mrr) == choice([one], mrr=Decimal(0))
    assert choice([one], mrr=mrr).chosen.load_after == Fraction(7, 15)  # half of 24,000/60,000, half of 16/30


@pytest.mark.parametrize("mrr", [Decimal(-40_000), Decimal(0)])
def test_csm_1_a_book_in_credit_weighs_by_its_accounts_alone(mrr):
    in_credit, empty = csm("Bo Li", 2, accounts=3, mrr=mrr), csm(accounts=1)
    found = choice([in_credit, empty])
    assert found.chosen.csm == empty
    assert found.ranking[1].load == Fraction(1, 20)


@given(free_csms, weights, st.sampled_from([CsmTerms(capacity=HALF), CsmTerms(ramp_up=HALF)]))
def test_csm_1_at_half_the_capacity_the_same_book_is_twice_the_load(one, weight, half):
    assert load(replace(one, terms=half), TABLE, weight) == 2 * load(one, TABLE, weight)
