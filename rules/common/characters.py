"""Characters that a person does not see, or takes for others: shown, named, and found by position (ONB-6)."""

import unicodedata
from typing import NamedTuple

_BLANKS = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0xFE00, 0xFE10)}
"""Letters, marks and signs that no font draws."""
_JOINERS = "\u200c\u200d"
"""They shape the letters beside them in Arabic and Indian scripts, and are part of many names."""
_LATIN = "LATIN"
_DOUBLES = {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"}
"""The scripts whose letters look like Latin ones."""
_LIKE_LATIN = frozenset("аАВеЕѕЅіІїјЈКкМмНоОрРСсТтуУхХԁһѵѡԛԝӏӀΑΒΕΖΗΙΚΜΝΟΡΤΥΧαεικνορτυχοօհսոց")
"""Letters of those scripts that a reader takes for Latin ones."""
_SEPARATORS = str.maketrans(dict.fromkeys("@.-_+' ", " "))


class SuspectCharacter(NamedTuple):
    """A character that is asked about.

    Attributes:
        position: counted from 1.
        code: `U+200B`.
        name: as Unicode calls it, in small letters.
    """

    position: int
    code: str
    name: str


def invisible(text: str) -> list[SuspectCharacter]:
    """Every character of a text that shows nothing or turns the direction of reading; joiners of a script may stand."""
    return [_found(text, index) for index, letter in enumerate(text) if _is_invisible(text, index, letter)]


def look_alikes(text: str) -> list[SuspectCharacter]:
    """Every letter of an address that is not the Latin letter it looks like.

    A word of one script is taken as it is; one that mixes scripts, or whose every letter has a Latin double, is not.
    """
    found: list[SuspectCharacter] = []
    start = 0
    for word in text.translate(_SEPARATORS).split(" "):
        found += [_found(text, start + index) for index in _doubles(word)]
        start += len(word) + 1
    return found


def visible(text: str) -> str:
    """The text, with each invisible character written out: `zw<U+200B>.example`."""
    return "".join(
        f"<{_code(letter)}>" if _is_invisible(text, index, letter) else letter for index, letter in enumerate(text)
    )


def described(found: SuspectCharacter) -> str:
    """A character, for people: `U+200B (zero width space) at position 12`."""
    return f"{found.code} ({found.name}) at position {found.position}"


def _is_invisible(text: str, index: int, letter: str) -> bool:
    if letter in _JOINERS:
        beside = text[max(index - 1, 0) : index] + text[index + 1 : index + 2]
        return not any(one.isalpha() and not one.isascii() and _script(one) != _LATIN for one in beside)
    category = unicodedata.category(letter)
    return category in ("Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp") or ord(letter) in _BLANKS


def _doubles(word: str) -> list[int]:
    """Where in a word letters stand that look like Latin ones and are not."""
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


def _found(text: str, index: int) -> SuspectCharacter:
    letter = text[index]
    return SuspectCharacter(
        index + 1, _code(letter), unicodedata.name(letter, _NAMES.get(letter, "no character")).lower()
    )


def _code(letter: str) -> str:
    return f"U+{ord(letter):04X}"


_NAMES = {"\t": "tab", "\n": "end of line", "\r": "end of line", "\x00": "null"} | {
    chr(code): "control character" for code in (*range(0x01, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0))
}
"""What Unicode has no name for."""
