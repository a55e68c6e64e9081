"""What nobody sees, and what looks like another letter (ONB-6)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.common.characters import described, invisible, look_alikes, visible

CODES = (0x00, 0x09, 0x0A, 0xAD, 0x034F, 0x200B, 0x200E, 0x202E, 0x2060, 0x2066, 0x3164, 0xFEFF)
HIDDEN = [chr(code) for code in CODES]
NAMES = [
    *("Zoë Ångström", "O\u2019Neil", "J\u00a0R", "e\u0301", "李 小龙"),
    "\u0645\u0631\u06cc\u0645\u200c\u0632\u0627\u062f\u0647",
    "\u0915\u094d\u200d\u0937",
]
OWN_SCRIPT = ["jane@почта.рф", "иван@почта.рф", "jürgen@müller.example", "jane+1@x-y.org", "李@例子.cn"]


@pytest.mark.parametrize("letter", HIDDEN, ids=[f"U+{ord(letter):04X}" for letter in HIDDEN])
def test_onb_6_a_character_that_nobody_sees_is_found_by_its_position_and_written_out(letter):
    (found,) = invisible(f"zw{letter}.example")
    assert (found.position, found.code) == (3, f"U+{ord(letter):04X}")
    assert visible(f"zw{letter}.example") == f"zw<{found.code}>.example"


def test_onb_6_it_is_named_as_unicode_names_it():
    (found,) = invisible("jane@zw\u200b.example")
    assert described(found) == "U+200B (zero width space) at position 8"


@pytest.mark.parametrize("name", NAMES)
def test_onb_6_names_of_all_scripts_have_no_such_character(name):
    assert invisible(name) == []
    assert visible(name) == name


def test_onb_6_a_joiner_among_latin_letters_is_found():
    assert [one.code for one in invisible("Ja\u200dne")] == ["U+200D"]


@pytest.mark.parametrize(
    ("address", "positions"),
    [
        ("j\u0430ne@x.org", [2]),
        ("jane@cl\u0456nic.example", [8]),
        ("jane@\u0430\u0440\u0440\u04cf\u0435.example", [6, 7, 8, 9, 10]),
        ("\uff4aane@x.org", [1]),
        ("jane@b\u03bfx.org", [7]),
    ],
)
def test_onb_6_a_letter_that_looks_like_a_latin_one_is_found_by_its_position(address, positions):
    assert [one.position for one in look_alikes(address)] == positions


@pytest.mark.parametrize("address", OWN_SCRIPT)
def test_onb_6_an_address_in_the_letters_of_its_own_script_is_taken(address):
    assert look_alikes(address) == []


@given(st.text())
def test_onb_6_a_text_that_is_written_out_holds_nothing_that_is_not_seen(text):
    shown = visible(text)
    assert invisible(shown) == []
    assert len(invisible(text)) == shown.count("<U+") - text.count("<U+")
    assert not any(unicodedata.category(letter) in ("Cc", "Co", "Cn") for letter in shown)
