"""The 18-character account id that ONB-6 asks for, and the ids that people and messages bring."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.common.ids import to18

PREFIXES = ("001", "003", "005", "006", "00D", "00O", "800", "04k")
ALPHABET = string.ascii_letters + string.digits
tails = st.text(ALPHABET, min_size=12, max_size=12)
shorts = st.builds(str.__add__, st.sampled_from(PREFIXES), tails)


@pytest.mark.parametrize(
    ("short", "suffix"),
    [
        ("a01M00000062mPg", "IAI"),
        ("001M000000qfPyS", "IAU"),
        ("a0FE000000D6r3F", "MAR"),
        ("0F9E000000092w2", "KAA"),
        ("aaaaaaaaaaaaaaa", "AAA"),
        ("001000000000001", "AAA"),
    ],
)
def test_the_suffix_is_the_one_salesforce_gives(short, suffix):
    assert to18(short, short[:3]) == short + suffix
    assert to18(short + suffix, short[:3]) == short + suffix


@given(shorts)
def test_the_long_form_of_a_long_id_is_itself(short):
    long = to18(short, short[:3])
    assert len(long) == 18
    assert long.startswith(short)
    assert to18(long, short[:3]) == long


@given(shorts, st.integers(3, 14))
def test_ids_that_differ_only_in_case_have_different_suffixes(short, place):
    swapped = short[:place] + short[place].swapcase() + short[place + 1 :]
    if swapped != short:
        assert to18(swapped, short[:3])[15:] != to18(short, short[:3])[15:]


@given(shorts, st.text(ALPHABET, min_size=3, max_size=3))
def test_every_other_suffix_is_refused(short, suffix):
    if short + suffix != to18(short, short[:3]):
        with pytest.raises(ValueError, match="do not fit"):
            to18(short + suffix, short[:3])


@given(st.text(max_size=40).filter(lambda text: len(text) not in (15, 18)))
def test_every_other_length_is_refused(text):
    with pytest.raises(ValueError, match=f"it has {len(text)} characters"):
        to18(text, "006")


@given(shorts, st.integers(0, 14), st.characters().filter(lambda character: character not in ALPHABET))
def test_every_other_character_is_refused(short, place, character):
    with pytest.raises(ValueError, match="other than A-Z, a-z and 0-9"):
        to18(short[:place] + character + short[place + 1 :], short[:3])


@given(shorts, st.sampled_from(PREFIXES))
def test_an_id_of_another_kind_of_record_is_refused(short, prefix):
    if not short.startswith(prefix):
        with pytest.raises(ValueError, match=f"it begins with {short[:3]}"):
            to18(short, prefix)


def test_the_message_says_what_was_given_and_what_a_right_id_looks_like():
    with pytest.raises(ValueError, match="it begins with 800") as error:
        to18("800000000000001AAA", "006")
    assert str(error.value) == (
        "'800000000000001AAA' is not a Salesforce opportunity id: it begins with 800. "
        "A valid id begins with 006 and has 15 or 18 letters and digits, like 006000000000001AAA."
    )


def test_the_message_does_not_repeat_a_flood():
    with pytest.raises(ValueError, match="it has 100000 characters") as error:
        to18("x" * 100_000, "006")
    assert len(str(error.value)) < 250
