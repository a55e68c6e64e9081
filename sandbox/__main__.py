"""`python -m sandbox`: the stand-ins of every outside system on one port, and of the mail server on another."""

import argparse
import asyncio
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import get_args

from sandbox.app import create_app
from sandbox.control import Reset, World, fresh_world
from sandbox.server import serve
from sandbox.smtp import mail_server
from sandbox.state import Credentials, SandboxState


def settings(arguments: Sequence[str] | None, environ: Mapping[str, str]) -> argparse.Namespace:
    """The command line, with the environment for what it leaves out."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=int(environ.get("SANDBOX_PORT", "8700")), help="0: a free one")
    smtp_port = int(environ.get("SANDBOX_SMTP_PORT", "8725"))
    parser.add_argument("--smtp-port", type=int, default=smtp_port, help="of the mail server; 0: a free one")
    parser.add_argument("--world", choices=get_args(World), default="demo")
    parser.add_argument("--receiver", default="", help="base URL of the receiver of messages, buttons and events")
    parser.add_argument("--receiver-token", default="", help="the last segment of the messages' path")
    given = parser.parse_args(arguments)
    given.outbound_url = environ.get("SANDBOX_RECEIVER_URL")
    given.interactions_url = environ.get("SANDBOX_INTERACTIONS_URL")
    given.events_url = environ.get("SANDBOX_EVENTS_URL")
    given.dashboard_url = environ.get("SANDBOX_DASHBOARD_URL") or None
    if given.receiver:
        given.outbound_url = f"{given.receiver}/salesforce/outbound-messages/{given.receiver_token}"
        given.interactions_url = f"{given.receiver}/slack/interactions"
        given.events_url = f"{given.receiver}/slack/events"
    return given


async def run(given: argparse.Namespace) -> None:
    """Make the world and serve it."""
    known = Credentials.from_environment(os.environ)
    sandbox = SandboxState(
        known, given.outbound_url, given.interactions_url, given.events_url, dashboard_url=given.dashboard_url
    )
    application = create_app(sandbox)
    fresh_world(sandbox, Reset(world=given.world))
    async with mail_server(sandbox, given.smtp_port) as smtp:
        await serve(application, given.port, world=given.world, smtp=smtp)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(run(settings(None, os.environ)))
