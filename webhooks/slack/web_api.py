"""What the receiver asks Slack's Web API, with the bot's token: files.info, conversations.info, users.info."""

import re
from typing import Final, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from webhooks.slack.signing import Workspace

Told = TypeVar("Told", bound=BaseModel)

_CODE: Final = re.compile(r"[a-z][a-z0-9_]{1,60}")


class NotToldError(Exception):
    """Raised when Slack did not answer what was asked; says why, in words without secrets."""


class _Answer(BaseModel):
    ok: bool
    error: str = ""


class SlackWebApi:
    """Slack's Web API, as one delivery asks it.

    Args:
        client: follows no redirect, which would carry the token elsewhere.
        workspace: whose bot asks.
    """

    def __init__(self, client: httpx.AsyncClient, workspace: Workspace) -> None:
        self._client, self._workspace = client, workspace

    async def ask(self, kind: type[Told], method: str, **arguments: str) -> Told:
        """The answer to a call that reads.

        Raises:
            NotToldError: Slack said no, by its code, or nothing that can be understood.
        """
        headers = {"Authorization": f"Bearer {self._workspace.token.get_secret_value()}"}
        try:
            answer = await self._client.post(f"{self._workspace.base_url}/{method}", data=arguments, headers=headers)
            said = _Answer.model_validate_json(answer.content)
            if said.ok:
                return kind.model_validate_json(answer.content)
        except (httpx.HTTPError, httpx.InvalidURL, ValidationError) as error:
            raise NotToldError(f"{method}: {type(error).__name__}") from None
        raise NotToldError(said.error if _CODE.fullmatch(said.error) else f"{method}: status {answer.status_code}")
