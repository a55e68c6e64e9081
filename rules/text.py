"""How typed text is compared and shown: people type the same word in many ways."""

import unicodedata
from collections.abc import Iterable


def given(text: str | None) -> str:
    """The text without outer white space; "" when nothing, or only white space, was typed."""
    return (text or "").strip()


def folded(text: str | None) -> str:
    """The text as it is compared: no outer white space, single spaces inside, no case, one Unicode form."""
    plain = unicodedata.normalize("NFKC", text or "").casefold()
    return " ".join(unicodedata.normalize("NFKC", plain).split())


def distinct(names: Iterable[str]) -> dict[str, str]:
    """Names by their folded form, each as it was first typed, without the blank ones."""
    first: dict[str, str] = {}
    for name in names:
        if given(name):
            first.setdefault(folded(name), given(name))
    return first


def quoted(text: str, most: int) -> str:
    """The text as it was typed, in quotation marks, cut when it is longer than so many characters."""
    return repr(text if len(text) <= most else text[:most] + "…")


def listed(names: Iterable[str], last: str = "and") -> str:
    """One or more names as a person lists them: "a, b and c"."""
    *first, end = names
    return f"{', '.join(first)} {last} {end}" if first else end


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number of things as a person writes it: "1 run", "1,300 runs"."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
