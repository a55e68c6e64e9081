"""How sellers list publications in a contract: every usual way is read as meant, or asked about (PUB-2, PUB-7)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.common.problems import Responsible
from rules.publications.names import names_in, read_as_meant
from tests.rules.builders.clients import client, contract


@pytest.mark.parametrize(
    ("written", "names"),
    [
        (None, ()),
        ("", ()),
        (" \n\t\r\n", ()),
        ("A", ("A",)),
        (" A \r\nB\rC\n\nB", ("A", "B", "C", "B")),
        ("- North\n- South", ("North", "South")),
        ("* North\n*  South", ("North", "South")),
        ("• North\n•South\n•\tEast", ("North", "South", "East")),
        ("\u2013 North\n\u2014 South", ("North", "South")),
        ("-\tNorth", ("North",)),
        ("1. North\n2. South", ("North", "South")),
        ("1) North\n2) South", ("North", "South")),
        ("(1) North\n(2) South", ("North", "South")),
        ("- 1. North\n- 2. South", ("North", "South")),
        ("North; South;East;", ("North", "South", "East")),
        ("North\tSouth", ("North", "South")),
        ("North,\nSouth,", ("North", "South")),
        ("-", ()),
        ("2. Division News", ("2. Division News",)),
        ("North\n2. Division News", ("North", "2. Division News")),
        ("3M Weekly\n24-7 Care", ("3M Weekly", "24-7 Care")),
        ("E-Learning\nNurse-to-Nurse - East", ("E-Learning", "Nurse-to-Nurse - East")),
        ("North, South", ("North, South",)),
    ],
)
def test_pub_2_a_list_is_read_without_its_bullets_numbers_and_separators(written, names):
    assert names_in(written) == names


def meant(*names, there=(), chosen=None):
    whose, problems = read_as_meant(client(contract(-10, 300, publications=names)), there, chosen or {})
    return whose.agreements[0].publications, problems


def test_pub_7_a_line_with_a_comma_is_asked_about_as_it_may_be_one_name():
    names, (problem,) = meant("North, South and East, West", "Ward News")
    assert names == ("North, South and East, West", "Ward News")
    assert (problem.who, problem.field, problem.found) == (
        *(Responsible.SALES, "Publications", "North, South and East, West on one line"),
    )
    assert [(one.value, one.label) for one in problem.choices] == [
        ("several", "They are 3: North, South and East and West"),
        ("one", "It is one: North, South and East, West"),
    ]


@pytest.mark.parametrize(("choice", "names"), [("several", ("North", "South")), ("one", ("North, South",))])
def test_pub_7_what_sales_choose_decides_how_a_comma_is_read(choice, names):
    assert meant("North, South", chosen={"publications north, south": choice}) == (names, ())


@pytest.mark.parametrize(
    ("there", "names"), [(["north, south"], ("North, South",)), (["north", "south"], ("North", "South"))]
)
def test_pub_7_what_the_lms_has_already_is_not_asked_about(there, names):
    assert meant("North, South", there=there) == (names, ())


@pytest.mark.parametrize("name", ["1,000 Nurses", "Ward News"])
def test_pub_7_a_number_with_a_comma_is_no_list(name):
    assert meant(name) == ((name,), ())


def test_pub_7_an_unsigned_contracts_list_is_nobodys_concern():
    draft = contract(-10, 300, 101, "Draft", publications=("North, South",))
    assert read_as_meant(client(draft), (), {})[1] == ()


@given(st.lists(st.from_regex(r"[A-Z][a-z]{1,9}( [A-Z][a-z]{1,9})?", fullmatch=True), min_size=1, max_size=6))
def test_pub_2_however_a_list_is_written_its_names_are_the_same(names):
    numbered = "\n".join(f"{number}. {name}" for number, name in enumerate(names, 1))
    for written in ("\n".join(names), "; ".join(names), "\n".join(f"• {one}" for one in names), numbered):
        assert names_in(written) == tuple(names)
