"""CSM-3: the segment of an account, by its MRR and its users, from the table of CS Operations."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.assignment.segmentation import Segment, segment_named, segment_of
from tests.rules.builders.csms import ENTERPRISE, MID_MARKET, SMB, TABLE

amounts = st.decimals(-1_000, 10_000, places=2)
numbers = st.integers(0, 3_000).map(Decimal)


@st.composite
def tables(draw) -> list[Segment]:
    """Segments whose MRR and users rise from line to line, the first for everybody."""
    rises = st.lists(st.tuples(st.integers(1, 3_000), st.integers(1, 900)), max_size=3)
    floors = [(0, 0)]
    for money, users in draw(rises):
        floors.append((floors[-1][0] + money, floors[-1][1] + users))
    return [
        Segment(f"line {line}", Decimal(money), users, Decimal(1), 1, 1) for line, (money, users) in enumerate(floors)
    ]


@pytest.mark.parametrize(
    ("mrr", "users", "segment"),
    [
        ("0", "0", SMB),
        ("899.99", "149", SMB),
        ("900", "0", MID_MARKET),
        ("0", "150", MID_MARKET),
        ("899.99", "150.0", MID_MARKET),
        ("900.00", "149", MID_MARKET),
        ("3999.99", "999", MID_MARKET),
        ("4000", "0", ENTERPRISE),
        ("0", "1000", ENTERPRISE),
        ("900", "1000", ENTERPRISE),
        ("4000", "150", ENTERPRISE),
        ("1000000", "1000000", ENTERPRISE),
    ],
)
def test_csm_3_the_higher_segment_of_mrr_and_users_is_the_accounts(mrr, users, segment):
    assert segment_of(Decimal(mrr), Decimal(users), TABLE) == segment


@pytest.mark.parametrize(
    ("mrr", "users", "segment"),
    [
        (Decimal(4_000), None, ENTERPRISE),
        (Decimal(899), None, SMB),
        (Decimal(0), None, SMB),
        (None, Decimal(150), MID_MARKET),
        (None, Decimal(0), SMB),
    ],
)
def test_csm_3_one_known_figure_is_enough(mrr, users, segment):
    assert segment_of(mrr, users, TABLE) == segment


def test_csm_3_an_account_of_which_neither_is_known_has_no_segment():
    assert segment_of(None, None, TABLE) is None


@pytest.mark.parametrize(("users", "segment"), [(None, SMB), (Decimal(149), SMB), (Decimal(150), MID_MARKET)])
def test_csm_3_a_negative_mrr_leaves_the_segment_to_the_users(users, segment):
    assert segment_of(Decimal("-4000.50"), users, TABLE) == segment


def test_csm_3_with_both_figures_negative_an_account_is_of_the_first_segment():
    assert segment_of(Decimal(-1), Decimal(-1), TABLE) == SMB


@given(tables(), amounts, numbers)
def test_csm_3_the_last_line_that_either_figure_reaches_decides(table, mrr, users):
    found = table.index(segment_of(mrr, users, table))
    by_mrr = sum(row.from_mrr <= max(mrr, Decimal(0)) for row in table) - 1
    by_users = sum(row.from_users <= users for row in table) - 1
    assert found == max(by_mrr, by_users)


@given(tables(), st.lists(amounts, min_size=2), numbers)
def test_csm_3_more_mrr_never_lowers_the_segment(table, sums, users):
    lines = [table.index(segment_of(mrr, users, table)) for mrr in sorted(sums)]
    assert all(lower <= higher for lower, higher in pairwise(lines))


def test_csm_3_a_segment_is_found_by_the_name_that_salesforce_has():
    assert [segment_named(row.name, TABLE) for row in TABLE] == [SMB, MID_MARKET, ENTERPRISE]


@pytest.mark.parametrize("name", [None, "", "Strategic", "smb"])
def test_csm_3_another_name_is_no_segment(name):
    assert segment_named(name, TABLE) is None
