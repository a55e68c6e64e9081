"""Find and describe invisible characters, and letters that look like Latin ones (ONB-6)."""

import unicodedata
from typing import NamedTuple

_BLANKS = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0xFE00, 0xFE10)}
"""Code points that no font draws."""
_JOINERS = "\u200c\u200d"
"""Invisible, but part of many names in Arabic and Indian scripts, where they shape their neighbours."""
_LATIN = "LATIN"
_DOUBLES = {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"}
"""The scripts whose letters look like Latin ones."""
_LIKE_LATIN = frozenset("аАВеЕѕЅіІїјЈКкМмНоОрРСсТтуУхХԁһѵѡԛԝӏӀΑΒΕΖΗΙΚΜΝΟΡΤΥΧαεικνορτυχοօհսոց")
"""Letters of those scripts that look exactly like Latin ones."""
_SEPARATORS = str.maketrans(dict.fromkeys("@.-_+' ", " "))


class SuspectCharacter(NamedTuple):
    """A character that a person should check.

    Attributes:
        position: counted from 1.
        code: `U+200B`.
        name: the Unicode name in lower case.
    """

    position: int
    code: str
    name: str


def invisible(text: str) -> list[SuspectCharacter]:
    """List the characters that show nothing or change the reading direction, except joiners of a script."""
    return [_suspect(text, index) for index, letter in enumerate(text) if _is_invisible(text, index, letter)]


def look_alikes(text: str) -> list[SuspectCharacter]:
    """List the letters of an address that look Latin and are not.

    A word of one other script is accepted, unless every letter of it looks Latin.
    """
    suspects: list[SuspectCharacter] = []
    start = 0
    for word in text.translate(_SEPARATORS).split(" "):
        suspects += [_suspect(text, start + index) for index in _doubles(word)]
        start += len(word) + 1
    return suspects


def visible(text: str) -> str:
    """Replace each invisible character of a text by its code: `zw<U+200B>.example`."""
    return "".join(
        f"<{_code(letter)}>" if _is_invisible(text, index, letter) else letter for index, letter in enumerate(text)
    )


def described(suspect: SuspectCharacter) -> str:
    """Describe a character for people: `U+200B (zero width space) at position 12`."""
    return f"{suspect.code} ({suspect.name}) at position {suspect.position}"


def _is_invisible(text: str, index: int, letter: str) -> bool:
    if letter in _JOINERS:
        beside = text[max(index - 1, 0) : index] + text[index + 1 : index + 2]
        return not any(near.isalpha() and not near.isascii() and _script(near) != _LATIN for near in beside)
    category = unicodedata.category(letter)
    return category in ("Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp") or ord(letter) in _BLANKS


def _doubles(word: str) -> list[int]:
    """Return the positions of a word's letters that look Latin and are not."""
    letters = [(index, letter, _script(letter)) for index, letter in enumerate(word) if letter.isalpha()]
    styled = [index for index, letter, _ in letters if _is_styled(letter)]
    foreign = [(index, letter) for index, letter, script in letters if script in _DOUBLES]
    mixed = any(script == _LATIN for _, _, script in letters)
    if mixed or all(letter in _LIKE_LATIN for _, letter in foreign):
        return sorted({*styled, *(index for index, _ in foreign)})
    return styled


def _is_styled(letter: str) -> bool:
    """Whether a letter is a Latin one in another form, such as a wide or a mathematical one."""
    return not letter.isascii() and unicodedata.normalize("NFKC", letter).isascii()


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _suspect(text: str, index: int) -> SuspectCharacter:
    letter = text[index]
    return SuspectCharacter(
        index + 1, _code(letter), unicodedata.name(letter, _NAMES.get(letter, "no character")).lower()
    )


def _code(letter: str) -> str:
    return f"U+{ord(letter):04X}"


_NAMES = {"\t": "tab", "\n": "end of line", "\r": "end of line", "\x00": "null"} | {
    chr(code): "control character" for code in (*range(0x01, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0))
}
"""Names for the control characters, which Unicode does not name."""
