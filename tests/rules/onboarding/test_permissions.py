"""ONB-13: the permission matrix, what CS Operations decide where it has a gap, and the modules of a company."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.onboarding.permissions import (
    NO_MODULES,
    MatrixFault,
    UnknownProduct,
    modules_for,
    parse_matrix,
    products,
    with_choices,
)
from tests.rules.builders.sales import MATRIX, PRODUCTS

LEVELS = ("basic", "standard", "premium")
modules = st.from_regex(r"[a-z][a-z0-9_.-]{0,8}", fullmatch=True)
sold = st.lists(st.sampled_from(PRODUCTS), min_size=1)


def row(product="Learning", basic="a", standard="a, b", premium="a, b, c"):
    return {"Product": product, "basic": basic, "standard": standard, "premium": premium}


def where(faults):
    return [(fault.row, fault.column) for fault in faults]


def test_onb_13_a_workbook_without_faults_is_the_matrix():
    matrix, faults = parse_matrix([row(), row("Compliance", "-", "p; q", "q\np\nr")])
    assert faults == ()
    assert matrix == {
        ("Learning", "basic"): ("a",),
        ("Learning", "standard"): ("a", "b"),
        ("Learning", "premium"): ("a", "b", "c"),
        ("Compliance", "basic"): (),
        ("Compliance", "standard"): ("p", "q"),
        ("Compliance", "premium"): ("p", "q", "r"),
    }
    assert products(matrix) == {"Learning", "Compliance"}


@given(
    st.dictionaries(st.sampled_from(PRODUCTS), st.tuples(*[st.sets(modules, max_size=5)] * 3), min_size=1),
    st.sampled_from([", ", ",", ";", "; ", "\n", "\r\n", " ;\n"]),
    st.sampled_from([str, str.upper, " {} ".format, str.title]),
)
def test_onb_13_what_cs_ops_write_in_the_workbook_is_what_is_read(cells, separator, typing):
    rows = [
        {typing("product"): product}
        | {typing(level): separator.join(ids) or "-" for level, ids in zip(LEVELS, by_level, strict=True)}
        for product, by_level in cells.items()
    ]
    matrix, faults = parse_matrix(rows)
    assert faults == ()
    assert matrix == {
        (product, level): tuple(sorted(ids))
        for product, by_level in cells.items()
        for level, ids in zip(LEVELS, by_level, strict=True)
    }


def test_a_module_that_a_cell_names_twice_is_one():
    matrix, faults = parse_matrix([row(basic="b, a; b")])
    assert (matrix["Learning", "basic"], faults) == (("a", "b"), ())


def test_other_columns_and_blank_rows_are_ignored():
    blank = dict.fromkeys(row(), " ")
    matrix, faults = parse_matrix([blank, {**row(), "Notes": "see Ana"}, blank])
    assert faults == ()
    assert products(matrix) == {"Learning"}


@pytest.mark.parametrize("column", ["Product", *LEVELS])
def test_a_missing_column_is_told_in_the_header_row(column):
    without = {header: cell for header, cell in row().items() if header != column}
    matrix, faults = parse_matrix([without, without])
    assert where(faults) == [(1, column)]
    assert "missing" in faults[0].message
    assert matrix == {}


def test_a_column_that_is_there_twice_is_told_in_the_header_row():
    _, faults = parse_matrix([{**row(), " Basic ": "b"}])
    assert where(faults) == [(1, "basic")]
    assert "more than once" in faults[0].message


@pytest.mark.parametrize("rows", [[], [dict.fromkeys(row(), "")]])
def test_a_workbook_without_products_is_a_fault(rows):
    matrix, faults = parse_matrix(rows)
    assert matrix == {}
    assert faults == (MatrixFault(1, "Product", "the workbook has no products: enter one a row"),)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("", "empty"),
        ("  ", "empty"),
        (" , ;", "empty"),
        ("a b", "'a b'"),
        ("a, b!", "'b!'"),
        ("a, -", "'-'"),
        ("ä", "'ä'"),
    ],
)
def test_a_cell_that_cannot_be_read_is_told_by_its_row_and_column(cell, said):
    matrix, faults = parse_matrix([row(), row("Compliance", standard=cell)])
    assert where(faults) == [(3, "standard")]
    assert said in faults[0].message
    assert ("Compliance", "standard") not in matrix
    assert ("Compliance", "premium") in matrix


def test_a_product_that_is_there_twice_is_told_and_the_first_row_stands():
    matrix, faults = parse_matrix([row(basic="a"), row("Compliance"), row("  LEARNING ", basic="z")])
    assert where(faults) == [(4, "Product")]
    assert "row 2" in faults[0].message
    assert matrix["Learning", "basic"] == ("a",)


def test_a_row_without_a_product_is_told():
    _, faults = parse_matrix([row(), row("")])
    assert where(faults) == [(3, "Product")]


def test_every_fault_of_a_workbook_is_told_at_once():
    rows = [row(basic=""), row("Compliance", standard="a b", premium=""), row("learning")]
    assert where(parse_matrix(rows)[1]) == [(2, "basic"), (3, "standard"), (3, "premium"), (4, "Product")]


@given(st.lists(st.dictionaries(st.sampled_from(["Product", *LEVELS, "x"]), st.text(max_size=6))))
def test_a_cell_is_either_read_or_told_never_lost(rows):
    matrix, faults = parse_matrix(rows)
    assert faults or {(name, level) for name in products(matrix) for level in LEVELS} == set(matrix)
    assert all(1 <= fault.row <= len(rows) + 1 and fault.message for fault in faults)


def test_onb_13_the_modules_are_those_of_all_products_at_the_level():
    assert modules_for(["Compliance", "Learning"], "standard", MATRIX) == (
        "courses",
        "incidents",
        "policies",
        "reports",
    )
    assert modules_for(["Credentialing Software"], "premium", MATRIX) == ()


@given(sold, st.sampled_from(LEVELS))
def test_onb_13_the_modules_are_the_sorted_union_whatever_the_order(names, level):
    expected = sorted({module for name in names for module in MATRIX[name, level]})
    assert modules_for(names, level, MATRIX) == tuple(expected)
    assert modules_for(reversed(names), level, MATRIX) == tuple(expected)


@given(sold, sold, st.sampled_from(LEVELS))
def test_onb_13_another_product_never_takes_a_module_away(names, others, level):
    assert set(modules_for(names, level, MATRIX)) <= set(modules_for([*names, *others], level, MATRIX))


@given(sold, st.sampled_from(LEVELS))
def test_onb_13_credentialing_service_brings_no_modules_of_its_own(names, level):
    with_row = {**MATRIX, ("Credentialing Service", level): ("managed",)}
    assert modules_for([*names, "credentialing service"], level, with_row) == modules_for(names, level, MATRIX)


def test_onb_13_products_are_found_whatever_their_case_and_spacing():
    assert modules_for([" LEARNING ", "credentialing  software"], "basic", MATRIX) == (
        "courses",
        "credentials",
    )


@pytest.mark.parametrize(("product", "level"), [("Telehealth", "basic"), ("Learning", "gold")])
def test_what_is_not_in_the_matrix_is_never_passed_over(product, level):
    with pytest.raises(UnknownProduct, match=f"{product} at the level {level}"):
        modules_for([product], level, MATRIX)


# --- what CS Operations decide about a product that the matrix lacks


@given(st.sampled_from(PRODUCTS), st.sampled_from(LEVELS), st.sampled_from([str, str.upper, " {} ".format]))
def test_onb_13_a_product_treated_like_a_known_one_gets_exactly_its_modules_at_every_level(known, level, typing):
    matrix = with_choices(MATRIX, {"telehealth": typing(known)})
    assert modules_for(["Telehealth"], level, matrix) == modules_for([known], level, MATRIX)


@pytest.mark.parametrize("level", LEVELS)
def test_onb_13_a_product_decided_to_bring_no_modules_brings_none(level):
    matrix = with_choices(MATRIX, {"telehealth": NO_MODULES})
    assert modules_for([" TELEHEALTH"], level, matrix) == ()
    assert modules_for(["Learning", "Telehealth"], level, matrix) == modules_for(["Learning"], level, MATRIX)


@given(st.dictionaries(st.sampled_from(["telehealth", "radiology"]), st.sampled_from([*PRODUCTS, "-", "other"])))
def test_onb_13_a_decision_about_one_product_changes_no_other(chosen):
    decided = {product for product, known in chosen.items() if known != "other"}
    matrix = with_choices(MATRIX, chosen)
    assert {cell: modules for cell, modules in matrix.items() if cell[0] not in decided} == MATRIX
    assert products(matrix) == {*PRODUCTS, *decided}


@pytest.mark.parametrize("known", [NO_MODULES, "Compliance"])
@pytest.mark.parametrize("level", LEVELS)
def test_onb_13_a_row_of_the_workbook_wins_over_an_old_decision(known, level):
    grown = MATRIX | {("Telehealth", each): (each, "video") for each in LEVELS}
    matrix = with_choices(grown, {"telehealth": known})
    assert modules_for(["telehealth"], level, matrix) == (level, "video")
    assert products(matrix) == {*PRODUCTS, "Telehealth"}


@pytest.mark.parametrize("known", ["Radiology", "telehealth", "", " ", "--"])
def test_onb_13_a_product_treated_like_one_that_nobody_knows_stays_unknown(known):
    assert with_choices(MATRIX, {"telehealth": known}) == MATRIX


@pytest.mark.parametrize("level", LEVELS)
def test_onb_13_a_product_may_be_treated_like_one_that_was_decided_about_before(level):
    matrix = with_choices(MATRIX, {"telehealth": "Compliance", "radiology": "telehealth"})
    assert modules_for(["Radiology"], level, matrix) == modules_for(["Compliance"], level, MATRIX)


def test_onb_13_products_treated_like_each_other_stay_unknown():
    assert with_choices(MATRIX, {"telehealth": "radiology", "radiology": "telehealth"}) == MATRIX
