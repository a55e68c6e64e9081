"""A whole stack on one machine: sandbox, Prefect, worker, receiver."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console

from deployments.stack.credentials import SandboxCredentials, credentials_of
from deployments.stack.private import create_private_files, make_private
from deployments.stack.processes import Processes, require_free
from deployments.stack.sandbox import Listener, sandbox_command
from deployments.stack.settings import PROJECT, StackSettings, python

NO_TLS = {"PREFECT_API_SSL_CERT_FILE": str(PROJECT / "deployments" / "no_authority.pem")}
"""A stack uses plain http for its own Prefect. Each of Prefect's clients would first read about a hundred certificate
authorities, which takes 0.05 s. This file has only one, which has signed nothing."""

FIRST_STEPS = """What to try first:
  1. On the start page, press "Close this sale" at Northwind Pediatrics, and follow its run.
  2. Close Hazelwood Nursing. Read the question in Slack, enter the phone in Salesforce: the run goes on by itself.
  3. Make the LMS fail, close another sale, switch the fault off, and press Retry in Prefect.

Ctrl-C stops everything. `lifecycle up --json` prints addresses and credentials for scripts."""
progress = Console(stderr=True, highlight=False)


@dataclass(frozen=True)
class Stack:
    """A running stack."""

    settings: StackSettings
    credentials: SandboxCredentials
    processes: Processes

    def line(self) -> str:
        """One line of JSON with every address and credential, for scripts: never for a terminal."""
        return json.dumps(
            {
                "prefect": self.settings.prefect_url,
                "sandbox": self.settings.sandbox_url,
                "smtp": self.settings.smtp_url,
                "receiver": self.settings.receiver_url,
                "credentials": self.credentials.as_printed(),
            }
        )

    def welcome(self) -> str:
        """Where to begin, for people: addresses without any credential."""
        sandbox = self.settings.sandbox_url
        links = (
            ("Start here", f"{sandbox}/", "sales to close, switches for faults, a page for every system"),
            ("Prefect", f"{self.settings.prefect_url}/v2/", "every run, step by step"),
            ("Slack", f"{sandbox}/slack/", "questions with buttons, notices"),
            ("Receiver", f"{self.settings.receiver_url}/health", "takes the messages of Salesforce and Slack"),
        )
        lines = "\n".join(f"  {name:<12}{url:<34}{text}" for name, url, text in links)
        return f"\nReady.\n\n{lines}\n\n{FIRST_STEPS}\n"


@contextmanager
def running_stack(settings: StackSettings, *, world: str = "demo", keep: bool = False) -> Iterator[Stack]:
    """Start everything, and stop it at the end.

    The sandbox keeps no data when it stops, so Prefect's runs are deleted too, unless `keep` is set.

    Raises:
        NotReady: a port is in use, or a process did not start.
    """
    for port, variable in (
        (settings.prefect_port, "PREFECT_PORT"),
        (settings.sandbox_port, "SANDBOX_PORT"),
        (settings.sandbox_smtp_port, "SANDBOX_SMTP_PORT"),
        (settings.receiver_port, "RECEIVER_PORT"),
    ):
        require_free(port, variable)
    create_private_files()
    make_private(settings.folder)
    if not keep:
        shutil.rmtree(settings.folder / "prefect", ignore_errors=True)
    credentials = credentials_of(settings.folder)
    environment = settings.prefect_environment() | settings.client_environment | NO_TLS
    os.environ.update(environment)
    processes = Processes(settings.folder / "logs", environment)
    settings.ports_file.write_text("".join(f"{name}={value}\n" for name, value in settings.ports.items()))
    try:
        _start(processes, settings, credentials, world)
        yield Stack(settings, credentials, processes)
    finally:
        processes.stop()
        settings.ports_file.unlink(missing_ok=True)


def _start(processes: Processes, settings: StackSettings, credentials: SandboxCredentials, world: str) -> None:
    progress.print(f"Starting sandbox ({settings.sandbox_url}) and Prefect ({settings.prefect_url}) …")
    receiver = Listener(settings.receiver_url, credentials.receiver_token, settings.prefect_url)
    processes.start("sandbox", sandbox_command(settings, world), **receiver.for_sandbox(), **credentials.for_sandbox())
    server = ["prefect", "server", "start"] if settings.has_postgres else ["deployments.server"]
    processes.start("prefect", [python(), "-m", *server])
    processes.wait_until("sandbox", f"{settings.sandbox_url}/_control/health")
    processes.wait_until("prefect", f"{settings.prefect_url}/api/health")
    progress.print("Bootstrapping work pool, blocks, automations and deployments …")
    bootstrap = [python(), "-m", "deployments.cli", "bootstrap", "--sandbox"]
    processes.run("bootstrap", bootstrap, **settings.own_environment())
    progress.print(f"Starting worker and receiver ({settings.receiver_url}) …")
    # The pool limits the number of runs at once. With its own --limit the worker would fail when a run is retried
    # before the worker has cleaned up the run's last process.
    address = {"LIFECYCLE_RECEIVER_URL": settings.receiver_url}  # for the scheduled check
    processes.start("worker", [python(), "-m", "deployments.worker"], **address)
    processes.start(
        "receiver",
        [python(), "-m", "webhooks", "--port", str(settings.receiver_port)],
        **credentials.for_receiver(),
    )
    processes.wait_until("receiver", f"{settings.receiver_url}/ready")
