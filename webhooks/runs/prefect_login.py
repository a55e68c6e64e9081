"""How the receiver logs in to Prefect: by basic auth and a CSRF token, where the server wants them.

https://docs.prefect.io/v3/advanced/security-settings
"""

import uuid
from collections.abc import Generator
from typing import Final

import httpx
from pydantic import BaseModel, SecretStr, ValidationError

CSRF: Final = "/csrf-token"


class _Token(BaseModel):
    token: str


class PrefectLogin(httpx.Auth):
    """Signs every request to Prefect.

    A CSRF token is fetched when the server first refuses a request for want of one, and again when it has expired. Each
    token has a client id of its own, so that a new token ends none that a concurrent request carries.
    """

    requires_response_body = True

    def __init__(self, api_url: str, auth: SecretStr | None) -> None:
        self._token_url = f"{api_url.rstrip('/')}{CSRF}"
        self._basic = httpx.BasicAuth(*_user_and_password(auth)) if auth else None
        self._csrf: dict[str, str] = {}

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request, and once more with a new token where the server refused the old one."""
        response = yield self._signed(request)
        if response.status_code == httpx.codes.FORBIDDEN and "CSRF" in response.text:
            client = str(uuid.uuid4())
            answer = yield self._signed(httpx.Request("GET", self._token_url, params={"client": client}))
            if token := _token_in(answer):
                self._csrf = {"Prefect-Csrf-Token": token, "Prefect-Csrf-Client": client}
                yield self._signed(request)

    def _signed(self, request: httpx.Request) -> httpx.Request:
        request.headers.update(self._csrf)
        return next(self._basic.auth_flow(request)) if self._basic else request


def _user_and_password(auth: SecretStr) -> tuple[str, str]:
    user, _, password = auth.get_secret_value().partition(":")
    return user, password


def _token_in(answer: httpx.Response) -> str:
    try:
        return _Token.model_validate_json(answer.content).token if answer.is_success else ""
    except ValidationError:
        return ""
