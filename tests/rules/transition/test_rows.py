"""TRN-2: the rows of the team lead's workbook; a bad one is told with its number and why, the others go on."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.common.ids import to18
from rules.transition.rows import (
    COLUMNS,
    NEEDED,
    OURS,
    Reason,
    RowFault,
    Transfer,
    header_faults,
    parse_rows,
    wrong_by_row,
)

TODAY = date(2026, 12, 1)
ACCOUNT, CSM = to18("001Hs00000AbCdE", "001"), to18("005Hs00000AbCdE", "005")


NAMES = dict(zip(("account", "csm", "reason", "day", "transfer", "notes"), COLUMNS, strict=True))
USUAL = dict.fromkeys(COLUMNS, "") | {"Account": "Acme Clinics", "New CSM": "Pat Lee", "Reason": "Leave"}


def cells(**typed):
    return USUAL | {NAMES[name]: cell for name, cell in typed.items()}


def only(**given_cells):
    rows, faults = parse_rows([(2, cells(**given_cells))], TODAY)
    assert faults == []
    return rows[0]


def fault(**given_cells):
    rows, faults = parse_rows([(7, cells(**given_cells))], TODAY)
    assert rows == []
    (one,) = faults
    assert one.row == 7
    return one


def test_trn_2_a_row_says_which_account_goes_to_whom_when_and_why():
    row = only(reason=" workload  BALANCING", day="2026-12-24", transfer="manual", notes=" Call first. ")
    assert (row.number, row.account, row.new_csm) == (2, "Acme Clinics", "Pat Lee")
    assert (row.reason, row.effective, row.transfer) == (Reason.BALANCE, date(2026, 12, 24), Transfer.MANUAL)
    assert row.notes == "Call first."


def test_trn_2_what_may_be_left_empty_is_today_and_the_systems_choice():
    row = only()
    assert (row.effective, row.transfer, row.notes) == (TODAY, Transfer.DECIDE, "")


@pytest.mark.parametrize(
    "account",
    [
        ACCOUNT,
        ACCOUNT[:15],
        f" {ACCOUNT} ",
        f"https://acme.lightning.force.com/lightning/r/Account/{ACCOUNT}/view",
        f"https://acme.my.salesforce.com/{ACCOUNT[:15]}",
    ],
)
def test_trn_2_an_account_may_be_given_by_its_id_or_its_address(account):
    assert only(account=account).account == ACCOUNT


@pytest.mark.parametrize("account", ["1E+15", "1.0E+14", "1000000000001", "1,000,000,000,001"])
def test_trn_2_an_id_that_the_spreadsheet_made_a_number_of_is_told(account):
    told = fault(account=account)
    assert told.column == "Account"
    assert "Format the column as text" in told.message


@pytest.mark.parametrize("account", [ACCOUNT.lower(), ACCOUNT[:-1], ACCOUNT[:13], CSM[:2] + "1" + CSM[3:16]])
def test_trn_2_an_id_that_lost_something_is_told_and_never_taken_for_a_name(account):
    assert "is not an account id" in fault(account=account).message


@pytest.mark.parametrize("name", ["Clinic 24", "3M", "001 Imaging", "Acme — Nord", "Pat's Clinic (001)"])
def test_trn_2_a_name_may_hold_digits(name):
    assert only(account=name).account == name


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2027-03-31", date(2027, 3, 31)),
        ("2027-03-31 00:00:00", date(2027, 3, 31)),
        ("2027-03-31T00:00:00", date(2027, 3, 31)),
        ("3/31/2027", date(2027, 3, 31)),
        ("03/31/2027", date(2027, 3, 31)),
        ("31/3/2027", date(2027, 3, 31)),
        ("3/3/2027", date(2027, 3, 3)),
        ("31.3.2027", date(2027, 3, 31)),
        ("31 March 2027", date(2027, 3, 31)),
        ("Mar 31, 2027", date(2027, 3, 31)),
        ("31-Mar-2027", date(2027, 3, 31)),
        ("46477", date(2027, 3, 31)),
        ("46477.0", date(2027, 3, 31)),
        ("2026-12-01", TODAY),
        ("2027-12-02", date(2027, 12, 2)),
    ],
)
def test_trn_2_a_day_may_be_written_in_these_ways(typed, day):
    assert only(day=typed).effective == day


@given(st.dates(TODAY, TODAY + timedelta(days=366)))
def test_trn_2_a_day_is_the_same_however_it_is_written(day):
    serial = (day - date(1899, 12, 30)).days
    written = (day.isoformat(), f"{day.day}.{day.month}.{day.year}", str(serial), f"{serial}.0")
    assert {only(day=one).effective for one in written} == {day}


@given(st.dates(TODAY, TODAY + timedelta(days=366)))
def test_trn_2_a_day_that_may_be_two_is_asked_and_never_guessed(day):
    written = f"{day.month}/{day.day}/{day.year}"
    if day.day <= 12 and day.day != day.month:
        assert f"Write {min(day, date(day.year, day.day, day.month))} or" in fault(day=written).message
    else:
        assert only(day=written).effective == day


ERRORS = [
    *("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#WERT!", "#NV"),
    *("########", "Err:502", "nan", " #n/a "),
]


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("column", list(NAMES))
def test_trn_2_what_a_spreadsheet_shows_for_no_value_is_never_data(error, column):
    told = fault(**{column: error})
    assert (told.column, "is an error value" in told.message) == (NAMES[column], True)


@pytest.mark.parametrize("name", ["#1 Dental", "Nan's Clinic", "N/A Care", "#REFuge", "Nancy"])
def test_trn_2_a_name_that_looks_a_little_like_it_is_a_name(name):
    assert only(account=name).account == name


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("2026-11-30", "is in the past"),
        ("2027-12-03", "Check the year"),
        ("3/4/2027", "can mean 4 March or 3 April. Write 2027-03-04 or 2027-04-03."),
        ("31/31/2027", "is not a date"),
        ("3/31/27", "is not a date"),
        ("2027-02-29", "is not a date"),
        ("soon", "is not a date"),
        ("2027-03-31 14:30:00", "is not a date"),
        ("12", "is not a date"),
        ("99999", "is not a date"),
    ],
)
def test_trn_2_any_other_day_is_told(typed, said):
    told = fault(day=typed)
    assert told.column == "Effective Date"
    assert said in told.message


@pytest.mark.parametrize(
    ("typed", "column", "said"),
    [
        ({"account": " "}, "Account", "the cell is empty"),
        ({"csm": ""}, "New CSM", "the cell is empty"),
        ({"reason": ""}, "Reason", "Workload balancing"),
        ({"reason": "Vacation"}, "Reason", "none of Leave, Workload balancing"),
        ({"reason": "workload balance"}, "Reason", "Did you mean Workload balancing?"),
        ({"transfer": "automatic"}, "Transfer Type", "Did you mean Automated?"),
        ({"account": "x" * 501}, "Account", "501 characters"),
        ({"notes": "x" * 4001}, "Notes", "shorten it"),
        ({"csm": "5E+12"}, "New CSM", "Format the column as text"),
    ],
)
def test_trn_2_a_cell_at_fault_is_told_with_what_to_enter(typed, column, said):
    told = fault(**typed)
    assert told.column == column
    assert said in told.message


def test_trn_2_every_fault_of_a_row_is_told_and_the_other_rows_go_on():
    rows, faults = parse_rows(
        [(2, cells(account="")), (3, cells()), (4, cells(account="Other", csm="", reason="?", day="x"))], TODAY
    )
    assert [row.number for row in rows] == [3]
    assert [(one.row, one.column) for one in faults] == [
        (2, "Account"),
        (4, "New CSM"),
        (4, "Reason"),
        (4, "Effective Date"),
    ]


def test_trn_2_the_same_account_twice_is_moved_as_the_first_row_says():
    rows, faults = parse_rows([(2, cells()), (3, cells(account=" acme  CLINICS")), (9, cells(account="Other"))], TODAY)
    assert [row.number for row in rows] == [2, 9]
    assert [(one.row, "row 2" in one.message) for one in faults] == [(3, True)]


def test_trn_2_the_headers_may_be_in_any_order_and_case_and_others_beside_them():
    assert header_faults([*reversed(COLUMNS), " region "]) == ()
    assert header_faults([column.upper() for column in COLUMNS]) == ()
    assert header_faults(NEEDED) == ()
    assert header_faults([*COLUMNS, *OURS, ""]) == ()


@pytest.mark.parametrize(
    ("headers", "column", "said"),
    [
        (("Account Name", "New CSM", "Reason"), "Account", "Is it 'Account Name'?"),
        (("Account", "Reason"), "New CSM", "no column of this name"),
        (("Account", "New CSM", "Reason", "account"), "Account", "there twice"),
    ],
)
def test_trn_2_wrong_headers_are_told(headers, column, said):
    found = {one.column: one.message for one in header_faults(headers)}
    assert said in found[column]


anything = st.text(max_size=40)


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, anything)), max_size=6))
def test_trn_2_whatever_stands_there_each_row_is_taken_or_told(sheet):
    numbered = list(enumerate(sheet, 2))
    rows, faults = parse_rows(numbered, TODAY)
    assert sorted({row.number for row in rows} | {one.row for one in faults}) == [number for number, _ in numbered]
    assert not {row.number for row in rows} & {one.row for one in faults}
    assert all(one.column in COLUMNS and str(one).endswith((".", "?")) for one in faults)


def test_a_fault_says_where_it_is():
    assert str(RowFault(4, "Reason", "no.")) == "Row 4, Reason: no."
    assert str(RowFault(10_004, "", "no.")) == "Row 4 of sheet 2: no."


def test_all_that_is_wrong_with_a_row_is_one_text():
    faults = [RowFault(4, "Reason", "no."), RowFault(7, "", "merged."), RowFault(4, "Notes", "too long.")]
    assert wrong_by_row(faults) == {4: "Reason: no. Notes: too long.", 7: "merged."}
