"""Read the shared parts of an .xlsx file: names and order of the sheets, shared texts, formats of cells."""

import posixpath
import re
from dataclasses import dataclass

from rules.common.spreadsheet import LONGEST_TEXT, Struck, UnreadableWorkbook
from tasks.workbooks.xlsx_parts import NO_XLSX, TOO_MUCH, Archive, Part, attribute, is_set

MOST_TEXT = 10_000_000
"""The largest number of characters in all shared texts together."""
_BUILT_IN_DATES = {str(number) for number in (*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59))}
"""The ids of Excel's built-in date and time formats."""
_LITERALS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')


@dataclass(frozen=True)
class SheetEntry:
    """A sheet in the list of the workbook.

    Attributes:
        name: on its tab.
        path: of its file.
        is_hidden: whether it is hidden.
        is_table: whether it has cells; a chart sheet has none.
    """

    name: str
    path: str
    is_hidden: bool
    is_table: bool


@dataclass(frozen=True, slots=True)
class Look:
    """The format of a cell: whether it is a date, and whether it is struck out."""

    is_date: bool = False
    is_struck: bool = False


_AS_THE_CELL: frozenset[bool | None] = frozenset([None])


@dataclass(frozen=True, slots=True)
class SharedText:
    """A shared text, and for its runs whether they are struck out (None: like the cell)."""

    text: str
    strikes: frozenset[bool | None] = _AS_THE_CELL

    def struck(self, look: Look) -> Struck:
        """Which part of the text is struck out in a cell of this format."""
        strikes = {look.is_struck if strike is None else strike for strike in self.strikes}
        return Struck.WHOLLY if strikes == {True} else Struck.PARTLY if True in strikes else Struck.NO


def _is_struck(strike: dict[str, str]) -> bool:
    """Whether an element `strike` turns the strikethrough on."""
    return strike.get("val", "1").lower() not in ("0", "false", "off")


class TextCollector:
    """Collects a text from its runs, each with its own format."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Start a new text."""
        self._pieces: list[str] = []
        self._length, self._in_text, self._in_phonetic = 0, False, False
        self._strikes: set[bool | None] = set()
        self._strike: bool | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element of the text begins."""
        if name == "t":
            self._in_text = not self._in_phonetic
        elif name == "r":
            self._strike = None
        elif name == "rPr":
            self._strike = False
        elif name == "strike":
            self._strike = _is_struck(attributes)
        elif name == "rPh":
            self._in_phonetic = True

    def end(self, name: str) -> None:
        """An element of the text ends."""
        if name == "t":
            self._in_text = False
        elif name == "rPh":
            self._in_phonetic = False

    def text(self, text: str) -> None:
        """Add a piece. A text that is too long is cut to one character more than allowed."""
        if self._in_text and self._length <= LONGEST_TEXT:
            self._pieces.append(text[: LONGEST_TEXT + 1 - self._length])
            self._length += len(self._pieces[-1])
            if text.strip():
                self._strikes.add(self._strike)

    def collected(self) -> SharedText:
        """The collected text."""
        whole = "".join(self._pieces).replace("_x000D_", "")
        return SharedText(whole, frozenset(self._strikes) if self._strikes - _AS_THE_CELL else _AS_THE_CELL)


class _Relations(Part):
    def __init__(self) -> None:
        self.targets: dict[str, tuple[str, str]] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            target = attributes.get("Target", "").replace("\\", "/")
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.targets[attributes.get("Id", "")] = (kind, target)


class _Book(Part):
    def __init__(self) -> None:
        self.sheets: list[tuple[str, bool, str]] = []
        self.counts_from_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            is_hidden = attributes.get("state", "visible") != "visible"
            self.sheets.append((attributes.get("name", ""), is_hidden, attribute(attributes, "id")))
        elif name == "workbookPr":
            self.counts_from_1904 = is_set(attributes, "date1904")


class _Texts(Part):
    def __init__(self) -> None:
        self.texts: list[SharedText] = []
        self._collector, self._length = TextCollector(), 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self._collector.begin()
        else:
            self._collector.start(name, attributes)

    def end(self, name: str) -> None:
        self._collector.end(name)
        if name == "si":
            self.texts.append(self._collector.collected())
            self._length += len(self.texts[-1].text)
            if self._length > MOST_TEXT:
                raise UnreadableWorkbook(TOO_MUCH)

    def text(self, text: str) -> None:
        self._collector.text(text)


class _Looks(Part):
    def __init__(self) -> None:
        self.looks: list[Look] = []
        self._section = ""
        self._strikes: list[bool] = []
        self._dates = set(_BUILT_IN_DATES)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in ("fonts", "cellXfs", "numFmts", "cellStyleXfs", "dxfs"):
            self._section = name
        elif name == "numFmt" and self._section == "numFmts" and is_date_format(attributes.get("formatCode", "")):
            self._dates.add(attributes.get("numFmtId", ""))
        elif name == "font" and self._section == "fonts":
            self._strikes.append(False)
        elif name == "strike" and self._section == "fonts" and self._strikes:
            self._strikes[-1] = _is_struck(attributes)
        elif name == "xf" and self._section == "cellXfs":
            self.looks.append(self._look(attributes))

    def end(self, name: str) -> None:
        if name == self._section:
            self._section = ""

    def _look(self, attributes: dict[str, str]) -> Look:
        form, font = attributes.get("numFmtId", "0"), attributes.get("fontId", "0")
        place = int(font) if font.isascii() and font.isdecimal() and len(font) < 7 else 0  # noqa: PLR2004
        return Look(form in self._dates, place < len(self._strikes) and self._strikes[place])


def is_date_format(code: str) -> bool:
    """Whether a format code shows a number as a date or a time."""
    plain = _LITERALS.sub("", code[:500].partition(";")[0])
    return bool(set(plain.lower()) & set("dmyhs")) and "general" not in plain.lower()


@dataclass(frozen=True)
class Book:
    """The shared parts of a workbook.

    Attributes:
        sheets: in the order of their tabs.
        texts: the shared texts, by their index.
        looks: the formats of cells, by their index.
        counts_from_1904: whether dates count from 1904, as on old Macs.
    """

    sheets: tuple[SheetEntry, ...]
    texts: list[SharedText]
    looks: list[Look]
    counts_from_1904: bool


def read_book(archive: Archive) -> Book:
    """The shared parts of a workbook.

    Raises:
        UnreadableWorkbook: the file has no workbook or no sheets, or is too large.
    """
    path = _main_part(archive)
    book, relations, texts, looks = _Book(), _relations(archive, path), _Texts(), _Looks()
    archive.parse(path, book)
    by_kind = dict(relations.values())
    archive.parse(by_kind.get("sharedStrings", "xl/sharedStrings.xml"), texts)
    archive.parse(by_kind.get("styles", "xl/styles.xml"), looks)
    sheets = [_entry(name, relations.get(place, ("", "")), is_hidden=hidden) for name, hidden, place in book.sheets]
    if not sheets:
        raise UnreadableWorkbook(NO_XLSX)
    return Book(tuple(sheets), texts.texts, looks.looks, book.counts_from_1904)


def _entry(name: str, target: tuple[str, str], *, is_hidden: bool) -> SheetEntry:
    return SheetEntry(name, target[1], is_hidden, is_table=target[0] == "worksheet")


def _main_part(archive: Archive) -> str:
    targets = (target for kind, target in _relations(archive, "").values() if kind == "officeDocument")
    path = next(targets, "xl/workbook.xml")
    if path not in archive:
        raise UnreadableWorkbook(NO_XLSX)
    return path


def _relations(archive: Archive, path: str) -> dict[str, tuple[str, str]]:
    """The relations of a part, by id: kind and path of each target."""
    folder, name = posixpath.split(path)
    part = _Relations()
    archive.parse(posixpath.join(folder, "_rels", f"{name}.rels"), part)
    return {
        place: (kind, posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/"))
        for place, (kind, target) in part.targets.items()
    }
