"""Recognize the kind of a file by its content; the message of a refusal says what to do (TRN-2)."""

from rules.common.spreadsheet import UnreadableWorkbook

_AS_XLSX = "choose File > Save As > Excel Workbook (.xlsx)"
_IN_EXCEL = f"In Excel {_AS_XLSX}."
_PROTECTED = (
    "The file is protected with a password. In Excel choose File > Info > Protect Workbook > Encrypt with Password, "
    "delete the password and save it."
)
_OLD_EXCEL = f"This is an Excel 97-2003 workbook (.xls). I can read .xlsx and .csv. {_IN_EXCEL}"
_WEB_PAGE = f"This is a web page that was saved under the name of a workbook. Open it in Excel, then {_AS_XLSX}."
_GOOGLE = (
    "This is a link to a Google sheet, not the sheet. "
    "In Google Sheets choose File > Download > Microsoft Excel (.xlsx)."
)
_OPEN_DOCUMENT = (
    "This is an OpenDocument spreadsheet (.ods). I can read .xlsx and .csv. In LibreOffice choose File > Save As and "
    "the type Excel 2007-365 (.xlsx)."
)
_NUMBERS = (
    "This is a Numbers document (.numbers). I can read .xlsx and .csv. In Numbers choose File > Export To > Excel."
)
_BINARY = f"This is a binary workbook (.xlsb). I can read .xlsx and .csv. {_IN_EXCEL}"
_MACROS = f"This workbook contains macros (.xlsm). I can read .xlsx and .csv. {_IN_EXCEL}"
_OTHER = "The file is not a spreadsheet: it is {}. I can read .xlsx and .csv."
_XML = f"This is an XML spreadsheet of 2003. I can read .xlsx and .csv. Open it in Excel, then {_AS_XLSX}."

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BEGINNINGS = (
    (b"%PDF", _OTHER.format("a PDF")),
    (b"{\\rtf", _OTHER.format("a text document (.rtf)")),
    (b"\x89PNG", _OTHER.format("a picture")),
    (b"\xff\xd8\xff", _OTHER.format("a picture")),
    (b"GIF8", _OTHER.format("a picture")),
    (b"\x1f\x8b", _OTHER.format("a packed file (.gz). Unpack it first")),
    (b"7z\xbc\xaf", _OTHER.format("a packed file (.7z). Unpack it first")),
    (b"Rar!", _OTHER.format("a packed file (.rar). Unpack it first")),
    (b"\x09\x08", _OLD_EXCEL),
    (b"\x09\x04", _OLD_EXCEL),
    (b"\x09\x02", _OLD_EXCEL),
    (b"ID;PWXL", f"This is a SYLK file (.slk). I can read .xlsx and .csv. Open it in Excel, then {_AS_XLSX}."),
)
_BEGIN_LOWER = (
    ("<!doctype html", _WEB_PAGE),
    ("<html", _WEB_PAGE),
    ("<table", _WEB_PAGE),
    ("<meta", _WEB_PAGE),
    ("<head", _WEB_PAGE),
    ("<body", _WEB_PAGE),
    ("mime-version:", _WEB_PAGE),
)
_CHARACTERS_CHECKED = 4000


def refuse_other_kinds(content: bytes) -> None:
    """Accept a file that may be .xlsx or a text with separators.

    Raises:
        UnreadableWorkbook: it is of another kind; names the kind, and what to do.
    """
    if content.startswith(_OLE):
        raise UnreadableWorkbook(_ole(content))
    for beginning, message in _BEGINNINGS:
        if content.startswith(beginning):
            raise UnreadableWorkbook(message)
    if message := _text_of_another_kind(content[:_CHARACTERS_CHECKED]):
        raise UnreadableWorkbook(message)


def refuse_other_archives(names: frozenset[str], kinds: bytes, mimetype: bytes) -> None:
    """Accept the archive of an .xlsx file.

    Args:
        names: of the files in the archive, in lower case.
        kinds: the file `[Content_Types].xml` of Office.
        mimetype: the file `mimetype` of OpenDocument.

    Raises:
        UnreadableWorkbook: it is of another kind; names the kind, and what to do.
    """
    if b"opendocument" in mimetype or b"oasis" in mimetype:
        is_sheet = b"spreadsheet" in mimetype
        raise UnreadableWorkbook(_OPEN_DOCUMENT if is_sheet else _OTHER.format("another kind of OpenDocument"))
    if any(name.endswith(".iwa") or name == "index.zip" for name in names):
        raise UnreadableWorkbook(_NUMBERS)
    if "xl/workbook.bin" in names:
        raise UnreadableWorkbook(_BINARY)
    if b"macroEnabled" in kinds or "xl/vbaproject.bin" in names:
        raise UnreadableWorkbook(_MACROS)
    for part, kind in (("word/document.xml", "a Word document"), ("ppt/presentation.xml", "a presentation")):
        if part in names:
            raise UnreadableWorkbook(_OTHER.format(kind))


def _ole(content: bytes) -> str:
    """The message about an OLE container: a file with a password, or a file of Office before 2007."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        return _PROTECTED
    if "WordDocument".encode("utf-16-le") in content:
        return _OTHER.format("a Word document (.doc)")
    return _OLD_EXCEL


def _text_of_another_kind(beginning: bytes) -> str:
    """The message about a text that is not one with separators; "" for any other."""
    text = beginning.decode("latin-1").lstrip("\xef\xbb\xbf \t\r\n").lower()
    for first, message in _BEGIN_LOWER:
        if text.startswith(first):
            return message
    if text.startswith("<?xml"):
        is_sheet = "urn:schemas-microsoft-com:office:spreadsheet" in text
        return _XML if is_sheet else _WEB_PAGE if "<html" in text else _OTHER.format("XML")
    if text.startswith("{"):
        return _GOOGLE if "docs.google.com" in text or '"doc_id"' in text else _OTHER.format("JSON")
    return ""
