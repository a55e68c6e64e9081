"""How we speak JSON:API to Outreach: lists with all their pages, writes, and a token that is replaced when refused."""

import json
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import httpx
from pydantic import SecretStr

from blocks.common.errors import UnexpectedResponse
from blocks.common.http import from_network
from blocks.common.masking import no_secrets
from blocks.outreach import responses as answers
from blocks.outreach.errors import refusal
from blocks.outreach.responses import SYSTEM

JSON_API = "application/vnd.api+json"
_UNAUTHORIZED = 401
_PAGE, _PAGES = 100, 100
_AT_ONCE = 50
"""Ids that one list is filtered by."""

Login = Callable[[SecretStr | None], Awaitable[SecretStr]]
"""Gives an access token that is in force; one that was refused is given in, so that another one comes out."""
R = TypeVar("R")


class OutreachCalls:
    """The calls themselves, from one event loop.

    Args:
        http: with the base URL; it may be shared.
        login: where the access token comes from.
    """

    def __init__(self, http: httpx.AsyncClient, login: Login) -> None:
        self._http, self._login = http, login
        self._token: SecretStr | None = None

    async def by_ids(
        self,
        path: str,
        filter_name: str,
        ids: Collection[int] | Collection[str],
        parse: Callable[[str, Any], R],
        also: Mapping[str, str] | None = None,
    ) -> list[R]:
        """The records of a list that belong to these ids, asked for in as few calls as possible."""
        found = []
        for chunk in _chunks(list(dict.fromkeys(ids))):
            found += await self.list_all(path, {**(also or {}), filter_name: joined(chunk)}, parse)
        return found

    async def list_all(self, path: str, params: Mapping[str, str], parse: Callable[[str, Any], R]) -> list[R]:
        """The records of all pages. The next page's address is taken for its parameters only: nothing follows it."""
        asked, found = {**params, "page[size]": str(_PAGE)}, []
        for _ in range(_PAGES):
            body = await self.call(path, "GET", path, params=asked)
            found += [parse(path, one) for one in answers.rows(path, body)]
            address = answers.following(path, body)
            if address is None:
                return found
            asked = dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
        raise UnexpectedResponse(SYSTEM, f"{path}: more than {_PAGES} pages")

    async def send(self, what: str, method: str, path: str, data: Mapping[str, Any]) -> Any:
        """Write one record; the record as it is then."""
        return answers.row(await self.call(what, method, path, content=json.dumps({"data": data}).encode()))

    async def call(self, what: str, method: str, path: str, **request: Any) -> Any:
        """Make one call: its parsed body, None where there is none. A token that is refused is replaced once."""
        if self._token is None:
            self._token = await self._login(None)
        response = await self._request(what, method, path, self._token, request)
        if response.status_code == _UNAUTHORIZED:
            self._token = await self._login(self._token)
            response = await self._request(what, method, path, self._token, request)
        with no_secrets(self._token):
            if not response.is_success:
                raise refusal(what, response, writes=method != "GET", secrets=(self._token,))
            return answers.parsed(what, response.content) if response.content else None

    async def _request(
        self, what: str, method: str, path: str, token: SecretStr, request: Mapping[str, Any]
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token.get_secret_value()}", "Content-Type": JSON_API}
        with no_secrets(token):
            try:
                return await self._http.request(method, path, headers=headers, **request)
            except httpx.HTTPError as error:
                raise from_network(SYSTEM, what, error, writes=method != "GET") from None


def joined(values: Collection[int] | Collection[str]) -> str:
    """Values as a filter takes several."""
    return ",".join(map(str, values))


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for first in range(0, len(values), _AT_ONCE):
        yield values[first : first + _AT_ONCE]
