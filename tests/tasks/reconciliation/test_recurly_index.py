"""REC-2: every account of Recurly, found by id and by code, in little memory."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.common.records import RecurlyAccount
from tasks.reconciliation.recurly_index import RecurlyIndex


def account(code, number, company="Acme", state="active"):
    return {"id": number, "code": code, "company": company, "state": state}


def test_rec_2_an_account_is_found_by_its_code_and_by_its_id():
    index = RecurlyIndex([account("001A", "r1"), account("001B", "r2", None, "inactive"), account("x", "r3", "Zoë")])
    assert index.of_client("001A", None) == (RecurlyAccount("r1", "001A", "Acme"),)
    assert index.of_client("001A", "r1") == (RecurlyAccount("r1", "001A", "Acme"),)
    assert index.of_client("001A", "r2") == (
        RecurlyAccount("r1", "001A", "Acme"),
        RecurlyAccount("r2", "001B", None, is_open=False),
    )
    assert index.of_client("001C", "r3") == (RecurlyAccount("r3", "x", "Zoë"),)
    assert (index.of_client("001", "r"), index.of_client("001AB", ""), len(index)) == ((), (), 3)


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=4)


@given(pairs=st.lists(st.tuples(TEXTS, TEXTS), unique_by=(lambda pair: pair[0], lambda pair: pair[1]), max_size=30))
def test_rec_2_whatever_the_accounts_are_each_is_found(pairs):
    index = RecurlyIndex([account(code, number) for code, number in pairs])
    for code, number in pairs:
        own = RecurlyAccount(number, code, "Acme")
        assert index.of_client(code, None) == index.of_client("", number) == (own,)


def test_rec_2_two_ids_with_the_same_checksum_are_told_apart():
    index = RecurlyIndex([account("a", "plumless"), account("b", "buckeroo")])
    assert [one.id for number in ("plumless", "buckeroo") for one in index.of_client("c", number)] == [
        "plumless",
        "buckeroo",
    ]


@pytest.mark.parametrize("count", [20_000])
def test_rec_2_an_account_takes_at_most_200_bytes(count):
    """200,000 accounts take at most 40 MB, also while the index is made."""
    accounts = (account(f"001Hs{number:013d}", f"{number:012x}", f"Harbor Clinic {number}") for number in range(count))
    tracemalloc.start()
    index = RecurlyIndex(accounts)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(index) == count
    assert kept <= peak <= 200 * count
