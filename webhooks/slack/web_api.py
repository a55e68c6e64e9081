"""Calls to Slack's Web API with the bot's token.

https://docs.slack.dev/apis/web-api/
"""

import re
from typing import Any, Final, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from webhooks.slack.signing import Workspace

Response = TypeVar("Response", bound=BaseModel)

_ERROR_CODE: Final = re.compile(r"[a-z][a-z0-9_]{1,60}")


class SlackCallError(Exception):
    """Raised when a call did not succeed.

    Attributes:
        reason: Slack's error code, or else the kind of failure; it holds no secret.
    """

    def __init__(self, method: str, reason: str) -> None:
        super().__init__(f"{method}: {reason}")
        self.reason = reason


class Result(BaseModel):
    """The part that every response of the Web API has."""

    ok: bool
    error: str = ""


class SlackWebApi:
    """Slack's Web API for one delivery.

    Args:
        client: must not follow redirects, which would carry the token elsewhere.
        workspace: holds the bot's token and the address of the API.
    """

    def __init__(self, client: httpx.AsyncClient, workspace: Workspace) -> None:
        self._client, self._workspace = client, workspace

    async def call(self, response: type[Response], method: str, **body: Any) -> Response:
        """Call a method once.

        Args:
            response: the expected fields of a successful response.
            method: such as `files.info`.
            body: `data=` for a form or `json=` for JSON, as the method takes it.

        Raises:
            SlackCallError: Slack refused the call or did not answer, or the response lacks an expected field.
        """
        headers = {"Authorization": f"Bearer {self._workspace.token.get_secret_value()}"}
        try:
            answer = await self._client.post(f"{self._workspace.base_url}/{method}", headers=headers, **body)
            result = Result.model_validate_json(answer.content)
            if result.ok:
                return response.model_validate_json(answer.content)
        except (httpx.HTTPError, httpx.InvalidURL, ValidationError) as error:
            raise SlackCallError(method, type(error).__name__) from None
        is_code = _ERROR_CODE.fullmatch(result.error)
        raise SlackCallError(method, result.error if is_code else f"status {answer.status_code}")
