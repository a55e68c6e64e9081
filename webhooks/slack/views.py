"""Showing a form to the person who asked for it, by the one call of Slack's Web API that the receiver makes.

https://docs.slack.dev/reference/methods/views.open
"""

import asyncio
import re
from typing import Any, Final

import httpx
from pydantic import BaseModel

from webhooks.slack.signing import Workspace

_CODE: Final = re.compile(r"[a-z][a-z0-9_]{1,60}")


class _Answer(BaseModel):
    ok: bool
    error: str = ""


async def open_view(
    client: httpx.AsyncClient, workspace: Workspace, trigger_id: str, view: dict[str, Any], until: float
) -> str:
    """Show the form.

    Args:
        client: follows no redirect, which would carry the token elsewhere.
        workspace: whose bot shows it.
        trigger_id: of the interaction that asked for it, within the last 3 s.
        view: the form.
        until: the event loop's time at which to give up.

    Returns:
        Why it was not shown, in words without secrets; "" when it was.
    """
    headers = {"Authorization": f"Bearer {workspace.token.get_secret_value()}"}
    try:
        async with asyncio.timeout_at(until):
            body = {"trigger_id": trigger_id, "view": view}
            answer = await client.post(f"{workspace.base_url}/views.open", json=body, headers=headers)
        said = _Answer.model_validate_json(answer.content)
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return type(error).__name__
    if said.ok:
        return ""
    return said.error if _CODE.fullmatch(said.error) else f"status {answer.status_code}"
