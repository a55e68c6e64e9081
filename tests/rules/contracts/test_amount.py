"""CSM-1 (ours): the amount per month that a client without MRR counts with."""

from decimal import Decimal

import pytest

from rules.contracts.amount import monthly_amount
from tests.rules.builders.clients import TODAY, contract


def sold(start, end, number=101, amount: int | None = 480, **fields):
    return contract(start, end, number, plan_amount=None if amount is None else Decimal(amount), **fields)


@pytest.mark.parametrize(
    ("agreements", "expected"),
    [
        pytest.param([], None, id="no contract"),
        pytest.param([sold(-30, 30)], 480, id="in force"),
        pytest.param([sold(-30, None)], 480, id="without an end"),
        pytest.param([sold(-30, 30, amount=None)], None, id="no amount"),
        pytest.param([sold(-60, -1)], None, id="ended"),
        pytest.param([sold(-30, 30, status="Draft")], None, id="not signed"),
        pytest.param([sold(-30, 30, status="Draft", won=True)], 480, id="a draft whose sale was won"),
        pytest.param([sold(5, 370)], 480, id="just sold: it begins later"),
        pytest.param([sold(5, 370), sold(9, 370, 102, 99)], 480, id="the one that begins next"),
        pytest.param([sold(-30, 30), sold(31, 400, 102, 900)], 480, id="the renewal does not count before it begins"),
        pytest.param([sold(-30, 30), sold(-5, 400, 102, 900, sold_as="Renewal")], 900, id="of both, the larger amount"),
        pytest.param(
            [sold(-30, 30), sold(-5, 30, 102, 20, sold_as="Expansion")], 500, id="an expansion adds its amount"
        ),
        pytest.param([sold(-5, 30, amount=20, sold_as="Expansion")], 20, id="an expansion alone"),
        pytest.param([sold(-30, 30, amount=0)], 0, id="zero is an amount"),
    ],
)
def test_csm_1_the_contracts_in_force_count_or_else_those_that_begin_next(agreements, expected):
    assert monthly_amount(agreements, TODAY) == expected
