"""Salesforce record ids: 15 case-sensitive characters, or 18 with a checksum that survives lost capitals."""

import re
from urllib.parse import unquote

from rules.common.text import shorten

KINDS = {
    "001": "account",
    "003": "contact",
    "005": "user",
    "006": "opportunity",
    "00D": "organization",
    "00O": "report",
    "800": "contract",
}
"""The kind of record by the first three characters of its id."""

_CHECK_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHORT, _LONG = 15, 18
_SHOWN = 40


class NotAnId(ValueError):
    """Raised when a text is not the id of the expected kind of record; the message is for the person who typed it."""


def to18(record_id: str, prefix: str) -> str:
    """Return the 18-character form of an id, in which ids are stored and compared (ONB-6).

    Raises:
        NotAnId: the id is malformed, or belongs to another kind of record.
    """
    if len(record_id) not in (_SHORT, _LONG) or not re.fullmatch(f"{prefix}[A-Za-z0-9]+", record_id):
        shape = f"it begins with {prefix} and has {_SHORT} or {_LONG} characters"
        raise NotAnId(f"{_shown(record_id)} is not {_a(prefix)} id; {shape}.")
    expected = _with_checksum(record_id[:_SHORT])
    if len(record_id) == _LONG and record_id != expected:
        fault = "its last three characters do not fit the others (a character or a capital was changed)"
        raise NotAnId(f"{record_id} is not {_a(prefix)} id; {fault}.")
    return expected


def record_id_in(text: str, prefix: str) -> str:
    """Return the 18-character id of the one record that a person named: by its id, or by the address of its page.

    Args:
        text: as it was typed or pasted. An address may have any form that Salesforce gives it.
        prefix: of the expected kind of record.

    Raises:
        NotAnId: the text names no such record, or several.
    """
    entry = text.strip()
    if not entry:
        raise NotAnId(f"No {_kind(prefix)} is named: enter its id, or the address of its page in Salesforce.")
    if "/" not in entry:
        return to18(entry, prefix)
    named = {to18(each, prefix) for each in ids_in(unquote(entry), prefix)}
    if len(named) != 1:
        count = f"more than one {_kind(prefix)}" if named else f"no {_kind(prefix)}"
        raise NotAnId(f"{_shown(entry)} names {count}: copy the address of its own page in Salesforce.")
    return named.pop()


def entered_id(text: object, prefix: str) -> str:
    """The same for a parameter of any run, which may hold anything; "" if it names no such record."""
    try:
        return record_id_in(str(text or ""), prefix)
    except NotAnId:
        return ""


def ids_in(text: str, prefix: str) -> list[str]:
    """Find texts that look like an id, for example in the address of a record's page; the checksum is not verified."""
    return re.findall(rf"(?<![0-9A-Za-z]){prefix}[0-9A-Za-z]{{12}}(?:[0-9A-Za-z]{{3}})?(?![0-9A-Za-z])", text)


def _kind(prefix: str) -> str:
    return KINDS.get(prefix, "record")


def _a(prefix: str) -> str:
    kind = _kind(prefix)
    return f"an {kind}" if kind[0] in "ao" else f"a {kind}"


def _shown(text: str) -> str:
    """The text as it was typed, if it is plain and short; otherwise quoted and cut."""
    return text if re.fullmatch(f"[A-Za-z0-9]{{1,{_SHOWN}}}", text) else shorten(text, _SHOWN)


def _with_checksum(short: str) -> str:
    """Append three characters to 15; each encodes which of five characters are capitals."""
    fives = (short[start : start + 5] for start in range(0, _SHORT, 5))
    return short + "".join(
        _CHECK_CHARACTERS[sum(1 << place for place, letter in enumerate(five) if "A" <= letter <= "Z")]
        for five in fives
    )
