"""The contract of a sale that was won, as the sale has it (ONB-6)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from rules.contracts.terms import sold_agreement, terms
from tests.rules.builders.clients import TODAY, contract
from tests.rules.builders.sales import CONTRACT_ID, good_sale, with_opportunity

KNOWN = contract(-300, 65, id=CONTRACT_ID, users=Decimal(5))


def test_the_figures_are_those_of_the_sale_and_the_dates_those_of_the_contract():
    found = sold_agreement(good_sale(), (KNOWN,))
    assert (found.users, found.plan_amount, found.products) == (Decimal(26), Decimal(1250), ("Learning",))
    assert (found.start, found.end, found.number, found.won) == (KNOWN.start, KNOWN.end, KNOWN.number, True)


def test_a_contract_that_is_not_among_the_clients_is_taken_from_the_sale_alone():
    found = sold_agreement(good_sale(), ())
    assert (found.id, found.number, found.start, found.users) == (CONTRACT_ID, "", None, Decimal(26))


@pytest.mark.parametrize(
    ("before", "type_", "expected"),
    [
        (None, "Expansion", "Expansion"),
        ("New Business", "Expansion", "New Business"),
        ("Renewal", "Renewal", "Renewal"),
        (None, None, None),
    ],
)
def test_a_later_sale_does_not_change_how_a_contract_came_about(before, type_, expected):
    sale = with_opportunity(good_sale(), type=type_)
    assert sold_agreement(sale, (replace(KNOWN, sold_as=before),)).sold_as == expected


def test_a_sale_without_a_contract_was_not_reviewed():
    with pytest.raises(ValueError, match="contract"):
        sold_agreement(replace(good_sale(), contract=None), ())


@pytest.mark.parametrize(("start", "end"), [(5, 300), (-300, -5)])
def test_a_contract_that_is_brought_into_effect_alone_counts_before_it_begins_and_after_it_ended(start, end):
    own = contract(start, end, 102)
    beside = contract(start, end, 103, sold_as="Expansion")
    assert terms((beside,), TODAY, {}, own).counted == (own, beside)
    assert terms((beside, KNOWN), TODAY, {}, own).counted == (KNOWN,)
