"""Whether a text shows a secret, in whatever way it is written; made of decoders, which know nothing of our masks."""

import base64
import binascii
import html
import json
import re
import traceback
from contextlib import suppress
from urllib.parse import unquote, unquote_plus

_RUNS = re.compile(r"[A-Za-z0-9+/_-]{6,}={0,2}")
_ESCAPES = re.compile(r"""\\(u[0-9a-fA-F]{4}|["\\/bfnrt])""")


def shows(text: str, secret: str, depth: int = 3) -> bool:
    """Whether the secret is in the text, or in what some of the usual decoders make of it."""
    if secret in text:
        return True
    if depth == 0:
        return False
    return any(shows(other, secret, depth - 1) for other in set(_decoded(text)) if other != text)


def _decoded(text: str) -> list[str]:
    unescaped = _ESCAPES.sub(lambda found: json.loads(f'"{found[0]}"'), text)
    paired = unescaped.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return [unquote(text), unquote_plus(text), html.unescape(text), paired, *_from_base64(text)]


def _from_base64(text: str) -> list[str]:
    found = []
    for run in _RUNS.findall(text):
        for start in range(4):
            plain = run[start:].rstrip("=").translate(str.maketrans("-_", "+/"))
            whole = plain[: len(plain) - (len(plain) % 4 == 1)]
            with suppress(binascii.Error, ValueError):
                found.append(base64.b64decode(whole + "=" * (-len(whole) % 4)).decode("utf-8", "ignore"))
    return found


def everything_of(error: BaseException) -> str:
    """All that anybody may print of an error, and of the errors that it leads to, hidden ones included."""
    texts, ahead, seen = [], [error], set()
    while ahead:
        one = ahead.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        texts += [str(one), repr(one), repr(vars(one)), *traceback.format_exception(one)]
        ahead += [other for other in (one.__cause__, one.__context__) if other is not None]
    return "\n".join(texts)
