"""The receiver's login to Prefect: basic auth and a CSRF token, if the server requires them.

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
    """Adds the credentials to every request.

    It fetches a CSRF token when the server refuses a request without a valid one. Each token has its own client id, so
    that a new token does not invalidate the token of a concurrent request.
    """

    requires_response_body = True

    def __init__(self, api_url: str, auth: SecretStr | None) -> None:
        self._token_url = f"{api_url.rstrip('/')}{CSRF}"
        self._basic = httpx.BasicAuth(*_user_and_password(auth)) if auth else None
        self._csrf: dict[str, str] = {}

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request, and again with a new token if the server refused the token."""
        response = yield self._with_credentials(request)
        if response.status_code == httpx.codes.FORBIDDEN and "CSRF" in response.text:
            client = str(uuid.uuid4())
            answer = yield self._with_credentials(httpx.Request("GET", self._token_url, params={"client": client}))
            if token := _token_in(answer):
                self._csrf = {"Prefect-Csrf-Token": token, "Prefect-Csrf-Client": client}
                yield self._with_credentials(request)

    def _with_credentials(self, request: httpx.Request) -> httpx.Request:
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
