"""Record ids (contracts 1.10)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.salesforce import ids

VECTORS = [
    ("a01M00000062mPg", "IAI"),
    ("001M000000qfPyS", "IAU"),
    ("a0FE000000D6r3F", "MAR"),
    ("0F9E000000092w2", "KAA"),
    ("aaaaaaaaaaaaaaa", "AAA"),
]


@pytest.mark.parametrize(("short", "suffix"), VECTORS)
def test_an_id_is_lengthened_by_its_checksum(short, suffix):
    assert ids.to18(short) == short + suffix
    assert ids.normal(short) == ids.normal(short + suffix) == short + suffix


@pytest.mark.parametrize("text", ["", "001", "001M000000qfPyS1", "001M000000qfPySIAA", "001M000000qfPy-", "é" * 15])
def test_what_is_malformed_is_no_id(text):
    assert ids.normal(text) is None


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_records_have_different_ids_even_when_case_is_lost(one, other):
    first, second = ids.record_id("001", one), ids.record_id("001", other)
    assert ids.normal(first) == first
    assert (first.lower() == second.lower()) == (one == other)
