"""The commands that help to set a vendor up: `lifecycle manifest` and `lifecycle authorize`."""

import asyncio
import sys
from typing import Annotated

from cyclopts import App, Parameter

from deployments.cli_settings import command_settings

authorize_app = App(name="authorize", help="Let this project act in a vendor's system.")
manifest_app = App(name="manifest", help="Print the settings of an app for a vendor.")


@manifest_app.command(name="slack")
def manifest_slack(*, receiver: str) -> int:
    """Print the manifest of the Slack app, to paste at https://api.slack.com/apps.

    Args:
        receiver: the address at which Slack reaches the receiver, for example https://lifecycle.example.com.
    """
    from deployments.commands.slack_manifest import NotAnAddress, manifest

    try:
        sys.stdout.write(manifest(receiver))
    except NotAnAddress as problem:
        sys.exit(f"lifecycle: {problem}")
    return 0


@authorize_app.command(name="outreach")
def authorize_outreach(*, paste: Annotated[bool, Parameter(negative="")] = False) -> int:
    """Allow the app what it needs in Outreach: open an address, press Authorize, and the tokens are stored.

    Client ID, Client Secret and Redirect URI come from the block outreach-app/default. If the Redirect URI is on this
    machine (http://127.0.0.1:8765/), the command waits for the browser there; otherwise paste the address to which
    the browser was sent.

    Args:
        paste: ask for the address, also if the Redirect URI is on this machine: for a browser on another one.
    """
    command_settings()
    from deployments.commands.authorize_outreach import authorize

    return asyncio.run(authorize(paste=paste))
