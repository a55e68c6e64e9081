"""CSM-1: how full a book is, and how books grow by the accounts that are given."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.assignment import Terms, given_account, load
from tests.rules.csms import (
    HALF,
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


def worth(mrr, accounts, terms, segment, weight):
    """The procedure's load of so much MRR and so many accounts for a CSM of such terms."""
    book = weight * max(mrr, Decimal(0)) / segment.target_mrr + (1 - weight) * accounts / segment.target_accounts
    return book / (terms.capacity * terms.ramp_up)


def nearly(number):
    return pytest.approx(float(number), rel=1e-12, abs=1e-12)


@given(teams(any_csms), mrrs, segments, weights)
def test_csm_1_the_chosen_one_has_the_lightest_load_of_the_eligible(team, mrr, segment, weight):
    found = choice(team, mrr, segment, weight)
    loads = [worth(one.mrr, one.accounts, one.terms, segment, weight) for one in team if may_take(one, segment)]
    if found.chosen is None:
        assert loads == []
    else:
        assert float(found.chosen.load) == nearly(min(loads))


@given(teams(any_csms), mrrs, segments, weights)
def test_csm_1_the_figures_are_those_of_the_procedure(team, mrr, segment, weight):
    for one in choice(team, mrr, segment, weight).ranking:
        csm, added = one.csm, max(mrr, Decimal(0))
        assert float(one.load) == nearly(worth(csm.mrr, csm.accounts, csm.terms, segment, weight))
        assert float(one.load_after) == nearly(worth(csm.mrr + added, csm.accounts + 1, csm.terms, segment, weight))
        assert one.load == load(csm, segment, weight)


@given(teams(any_csms), mrrs, segments, weights)
def test_csm_1_a_book_grows_by_what_this_account_alone_is_worth(team, mrr, segment, weight):
    for one in choice(team, mrr, segment, weight).ranking:
        if one.csm.mrr >= 0:
            assert float(one.load_after - one.load) == nearly(worth(mrr, 1, one.csm.terms, segment, weight))


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
            before, after = chosen.csm, given_account(chosen.csm, mrr)
            assert (after.accounts, after.mrr) == (before.accounts + 1, before.mrr + mrr)
            assert replace(after, accounts=before.accounts, mrr=before.mrr) == before
            books[before.person.id] = after
            placed.append(mrr)
    assert sum(one.accounts for one in books.values()) == sum(one.accounts for one in team) + len(placed)
    assert sum(one.mrr for one in books.values()) == sum(one.mrr for one in team) + sum(placed)
    assert len(placed) == len(accounts) or not any(may_take(one, segment) for one in books.values())


@given(teams(free_csms, min_size=2), st.integers(1, 20))
def test_csm_1_accounts_of_one_size_spread_evenly_over_books_that_began_empty(team, number):
    books = {one.person.id: replace(one, accounts=0, mrr=Decimal(0)) for one in team}
    for _ in range(number):
        chosen = choice(books.values()).chosen.csm
        books[chosen.person.id] = given_account(chosen, Decimal(1_200))
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


@given(free_csms, segments, weights, st.sampled_from([Terms(capacity=HALF), Terms(ramp_up=HALF)]))
def test_csm_1_at_half_the_capacity_the_same_book_is_twice_the_load(one, segment, weight, half):
    assert load(replace(one, terms=half), segment, weight) == 2 * load(one, segment, weight)
