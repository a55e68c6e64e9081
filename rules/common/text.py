"""How typed text is compared and shown: people type the same word in many ways."""

import heapq
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from rapidfuzz import fuzz

LONGEST_FILE_NAME = 150
"""Characters of a file name: with its folders it stays below the 260 of Windows."""
_LONGEST_ENDING = 12
LONGEST_COMPARED = 255
"""Characters of a name that is compared by similarity: Salesforce keeps no longer one."""
_ALIKE = 75
"""From which similarity, of 100, a name is proposed."""
_OF_MISSING_WORDS = 0.8
_ONE_FORM = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032`\u00b4\u02bc\u02b9\uff07", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"),
    }
)
_STROKES = str.maketrans("łøđħıŧ", "lodhit")
"""Letters whose stroke Unicode does not take for an accent."""
_NOT_IN_FILE_NAMES = frozenset('<>:"/\\|?*')
_PORTS = (f"{port}{number}" for port in ("COM", "LPT") for number in "0123456789\u00b9\u00b2\u00b3")
_RESERVED = frozenset(["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", *_PORTS])
"""Names that Windows keeps for devices, with every ending."""


def strip(text: str | None) -> str:
    """The text without outer white space; "" when nothing, or only white space, was typed."""
    return (text or "").strip()


def normalize(text: str | None) -> str:
    """The text as it is compared: no outer white space, single spaces inside, no case, one Unicode form.

    Quotation marks and dashes have one form each, and invisible characters do not count.
    """
    plain = unicodedata.normalize("NFKC", (text or "").translate(_ONE_FORM)).casefold()
    plain = unicodedata.normalize("NFKC", plain).translate(_ONE_FORM)
    if not plain.isascii():
        plain = "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")
    return " ".join(plain.split())


def unaccented(text: str | None) -> str:
    """The text as it is compared, without accents too: `José` and `Jose` are alike."""
    apart = unicodedata.normalize("NFD", normalize(text).translate(_STROKES))
    return unicodedata.normalize("NFC", "".join(letter for letter in apart if not unicodedata.combining(letter)))


def look_alikes(word: str, known: Iterable[str], most: int) -> list[str]:
    """Those of the known texts that somebody may have meant by another word, the most similar first.

    Args:
        word: as it was typed.
        known: the texts; they come back as they are.
        most: how many at most.
    """
    if len(word) > LONGEST_COMPARED:
        return []
    forms = {one: unaccented(one) for one in known if len(one) <= LONGEST_COMPARED}
    plain = unaccented(word)
    scores = {one: _similarity(plain, form) for one, form in forms.items()}
    found = heapq.nlargest(most, scores, key=lambda one: scores[one])
    return [one for one in found if scores[one] >= _ALIKE]


def _similarity(word: str, known: str) -> float:
    """Of 100: letters that differ, words in another order, and, counting less, words that one of both lacks."""
    return max(
        fuzz.ratio(word, known),
        fuzz.token_sort_ratio(word, known),
        _OF_MISSING_WORDS * fuzz.token_set_ratio(word, known),
    )


def unique_by_normalized(names: Iterable[str]) -> dict[str, str]:
    """Names by their folded form, each as it was first typed, without the blank ones."""
    first: dict[str, str] = {}
    for name in names:
        if strip(name):
            first.setdefault(normalize(name), strip(name))
    return first


def shorten(text: str, most: int) -> str:
    """The text as it was typed, in quotation marks, cut when it is longer than so many characters."""
    return repr(text if len(text) <= most else text[:most] + "…")


def join_names(names: Iterable[str], last: str = "and") -> str:
    """One or more names as a person lists them: "a, b and c"."""
    *first, end = names
    return f"{', '.join(first)} {last} {end}" if first else end


def safe_file_name(name: str) -> str:
    """A file name that every system can save, Windows too: the ending stays, characters that cannot stay become `-`.

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
    """Whether it separates folders, or is a control, invisible, or half a character."""
    return letter in _NOT_IN_FILE_NAMES or (unicodedata.category(letter) in ("Cc", "Cf", "Cs") and not letter.isspace())


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number of things as a person writes it: "1 run", "1,300 runs"."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
