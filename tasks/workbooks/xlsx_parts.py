"""Read the parts of an .xlsx file as streams, within limits of memory and time."""

import zlib
from io import BytesIO
from typing import IO
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from rules.common.spreadsheet import UnreadableWorkbook

LARGEST_UNPACKED = 30_000_000
"""The largest unpacked size of a workbook, in bytes."""
MOST_FILES = 500
MOST_MARKS = 1_200_000
"""The budget of a workbook: 2 for every XML element, 1 for every attribute."""
LONGEST_TOKEN = 512_000
"""The largest size of one tag or comment, in bytes."""
DEEPEST = 40
"""The largest depth of nested elements."""
_PIECE = 65_536
_BROKEN = (BadZipFile, ValueError, OSError, EOFError, RuntimeError, NotImplementedError, zlib.error, expat.ExpatError)
DAMAGED = "The file is damaged: it cannot be unpacked. Open it in Excel and save it again as .xlsx."
TOO_LARGE = "The file unpacks to far more than a sheet. Copy the rows into a fresh template."
TOO_MUCH = (
    "The file contains far more cells, formats or marks than a book of business. Copy the rows into a fresh template."
)
NO_XLSX = "The file is not a workbook as Excel writes it. Open it in Excel and save it again as .xlsx."


class Archive:
    """The files in an .xlsx file, by their names in any case.

    Raises:
        UnreadableWorkbook: it cannot be unpacked, or is too large.
    """

    def __init__(self, content: bytes) -> None:
        try:
            self._zip = ZipFile(BytesIO(content))
            members = self._zip.infolist()
        except _BROKEN:
            raise UnreadableWorkbook(DAMAGED) from None
        if len(members) > MOST_FILES or sum(member.file_size for member in members) > LARGEST_UNPACKED:
            raise UnreadableWorkbook(TOO_LARGE)
        self._members: dict[str, ZipInfo] = {}
        for member in members:
            name = member.filename.replace("\\", "/").lstrip("/").lower()
            if name in self._members or member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
                raise UnreadableWorkbook(DAMAGED)
            self._members[name] = member
        self.marks_left = MOST_MARKS

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._members

    @property
    def names(self) -> frozenset[str]:
        """The names of the files, in lower case."""
        return frozenset(self._members)

    def read(self, name: str, most: int) -> bytes:
        """The first `most` bytes of a file; b"" when there is no such file."""
        member = self._members.get(name.lower())
        if member is None:
            return b""
        try:
            with self._zip.open(member) as stream:
                return stream.read(most)
        except _BROKEN:
            raise UnreadableWorkbook(DAMAGED) from None

    def parse(self, name: str, part: "Part") -> None:
        """Read an XML file; a file that does not exist is ignored.

        Raises:
            UnreadableWorkbook: it is not XML, or too large.
        """
        member = self._members.get(name.lower())
        if member is None:
            return
        try:
            with self._zip.open(member) as stream:
                self._feed(stream, part)
        except UnreadableWorkbook:
            raise
        except _BROKEN:
            raise UnreadableWorkbook(DAMAGED) from None

    def _feed(self, stream: IO[bytes], part: "Part") -> None:
        parser = _parser(self, part)
        fed = 0
        while (piece := stream.read(_PIECE)) and not part.is_done:
            parser.Parse(piece, False)  # noqa: FBT003 - the parser has no keywords
            fed += len(piece)
            if fed - max(parser.CurrentByteIndex, 0) > LONGEST_TOKEN:
                raise UnreadableWorkbook(TOO_MUCH)
        if not part.is_done:
            parser.Parse(b"", True)  # noqa: FBT003 - as above


class Part:
    """Handles the content of an XML file. Names have no prefixes."""

    is_done = False
    """Whether the rest of the file is not needed."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """A piece of an element's text."""


def _parser(archive: Archive, part: Part) -> expat.XMLParserType:
    """A parser that refuses document types (which define entities), deep nesting, and too many elements."""
    parser = expat.ParserCreate(intern=None)  # None: the parser stores no names of the file
    parser.buffer_text = True
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        archive.marks_left -= 2 + len(attributes)
        if archive.marks_left < 0 or depth > DEEPEST:
            raise UnreadableWorkbook(TOO_MUCH)
        part.start(name.rpartition(":")[2], attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        part.end(name.rpartition(":")[2])

    def refuse(*_: object) -> None:
        raise UnreadableWorkbook(NO_XLSX)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = part.text
    parser.StartDoctypeDeclHandler = refuse
    return parser


def attribute(attributes: dict[str, str], name: str) -> str:
    """The value of an attribute, by its name without prefix: `r:id` by `id`; "" when there is none."""
    if name in attributes:
        return attributes[name]
    return next((value for key, value in attributes.items() if key.rpartition(":")[2] == name), "")


def is_set(attributes: dict[str, str], name: str) -> bool:
    """Whether an attribute is true."""
    return attributes.get(name, "").strip().lower() in ("1", "true", "on")
