"""JSON:API calls to Outreach: lists with all their pages, writes, and a token that is replaced when refused."""

import json
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from pydantic import SecretStr

from blocks.common.calls import vendor_call
from blocks.common.errors import UnexpectedResponse
from blocks.common.http import from_network
from blocks.common.masking import no_secrets
from blocks.common.responses import M, parsed_json, read
from blocks.outreach.errors import refusal
from blocks.outreach.responses import SYSTEM, Page, R

JSON_API = "application/vnd.api+json"
_PAGE, _PAGES = 100, 100
_IDS_PER_CALL = 50
"""Ids in one filter."""

Login = Callable[[SecretStr | None], Awaitable[SecretStr]]
"""Gives a valid access token. Called with the token that Outreach refused, or with None at first."""


class OutreachCalls:
    """The calls themselves, from one event loop.

    Args:
        http: with the base URL; it may be shared.
        login: gives the access token.
    """

    def __init__(self, http: httpx.AsyncClient, login: Login) -> None:
        self._http, self._login = http, login
        self._token: SecretStr | None = None

    async def by_ids(
        self,
        model: type[R],
        path: str,
        filter_name: str,
        ids: Collection[int] | Collection[str],
        **also: str,
    ) -> list[R]:
        """The records of a list that belong to these ids, asked for in as few calls as possible."""
        records = []
        for chunk in _chunks(list(dict.fromkeys(ids))):
            records += await self.list_all(model, path, {**also, filter_name: joined(chunk)})
        return records

    async def list_all(self, model: type[R], path: str, params: Mapping[str, str]) -> list[R]:
        """The records of all pages. Only the parameters of the next page's address are used, never its host."""
        query, records = {**params, "page[size]": str(_PAGE)}, []
        for _ in range(_PAGES):
            page = self._read(Page, path, await self.call(path, "GET", path, params=query))
            records += [self._read(model, path, record) for record in page.data]
            if page.links.next is None:
                return records
            query = dict(parse_qsl(urlsplit(page.links.next).query, keep_blank_values=True))
        raise UnexpectedResponse(SYSTEM, f"{path}: the list has more than {_PAGES} pages")

    async def get(self, model: type[R], call: str, path: str) -> R:
        """One record."""
        return self._read(model, call, _data(await self.call(call, "GET", path)))

    async def send(self, model: type[R], call: str, method: str, path: str, data: Mapping[str, Any]) -> R:
        """Write one record; the record as it is then."""
        return self._read(model, call, _data(await self.call(call, method, path, content=_body(data))))

    async def call(self, call: str, method: str, path: str, **request: Any) -> Any:
        """Make one call: its parsed body, None where there is none. A token that is refused is replaced once."""
        if self._token is None:
            self._token = await self._login(None)
        with vendor_call(SYSTEM, call):
            response = await self._request(call, method, path, self._token, request)
            if response.status_code == httpx.codes.UNAUTHORIZED:
                self._token = await self._login(self._token)
                response = await self._request(call, method, path, self._token, request)
            with no_secrets(self._token):
                if not response.is_success:
                    raise refusal(call, response, writes=method != "GET", secrets=(self._token,))
                return parsed_json(SYSTEM, call, response.content) if response.content else None

    def _read(self, model: type[M], call: str, value: Any) -> M:
        with no_secrets(self._token):
            return read(model, SYSTEM, call, value)

    async def _request(
        self, call: str, method: str, path: str, token: SecretStr, request: Mapping[str, Any]
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token.get_secret_value()}", "Content-Type": JSON_API}
        with no_secrets(token):
            try:
                return await self._http.request(method, path, headers=headers, **request)
            except httpx.HTTPError as error:
                raise from_network(SYSTEM, call, error, writes=method != "GET") from None


def _body(data: Mapping[str, Any]) -> bytes:
    return json.dumps({"data": data}).encode()


def _data(body: Any) -> Any:
    return body.get("data") if isinstance(body, dict) else None


def joined(values: Collection[int] | Collection[str]) -> str:
    """Several values as a filter takes them."""
    return ",".join(map(str, values))


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for first in range(0, len(values), _IDS_PER_CALL):
        yield values[first : first + _IDS_PER_CALL]
