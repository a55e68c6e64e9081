"""Compare and show text that people typed."""

import heapq
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from rapidfuzz import fuzz

LONGEST_FILE_NAME = 150
"""Characters of a file name. Windows allows 260 for a whole path."""
_LONGEST_ENDING = 12
LONGEST_COMPARED = 255
"""Characters of a name that is compared by similarity. Salesforce stores no longer names."""
_ALIKE = 75
"""The least similarity, of 100, at which a name is proposed."""
_OF_MISSING_WORDS = 0.8
_ONE_FORM = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032`\u00b4\u02bc\u02b9\uff07", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"),
    }
)
_STROKES = str.maketrans("łøđħıŧ", "lodhit")
"""Unicode does not decompose a letter with a stroke."""
_NOT_IN_FILE_NAMES = frozenset('<>:"/\\|?*')
_PORTS = (f"{port}{number}" for port in ("COM", "LPT") for number in "0123456789\u00b9\u00b2\u00b3")
_RESERVED = frozenset(["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", *_PORTS])
"""Windows reserves these names for devices, with any ending."""


def strip(text: str | None) -> str:
    """Return the text without outer white space; "" for None."""
    return (text or "").strip()


def normalize(text: str | None) -> str:
    """Return the form in which texts are compared.

    White space, case, Unicode form, kinds of quotation marks and dashes, and invisible characters do not count.
    """
    plain = unicodedata.normalize("NFKC", (text or "").translate(_ONE_FORM)).casefold()
    plain = unicodedata.normalize("NFKC", plain).translate(_ONE_FORM)
    if not plain.isascii():
        plain = "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")
    return " ".join(plain.split())


def unaccented(text: str | None) -> str:
    """Return the form in which texts are compared when accents do not count: `José` and `Jose` are equal."""
    apart = unicodedata.normalize("NFD", normalize(text).translate(_STROKES))
    return unicodedata.normalize("NFC", "".join(letter for letter in apart if not unicodedata.combining(letter)))


def look_alikes(word: str, known: Iterable[str], most: int) -> list[str]:
    """Return the known texts that are similar to a typed word, the most similar first.

    Args:
        word: as it was typed.
        known: the candidates; they are returned unchanged.
        most: the largest number of results.
    """
    if len(word) > LONGEST_COMPARED:
        return []
    plain = unaccented(word)
    scores = {name: _similarity(plain, unaccented(name)) for name in known if len(name) <= LONGEST_COMPARED}
    return [name for name in heapq.nlargest(most, scores, key=lambda name: scores[name]) if scores[name] >= _ALIKE]


def _similarity(word: str, known: str) -> float:
    """Score from 0 to 100; the order of words does not count, and missing words count less than other letters."""
    return max(
        fuzz.ratio(word, known),
        fuzz.token_sort_ratio(word, known),
        _OF_MISSING_WORDS * fuzz.token_set_ratio(word, known),
    )


def unique_by_normalized(names: Iterable[str]) -> dict[str, str]:
    """Map the normalized form of each name to its first spelling; blank names are left out."""
    first: dict[str, str] = {}
    for name in names:
        if strip(name):
            first.setdefault(normalize(name), strip(name))
    return first


def shorten(text: str, most: int) -> str:
    """Return the text in quotation marks, cut after `most` characters."""
    return repr(text if len(text) <= most else text[:most] + "…")


def join_names(names: Iterable[str], last: str = "and") -> str:
    """Join one or more names for people: "a, b and c"."""
    *first, end = names
    return f"{', '.join(first)} {last} {end}" if first else end


def safe_file_name(name: str) -> str:
    """Return a file name that every system accepts, Windows too; characters that are not allowed become `-`.

    Args:
        name: with its ending, without folders.
    """
    plain = "".join("-" if _is_unsafe(letter) else letter for letter in unicodedata.normalize("NFC", name))
    whole = " ".join(plain.split()).rstrip(". ")
    ending = PurePosixPath(whole).suffix
    ending = ending if len(ending) <= _LONGEST_ENDING else ""
    stem = whole.removesuffix(ending)
    if stem.partition(".")[0].rstrip().upper() in _RESERVED:
        stem = f"_{stem}"
    return f"{stem[: LONGEST_FILE_NAME - len(ending)].rstrip('. ')}{ending}" or "file"


def _is_unsafe(letter: str) -> bool:
    """Whether a character separates folders, or is a control character, invisible, or half a surrogate pair."""
    return letter in _NOT_IN_FILE_NAMES or (unicodedata.category(letter) in ("Cc", "Cf", "Cs") and not letter.isspace())


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: "1 run", "1,300 runs"."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
