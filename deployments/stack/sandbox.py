"""How the sandbox is started: as a part of a stack, or beside an installation."""

import os
from dataclasses import dataclass
from typing import NoReturn

from deployments.stack.credentials import credentials_of
from deployments.stack.settings import PROJECT, StackSettings, python


@dataclass(frozen=True)
class Listener:
    """Who hears of the sandbox's changes.

    Attributes:
        receiver_url: the receiver's address.
        token: the last part of its address for outbound messages (`RECEIVER_TOKEN`).
        dashboard_url: the address of Prefect's dashboard, for the sandbox's links.
    """

    receiver_url: str
    token: str
    dashboard_url: str

    def for_sandbox(self) -> dict[str, str]:
        """The environment of the sandbox's process."""
        return {
            "SANDBOX_RECEIVER_URL": f"{self.receiver_url}/salesforce/outbound-messages/{self.token}",
            "SANDBOX_INTERACTIONS_URL": f"{self.receiver_url}/slack/interactions",
            "SANDBOX_EVENTS_URL": f"{self.receiver_url}/slack/events",
            "SANDBOX_DASHBOARD_URL": self.dashboard_url,
        }


def sandbox_command(settings: StackSettings, world: str) -> list[str]:
    """The command of the sandbox's process."""
    ports = ["--port", str(settings.sandbox_port), "--smtp-port", str(settings.sandbox_smtp_port)]
    return [python(), "-m", "sandbox", *ports, "--world", world]


def become_sandbox(settings: StackSettings, receiver_url: str, dashboard_url: str, world: str) -> NoReturn:
    """Replace this process by a sandbox with the credentials in the stack's folder."""
    credentials = credentials_of(settings.folder)
    listener = Listener(receiver_url, os.environ.get("RECEIVER_TOKEN") or credentials.receiver_token, dashboard_url)
    os.chdir(PROJECT)
    command = sandbox_command(settings, world)
    environment = os.environ | listener.for_sandbox() | credentials.for_sandbox()
    os.execve(command[0], command, environment)  # noqa: S606 - our own command
