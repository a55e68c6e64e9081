"""The team lead's workbook of accounts that move: what each row must say, and what is wrong with it (TRN-2)."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo

from rules.common.ids import ids_in, to18
from rules.common.spreadsheet import is_error_value
from rules.common.text import join_names, look_alikes, normalize, shorten, strip
from rules.transition.days import day

ACCOUNT, NEW_CSM, REASON = "Account", "New CSM", "Reason"
EFFECTIVE, TRANSFER, NOTES = "Effective Date", "Transfer Type", "Notes"
COLUMNS = (ACCOUNT, NEW_CSM, REASON, EFFECTIVE, TRANSFER, NOTES)
NEEDED = (ACCOUNT, NEW_CSM, REASON)
"""The columns without which a workbook is not read; the others may be missing."""
OURS = ("State", "Result")
"""The columns of the copy that goes back; a copy that comes in again is read without them."""
LONGEST_CELL = 500
LONGEST_NOTE = 4000
AHEAD = timedelta(days=366)
"""How far ahead a move may be dated: what lies further is a year that was mistyped."""
SAME_ACCOUNT = "moves the same account. Delete one of the two."
HEADER_ROW = 1
SHEET_STEP = 10_000
"""By what the rows of a second sheet are numbered higher than those of the first: no sheet is read so far down."""

_ALMOST_AN_ID = re.compile(r"00[15][A-Za-z0-9]{8,20}")
_MANGLED = re.compile(r"[0-9][0-9.,]*(?:[Ee][+-]?[0-9]+)?")
_SHOWN = 60


class Reason(StrEnum):
    """Why an account moves."""

    LEAVE = "Leave"
    BALANCE = "Workload balancing"
    POSITION = "Position change"
    JOB = "Job change"


class Transfer(StrEnum):
    """How the customer is told: as the team lead wants it, or as the account's state asks for."""

    DECIDE = "Let the system decide"
    AUTOMATED = "Automated"
    MANUAL = "Manual"


@dataclass(frozen=True, order=True)
class RowFault:
    """What is wrong in one cell. `row` numbers the row in the file; `column` is "" for the row."""

    row: int
    column: str
    message: str

    def __str__(self) -> str:
        place = f"Row {row_label(self.row)}"
        return f"{place}, {self.column}: {self.message}" if self.column else f"{place}: {self.message}"


def row_label(number: int) -> str:
    """A row as people find it: `7`, and of a second sheet `7 of sheet 2`."""
    sheet, row = divmod(number, SHEET_STEP)
    return f"{row} of sheet {sheet + 1}" if sheet else str(row)


def wrong_by_row(faults: Iterable[RowFault]) -> dict[int, str]:
    """All that is wrong with each row, in a text."""
    said: defaultdict[int, list[str]] = defaultdict(list)
    for fault in faults:
        said[fault.row].append(f"{fault.column}: {fault.message}" if fault.column else fault.message)
    return {row: " ".join(texts) for row, texts in said.items()}


E = TypeVar("E", bound=StrEnum)


def _one_of(kinds: type[E], word: str) -> E:
    """The value that a person meant; nothing is guessed."""
    known = {normalize(kind): kind for kind in kinds}
    if normalize(word) in known:
        return known[normalize(word)]
    near = look_alikes(word, (kind.value for kind in kinds), 1)
    meant = f" Did you mean {near[0]}?" if near else ""
    raise ValueError(f"{shorten(word, _SHOWN)} is none of {join_names((kind.value for kind in kinds), 'and')}.{meant}")


def _record(word: str, prefix: str, what: str) -> str:
    """The 18-character id in an id or a link to the record's page, or else a name."""
    if ids := ids_in(word, prefix):
        return to18(ids[-1], prefix)
    if _MANGLED.fullmatch(word):
        raise ValueError(
            f"{shorten(word, _SHOWN)} is a number: the spreadsheet has made one of the id. Format the column as text "
            f"and paste the id of the {what} again, or write its name."
        )
    if _ALMOST_AN_ID.fullmatch(word):
        return to18(word, prefix)
    return word


def _account(cell: str) -> str:
    return _record(_filled(cell, "the account's name, or its id or address in Salesforce"), "001", "account")


def _csm(cell: str) -> str:
    return _record(_filled(cell, "the new CSM's name or e-mail address"), "005", "user")


def _reason(cell: str) -> Reason:
    return _one_of(Reason, _filled(cell, f"one of {join_names((kind.value for kind in Reason), 'and')}"))


def _transfer(cell: str) -> Transfer:
    return _one_of(Transfer, cell) if strip(cell) else Transfer.DECIDE


def _effective(cell: str, info: ValidationInfo) -> date:
    today: date = (info.context or {})["today"]
    found = day(strip(cell)) if strip(cell) else today
    if found < today:
        raise ValueError(f"{found} is over. Enter today or a later day, or leave it empty for today.")
    if found > today + AHEAD:
        raise ValueError(f"{found} is more than a year ahead. Look at the year.")
    return found


def _note(cell: str) -> str:
    if len(strip(cell)) > LONGEST_NOTE:
        raise ValueError(f"these are {len(strip(cell)):,} characters. {LONGEST_NOTE:,} are the most: shorten it.")
    return strip(cell)


def _filled(cell: str, wanted: str) -> str:
    if not strip(cell):
        raise ValueError(f"nothing is entered. Enter {wanted}.")
    if len(strip(cell)) > LONGEST_CELL:
        raise ValueError(f"these are {len(strip(cell)):,} characters. Enter {wanted}.")
    return " ".join(cell.split())


class Row(BaseModel):
    """One account that is to move.

    Attributes:
        number: the spreadsheet's row: the header is 1.
        account: an 18-character id, or the name as it was entered.
        new_csm: an 18-character id of a user, or a name or e-mail address as it was entered.
        reason: why.
        effective: the day of the move, in the org's time zone.
        transfer: how the customer is told.
        notes: for the new CSM.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    account: Annotated[str, BeforeValidator(_account)] = Field(alias=ACCOUNT)
    new_csm: Annotated[str, BeforeValidator(_csm)] = Field(alias=NEW_CSM)
    reason: Annotated[Reason, BeforeValidator(_reason)] = Field(alias=REASON)
    effective: Annotated[date, BeforeValidator(_effective)] = Field(alias=EFFECTIVE)
    transfer: Annotated[Transfer, BeforeValidator(_transfer)] = Field(alias=TRANSFER)
    notes: Annotated[str, BeforeValidator(_note)] = Field(alias=NOTES)


def header_faults(headers: Sequence[str]) -> tuple[RowFault, ...]:
    """What is wrong with the headers: without the right ones no row is read. Case and spacing do not count."""
    return tuple(_header_faults([strip(header) for header in headers if strip(header)]))


def _header_faults(headers: Sequence[str]) -> Iterator[RowFault]:
    known = {normalize(column): column for column in (*COLUMNS, *OURS)}
    there = [normalize(header) for header in headers]
    for header in dict.fromkeys(headers):
        if there.count(normalize(header)) > 1 and normalize(header) in known:
            yield RowFault(HEADER_ROW, header, "this column is there twice. Delete one of them.")
    for column in NEEDED:
        if normalize(column) not in there:
            near = look_alikes(column, [header for header in headers if normalize(header) not in known], 1)
            meant = f" Is it {shorten(near[0], _SHOWN)}? Then rename that." if near else ""
            yield RowFault(HEADER_ROW, column, f"there is no column of this name in the first row.{meant}")


def parse_rows(cells: Iterable[tuple[int, Mapping[str, str]]], today: date) -> tuple[list[Row], list[RowFault]]:
    """The rows that are as they must be, and every fault of the others (TRN-2).

    Args:
        cells: number and cells of each row by header, all texts; blank rows are left out. The headers are right.
        today: in the org's time zone.
    """
    rows: list[Row] = []
    faults: list[RowFault] = []
    first: dict[str, int] = {}
    for number, row in cells:
        texts = {normalize(header): cell for header, cell in row.items()}
        ours = {column: texts.get(normalize(column), "") for column in COLUMNS}
        if errors := [column for column, cell in ours.items() if is_error_value(cell)]:
            faults.extend(RowFault(number, column, _error(ours[column])) for column in errors)
            continue
        try:
            found = Row.model_validate({"number": number} | ours, context={"today": today})
        except ValidationError as error:
            faults.extend(_told(number, error))
            continue
        earlier = first.setdefault(normalize(found.account), number)
        if earlier != number:
            faults.append(RowFault(number, ACCOUNT, f"row {row_label(earlier)} {SAME_ACCOUNT}"))
        else:
            rows.append(found)
    return rows, faults


def _error(cell: str) -> str:
    return (
        f"{strip(cell)[:_SHOWN]} is no value: the spreadsheet shows it when it has none. "
        "Enter the value, or leave the cell empty."
    )


def _told(number: int, error: ValidationError) -> Iterator[RowFault]:
    for one in error.errors():
        column = str(one["loc"][0])
        yield RowFault(number, column, str(one["ctx"]["error"]))
