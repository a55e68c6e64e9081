"""Salesforce record ids: 15 case-sensitive characters, or 18 with a checksum that survives lost capitals."""

import re

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
    fault = _fault(record_id, prefix)
    if fault:
        example = _with_checksum(prefix + "1".zfill(_SHORT - len(prefix)))
        raise NotAnId(
            f"{shorten(record_id, _SHOWN)} is not a Salesforce {KINDS.get(prefix, 'record')} id: {fault}. "
            f"A valid id begins with {prefix} and has 15 or 18 letters and digits, like {example}."
        )
    return _with_checksum(record_id[:_SHORT])


def ids_in(text: str, prefix: str) -> list[str]:
    """Find texts that look like an id, for example in the address of a record's page; the checksum is not verified."""
    return re.findall(rf"(?<![0-9A-Za-z]){prefix}[0-9A-Za-z]{{12}}(?:[0-9A-Za-z]{{3}})?(?![0-9A-Za-z])", text)


def _fault(record_id: str, prefix: str) -> str:
    """The message about an invalid id; "" for a valid one."""
    if len(record_id) not in (_SHORT, _LONG):
        return f"it has {len(record_id)} characters"
    if not re.fullmatch("[A-Za-z0-9]+", record_id):
        return "it has characters other than A-Z, a-z and 0-9"
    if not record_id.startswith(prefix):
        return f"it begins with {record_id[:3]}"
    if len(record_id) == _LONG and record_id != _with_checksum(record_id[:_SHORT]):
        return "its last three characters do not fit the others (a character or a capital was changed)"
    return ""


def _with_checksum(short: str) -> str:
    """Append three characters to 15; each encodes which of five characters are capitals."""
    fives = (short[start : start + 5] for start in range(0, _SHORT, 5))
    return short + "".join(
        _CHECK_CHARACTERS[sum(1 << place for place, letter in enumerate(five) if "A" <= letter <= "Z")]
        for five in fives
    )
