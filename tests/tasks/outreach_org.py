"""An Outreach whose app is stored in Prefect, and steps that run against it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from prefect import flow

from blocks.outreach.block import OutreachApp
from tasks.core.effects import Effect
from tasks.runs.audit import audit_trail, deduplicate
from tests.sandbox.outreach_calls import ORG
from tests.support import stored_blocks
from tests.support.sandbox import SandboxProcess

ACME = "001000000000001AAA"


def app_of(sandbox: SandboxProcess, **changes: Any) -> OutreachApp:
    """The app, with the first refresh token."""
    keys = sandbox.credentials
    fields = {
        "client_id": keys.outreach_client_id,
        "client_secret": keys.outreach_client_secret,
        "redirect_uri": "https://localhost/",
        "refresh_token": keys.outreach_refresh_token,
        "base_url": f"{sandbox.url}/outreach/api/v2",
        "token_url": f"{sandbox.url}/outreach/oauth/token",
        "timeout_seconds": 2,
    }
    return OutreachApp(**fields | changes)


@asynccontextmanager
async def stored_app(sandbox: SandboxProcess) -> AsyncIterator[SandboxProcess]:
    """An org (tests/sandbox/outreach_calls.py) to which nobody has logged in; what was stored before comes back."""
    sandbox.reset("empty")
    sandbox.seed(outreach=ORG)
    async with stored_blocks.as_before(OutreachApp):
        await stored_blocks.save(app_of(sandbox))
        yield sandbox


async def run(step: Any, *args: Any, **kwargs: Any) -> Any:
    """One step in a flow run of its own."""

    @flow(persist_result=True)
    async def once() -> Any:
        return await step(*args, **kwargs)

    return await once()


async def run_recorded(step: Any, *args: Any, **kwargs: Any) -> tuple[Any, list[Effect]]:
    """One step in a flow run of its own: its result, and the lines that the audit gets."""

    @flow(persist_result=True)
    async def once() -> Any:
        async with audit_trail() as trail:
            return await step(*args, **kwargs), deduplicate(trail)

    result, lines = await once()
    return result, lines


def journal(sandbox: SandboxProcess, method: str, path: str = "") -> list[dict[str, Any]]:
    """The calls of a method, whose path contains a text."""
    return [one for one in sandbox.journal("outreach") if one["method"] == method and path in one["path"]]
