"""TRN-2: columns and rows are named as the spreadsheet names them."""

import pytest

from rules.common.spreadsheet import column_letters, is_error_value, ranges


@pytest.mark.parametrize(("place", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (702, "AAA")])
def test_a_column_is_called_as_in_the_spreadsheet(place, letters):
    assert column_letters(place) == letters


@pytest.mark.parametrize(
    ("numbers", "text"),
    [([], ""), ([7], "7"), ([2, 5, 6, 7, 9], "2, 5 to 7, 9"), ([1, 2], "1 to 2"), ([4, 3], "4, 3")],
)
def test_neighbours_are_listed_as_a_range(numbers, text):
    assert ranges(numbers) == text


def test_more_than_twenty_ranges_are_cut():
    assert ranges(range(1, 41, 2)).endswith("37, 39")
    assert ranges(range(1, 43, 2)).endswith("37, 39, …")


@pytest.mark.parametrize(("text", "is_error"), [(" #REF! ", True), ("######", True), ("#1 Dental", False), ("", False)])
def test_what_a_spreadsheet_shows_for_no_value_is_known(text, is_error):
    assert is_error_value(text) == is_error
