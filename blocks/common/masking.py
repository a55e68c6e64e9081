"""Mask secrets that a vendor repeats, however it writes them: plain, form-encoded, in JSON, in HTML, in base64.

The search is for each character of a secret in each of these forms, so that a mixture of forms is found too.
"""

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from html.entities import codepoint2name
from typing import Any
from urllib.parse import quote, quote_plus

from pydantic import SecretStr

from blocks.common.errors import VendorError

MASK = "***"
LONGEST_QUOTE = 300
"""Characters of a vendor's message that ours repeats."""
MOST_QUOTES = 5
"""Errors or fields of one response that a message repeats."""

_LONGEST_READ = 20_000
"""Characters of a vendor's message that are searched, to limit the time."""
_BEGINNING = 12
"""Characters from which a long secret is recognized: a vendor may cut what it repeats."""
_END = 6
"""Characters from which a secret is recognized that is cut at the end of a message."""
_LEAST_BASE64 = 5
_BASE64_RUN = r"(?:[\w+/=-]|%2[bf]|%3d|\\/)*"
_TOKENS = re.compile(r"\b(?:bearer|basic)(?:\s|\+|%20)+[\w.~+/=!%-]{16,}|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*", re.IGNORECASE)
"""Texts that look like a credential: an Authorization header, a signed token."""


def masked(text: str, *secrets: SecretStr | None) -> str:
    """A vendor's message on one line of at most 300 characters, with secrets masked."""
    return " ".join(without(text[:_LONGEST_READ], secrets).split())[:LONGEST_QUOTE]


def code_of(text: object, *secrets: SecretStr | None) -> str:
    """A vendor's own code for an error; "" for anything that does not look like one."""
    code = masked(text, *secrets) if isinstance(text, str) else ""
    return code if re.fullmatch(r"[A-Za-z][\w.:-]{0,79}", code) else ""


def field_name(name: str, *secrets: SecretStr | None) -> str:
    """The name of a field in a vendor's response. `password` is a name, not the beginning of a cut secret."""
    return without(name, secrets, cut=False)[:LONGEST_QUOTE]


def without(text: str, secrets: Iterable[SecretStr | None], *, cut: bool = True) -> str:
    """The text with every secret masked; `cut`: also a secret that is cut at the end of the text."""
    for secret in secrets:
        if secret is not None and secret.get_secret_value():
            text = _pattern(secret.get_secret_value(), cut=cut).sub(MASK, text)
    return _TOKENS.sub(MASK, text)


@contextmanager
def no_secrets(*secrets: SecretStr | None) -> Iterator[None]:
    """Mask the secrets in errors that leave a client.

    The context and the cause are removed too: the error of a library may contain the whole request.
    """
    try:
        yield
    except VendorError as error:
        error.args = _plain(error.args, secrets)
        error.code, error.fields = without(error.code, secrets), _plain(error.fields, secrets)
        error.details = _plain(error.details, secrets)
        error.__cause__ = error.__context__ = None
        raise


def _plain(value: Any, secrets: tuple[SecretStr | None, ...]) -> Any:
    """A value of an error, with the secrets in its texts masked."""
    if isinstance(value, str):
        return without(value, secrets)
    if isinstance(value, dict):
        return {field_name(str(name), *secrets): _plain(inner, secrets) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(inner, secrets) for inner in value)
    return value


@lru_cache(maxsize=128)
def _pattern(secret: str, *, cut: bool) -> re.Pattern[str]:
    characters = [_written(character) for character in secret]
    ways = ["".join(characters), secret.encode("utf-8", "surrogatepass").hex()]
    if len(characters) > _BEGINNING:
        ways.append("".join(characters[:_BEGINNING]) + r"[^\s\"'<>&,;]*")
    if cut and len(characters) > _END:
        more = characters[_END:_BEGINNING]
        rest = "".join(f"(?:{character}" for character in more) + ")?" * len(more)
        ways.append("".join(characters[:_END]) + rest + r"(?=\W*\Z)")
    plain = {secret, quote(secret, safe=""), quote_plus(secret)}
    once = {core for text in plain for core in _base64(text)}
    twice = {core for text in once for core in _base64(text)}
    ways += [_in_any_alphabet(core) + _BASE64_RUN for core in once | twice]
    return re.compile("|".join(ways), re.IGNORECASE)


@lru_cache(maxsize=1024)
def _written(character: str) -> str:
    """All forms of one character, as a pattern; a character that is no letter or digit may be encoded twice."""
    ways = _ways(character)
    if not (character.isascii() and character.isalnum()):
        ways |= {"".join(again) for way in ways for again in zip(*map(_each, way), strict=True)}
    return f"(?:{'|'.join(re.escape(way) for way in sorted(ways, key=len, reverse=True))})"


def _each(character: str) -> tuple[str, ...]:
    """One character form-encoded, in JSON and in HTML."""
    return _percent(character), quote(character, safe=""), _json(character), html.escape(character), _percent(character)


def _ways(character: str) -> set[str]:
    number = ord(character)
    name = {"'": "apos"}.get(character) or codepoint2name.get(number)
    return {
        character,
        _percent(character),
        _json(character),
        "".join(f"\\u{unit:04x}" for unit in _units(character)),
        html.escape(character),
        *(f"&#{zeros}{number};" for zeros in ("", "0")),
        *(f"&#x{zeros}{number:x};" for zeros in ("", "0", "00")),
        *((f"&{name};",) if name else ()),
        *(("+",) if character == " " else ()),
        *(("\\/",) if character == "/" else ()),
    }


def _percent(character: str) -> str:
    return "".join(f"%{octet:02x}" for octet in character.encode("utf-8", "surrogatepass"))


def _json(character: str) -> str:
    return json.dumps(character)[1:-1]


def _units(character: str) -> Iterator[int]:
    octets = character.encode("utf-16-be", "surrogatepass")
    return (int.from_bytes(octets[first : first + 2]) for first in range(0, len(octets), 2))


def _base64(text: str) -> Iterator[str]:
    """The base64 forms of a text inside a longer one: three, by its position, without the ambiguous ends."""
    octets = text.encode("utf-8", "surrogatepass")
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + octets).decode()
        core = encoded[-(-8 * before // 6) : 8 * (before + len(octets)) // 6]
        if len(core) >= _LEAST_BASE64:
            yield core


def _in_any_alphabet(core: str) -> str:
    return "".join({"+": r"(?:\+|-|%2b)", "/": r"(?:/|_|%2f|\\/)"}.get(letter, letter) for letter in core)
