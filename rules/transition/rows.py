"""The rows of the team lead's workbook: their columns, and the faults in them (TRN-2)."""

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
"""The required columns; the others may be missing."""
OURS = ("State", "Result")
"""The columns that are added to the returned copy; they are ignored when a copy is uploaded again."""
LONGEST_CELL = 500
LONGEST_NOTE = 4000
AHEAD = timedelta(days=366)
"""The longest time ahead of a move; a later date is taken for a typing error."""
SAME_ACCOUNT = "moves the same account. Delete one of the two."
HEADER_ROW = 1
SHEET_STEP = 10_000
"""Added to the row numbers for every further sheet; it is larger than any row number."""

_ALMOST_AN_ID = re.compile(r"00[15][A-Za-z0-9]{8,20}")
_MANGLED = re.compile(r"[0-9][0-9.,]*(?:[Ee][+-]?[0-9]+)?")
_SHOWN = 60


class Reason(StrEnum):
    """Why an account moves (TRN-1)."""

    LEAVE = "Leave"
    BALANCE = "Workload balancing"
    POSITION = "Position change"
    JOB = "Job change"


class Transfer(StrEnum):
    """How the customer is informed: as the team lead chose, or by the account's health."""

    DECIDE = "Let the system decide"
    AUTOMATED = "Automated"
    MANUAL = "Manual"


@dataclass(frozen=True, order=True)
class RowFault:
    """A fault in one cell; `row` as numbered in the file, `column` "" for the whole row."""

    row: int
    column: str
    message: str

    def __str__(self) -> str:
        place = f"Row {row_label(self.row)}"
        return f"{place}, {self.column}: {self.message}" if self.column else f"{place}: {self.message}"


def row_label(number: int) -> str:
    """Return the row for people: `7`, or `7 of sheet 2`."""
    sheet, row = divmod(number, SHEET_STEP)
    return f"{row} of sheet {sheet + 1}" if sheet else str(row)


def wrong_by_row(faults: Iterable[RowFault]) -> dict[int, str]:
    """Join the messages of each row."""
    messages: defaultdict[int, list[str]] = defaultdict(list)
    for fault in faults:
        messages[fault.row].append(f"{fault.column}: {fault.message}" if fault.column else fault.message)
    return {row: " ".join(texts) for row, texts in messages.items()}


E = TypeVar("E", bound=StrEnum)


def _one_of(kinds: type[E], word: str) -> E:
    """Return the value of this name; nothing is guessed."""
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
            f"{shorten(word, _SHOWN)} is a number: the spreadsheet has converted the id. Format the column as text "
            f"and paste the id of the {what} again, or enter its name."
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
        raise ValueError(f"{found} is in the past. Enter today or a later day, or leave the cell empty for today.")
    if found > today + AHEAD:
        raise ValueError(f"{found} is more than a year ahead. Check the year.")
    return found


def _note(cell: str) -> str:
    if len(strip(cell)) > LONGEST_NOTE:
        raise ValueError(f"the text has {len(strip(cell)):,} characters. The limit is {LONGEST_NOTE:,}: shorten it.")
    return strip(cell)


def _filled(cell: str, expected: str) -> str:
    if not strip(cell):
        raise ValueError(f"the cell is empty. Enter {expected}.")
    if len(strip(cell)) > LONGEST_CELL:
        raise ValueError(f"the text has {len(strip(cell)):,} characters. Enter {expected}.")
    return " ".join(cell.split())


class Row(BaseModel):
    """One account to move.

    Attributes:
        number: the spreadsheet's row: the header is 1.
        account: an 18-character id, or the name as it was entered.
        new_csm: an 18-character id of a user, or a name or e-mail address as it was entered.
        effective: the day of the move, in the org's time zone.
        transfer: how the customer is informed.
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
    """Return the faults of the headers; with a fault no row is read. Case and spacing do not count."""
    return tuple(_header_faults([strip(header) for header in headers if strip(header)]))


def _header_faults(headers: Sequence[str]) -> Iterator[RowFault]:
    known = {normalize(column): column for column in (*COLUMNS, *OURS)}
    there = [normalize(header) for header in headers]
    for header in dict.fromkeys(headers):
        if there.count(normalize(header)) > 1 and normalize(header) in known:
            yield RowFault(HEADER_ROW, header, "this column is there twice. Delete one of the two.")
    for column in NEEDED:
        if normalize(column) not in there:
            near = look_alikes(column, [header for header in headers if normalize(header) not in known], 1)
            meant = f" Is it {shorten(near[0], _SHOWN)}? Then rename that." if near else ""
            yield RowFault(HEADER_ROW, column, f"there is no column of this name in the first row.{meant}")


def parse_rows(cells: Iterable[tuple[int, Mapping[str, str]]], today: date) -> tuple[list[Row], list[RowFault]]:
    """Parse the rows; return the valid ones, and every fault of the others (TRN-2).

    Args:
        cells: number of each row, and its cells by header, as text. The headers are valid.
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
            faults.extend(_row_faults(number, error))
            continue
        earlier = first.setdefault(normalize(found.account), number)
        if earlier != number:
            faults.append(RowFault(number, ACCOUNT, f"row {row_label(earlier)} {SAME_ACCOUNT}"))
        else:
            rows.append(found)
    return rows, faults


def _error(cell: str) -> str:
    return f"{strip(cell)[:_SHOWN]} is an error value of the spreadsheet. Enter the value, or leave the cell empty."


def _row_faults(number: int, error: ValidationError) -> Iterator[RowFault]:
    for detail in error.errors():
        yield RowFault(number, str(detail["loc"][0]), str(detail["ctx"]["error"]))
