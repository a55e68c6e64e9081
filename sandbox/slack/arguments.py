"""The arguments of a Slack call, whether they came as JSON or as a form."""

import json
from typing import Any, Final, Self
from urllib.parse import parse_qsl

from starlette.requests import Request

from sandbox.errors import Refused

_FALSE: Final = ("", "0", "false", None, False, 0)


class Arguments:
    """What a call was given, by name."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given

    @classmethod
    async def of(cls, request: Request) -> Self:
        """Read the arguments of a request.

        Raises:
            Refused: the body is JSON that cannot be read, or not an object.
        """
        given: Any = dict(request.query_params)
        body = await request.body()
        if request.headers.get("content-type", "").startswith("application/json"):
            try:
                given = {**given, **json.loads(body or b"{}")}
            except (TypeError, ValueError, RecursionError):
                raise Refused(200, "invalid_json", "the body is not a JSON object") from None
        else:
            given |= dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        return cls(given)

    def has(self, name: str) -> bool:
        """Whether something was given under the name."""
        return self._given.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        """The text under the name."""
        value = self._given.get(name)
        return default if value is None else str(value)

    def needed(self, name: str, error: str = "invalid_arguments") -> str:
        """The text under the name, or the refusal that it is missing."""
        if not self.text(name):
            raise Refused(200, error, f"{name} is missing")
        return self.text(name)

    def flag(self, name: str) -> bool:
        """The truth under the name; a form writes it as 1 or 0."""
        value = self._given.get(name)
        return (value.lower() if isinstance(value, str) else value) not in _FALSE

    def number(self, name: str, default: int, most: int) -> int:
        """The whole number under the name, from 1 to `most`."""
        written = self.text(name, str(default))
        if not written.isdecimal() or not 1 <= int(written) <= most:
            raise Refused(200, "invalid_limit", f"{name} is a number from 1 to {most}")
        return int(written)

    def parsed(self, name: str, error: str) -> Any:
        """The list or object under the name, which a form writes as JSON; None when there is none."""
        value = self._given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except (ValueError, RecursionError):
            raise Refused(200, error, f"{name} is not JSON") from None
