"""How typed text is compared, and how files are named so that every system can save them (TRN-2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.common.text import LONGEST_FILE_NAME, look_alikes, normalize, safe_file_name, unaccented


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("O\u2019Neil Clinic", "O'Neil Clinic"),
        ("“North” Care", '"North" Care'),
        ("Acme \u2013 Nord", "Acme - Nord"),
        ("Acme\u00a0Clinics", "Acme Clinics"),
        ("Acme\u200b Clinics\ufeff", "Acme Clinics"),
        ("\uff21\uff23\uff2d\uff25", "acme"),
        ("Oﬃce Care", "Office Care"),
        (" ACME   clinics ", "Acme Clinics"),
        ("Cafe\u0301", "Café"),
    ],
)
def test_typography_does_not_count(typed, known):
    assert normalize(typed) == normalize(known)


@pytest.mark.parametrize(("typed", "known"), [("Jose", "José"), ("Lodz", "Łódź"), ("Muller", "MÜLLER")])
def test_accents_do_not_count_where_they_are_left_out(typed, known):
    assert normalize(typed) != normalize(known)
    assert unaccented(typed) == unaccented(known)


@given(st.text(max_size=30))
def test_a_form_that_is_compared_stays_as_it_is(text):
    assert normalize(normalize(text)) == normalize(text)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("Acem Clinics", "Acme Clinics"),
        ("Clinics, Acme", "Acme Clinics"),
        ("The Acme Clinics", "Acme Clinics"),
        ("Аcme Clinics", "Acme Clinics"),  # noqa: RUF001 - the first letter is Cyrillic
        ("Bay Caer", "Bay Care"),
    ],
)
def test_what_looks_alike_is_proposed_wherever_it_differs(typed, first):
    assert look_alikes(typed, ["Zenith Labs", "Bay Care", "Acme Clinics"], 3)[0] == first


def test_what_is_nothing_like_it_is_not_proposed():
    assert look_alikes("Zzz", ["Acme Clinics", "Bay Care"], 3) == []
    assert look_alikes("x" * 300, ["x" * 300], 3) == []


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("book (checked).xlsx", "book (checked).xlsx"),
        ('A/B: "C" <D> | E? *.xlsx', "A-B- -C- -D- - E- -.xlsx"),
        ("CON.xlsx", "_CON.xlsx"),
        ("lpt1", "_lpt1"),
        ("nul.2026.xlsx", "_nul.2026.xlsx"),
        ("Console.xlsx", "Console.xlsx"),
        ("a\nb\tc.xlsx", "a b c.xlsx"),
        ("book\u202excod.exe", "book-xcod.exe"),
        ("book. . ", "book"),
        (" . ", "file"),
        ("", "file"),
    ],
)
def test_a_file_name_can_be_saved_everywhere(name, saved):
    assert safe_file_name(name) == saved


@given(st.text(max_size=400))
def test_whatever_was_typed_the_file_can_be_saved(name):
    saved = safe_file_name(name)
    assert 0 < len(saved) <= LONGEST_FILE_NAME
    assert not set(saved) & set('<>:"/\\|?*\0\n\r\t')
    assert saved == saved.strip(" ").rstrip(".")
    assert safe_file_name(saved) == saved
