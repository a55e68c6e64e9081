"""A deployment on several machines, as processes of this one: what each part is started with, killed and restarted."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from pydantic import SecretStr

from benchmarks.postgres import NOT_INSTALLED, Postgres, programs, running_postgres
from deployments.stack.credentials import SandboxCredentials, credentials_of
from deployments.stack.private import create_private_files, make_private
from deployments.stack.processes import NotReady, Processes
from deployments.stack.sandbox import Listener, sandbox_command
from deployments.stack.settings import StackSettings, python
from deployments.stack.stack import NO_TLS, progress
from deployments.stack.topology import Topology
from tests.scale.balancer import Backend, balancer_command, write_configuration
from tests.scale.redis import redis_command
from tests.support.ports import free_ports

PREFECT, RECEIVERS = "prefect", "receivers"
"""The balancer's two addresses."""


@dataclass(frozen=True)
class Size:
    """How many there are of each part."""

    servers: int = 2
    workers: int = 3
    receivers: int = 2


@dataclass(frozen=True)
class Part:
    """What one process is started with."""

    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    ready_at: str = ""


class Cluster(Processes):
    """The running parts, by name: `api-1`, `services`, `worker-1`, `receiver-1`, `redis`, `balancer`, `sandbox` …"""

    def __init__(self, logs: Path, environment: dict[str, str], settings: StackSettings, topology: Topology) -> None:
        super().__init__(logs, environment)
        self.settings, self.topology, self.folder = settings, topology, settings.folder
        self.credentials: SandboxCredentials = credentials_of(settings.folder)
        self.parts: dict[str, Part] = {}
        self.postgres_pid = 0

    @property
    def roots(self) -> dict[str, int]:
        """The first process of each part."""
        return {**self.ids(), "postgres": self.postgres_pid}

    def add(self, name: str, *command: str, ready_at: str = "", **environment: str) -> None:
        """Start a part; it is ready once `ready_at` answers."""
        self.parts[name] = Part(command, environment, ready_at)
        self.restart(name)

    def restart(self, name: str) -> None:
        """Start a part, as its supervisor does; `wait` waits until it is ready."""
        self.start(name, self.parts[name].command, **self.parts[name].environment)

    def wait(self, *names: str) -> None:
        """Wait until the parts are ready."""
        for name in names:
            self.wait_until(name, self.parts[name].ready_at)

    def kill(self, name: str) -> list[str]:
        """End a part and all that it started at once, as the loss of its machine does.

        Returns:
            The ids of the flow runs that ran in it.
        """
        root = next(process for other, process in self._running if other == name)
        members = [psutil.Process(root.pid), *psutil.Process(root.pid).children(recursive=True)]
        runs = {run for process in members if (run := _flow_run(process))}
        for process in members:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        root.wait()
        self._forget(name)
        return sorted(runs)

    def host_of(self, run_id: str) -> str:
        """The worker in which a flow run runs now; "" for none."""
        for name, process in self._running:
            if name.startswith("worker-"):
                children = psutil.Process(process.pid).children(recursive=True)
                if any(_flow_run(child) == run_id for child in children):
                    return name
        return ""

    def end(self, name: str) -> None:
        """Stop a part, as its supervisor does."""
        root = next(process for other, process in self._running if other == name)
        root.send_signal(signal.SIGTERM)
        root.wait()
        self._forget(name)

    def _forget(self, name: str) -> None:
        self._running = [(other, process) for other, process in self._running if other != name]


def _flow_run(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return str(process.environ().get("PREFECT__FLOW_RUN_ID", ""))
    return ""


@contextmanager
def running_cluster(folder: Path, size: Size) -> Iterator[Cluster]:
    """Start every part in a new folder, on free ports; stop all at the end.

    Raises:
        NotReady: a program is missing, or a part did not start.
    """
    require_programs()
    postgres_programs = programs()
    assert postgres_programs
    folder.chmod(0o711)  # Postgres' own user must reach its folder
    with running_postgres(folder / "postgres", postgres_programs) as postgres:
        create_private_files()
        settings = _settings(folder / "shared", postgres)
        topology = Topology(f"{settings.prefect_url}/api", postgres.url, _redis_url())
        make_private(settings.folder)
        environment = settings.prefect_environment() | settings.client_environment | NO_TLS
        environment |= topology.client_environment(folder / "command")
        environment |= {"LIFECYCLE_WORKBOOKS": str(settings.folder), "LIFECYCLE_RESULTS": str(folder / "results")}
        del environment["PREFECT_SERVER_DATABASE_CONNECTION_URL"]  # only servers know it
        os.environ.update(environment)
        cluster = Cluster(folder / "logs", environment, settings, topology)
        cluster.postgres_pid = postgres.pid
        try:
            _start(cluster, folder, size)
            yield cluster
        finally:
            cluster.stop()


def require_programs() -> None:
    """Check that every program is there.

    Raises:
        NotReady: one is not; the message says what to install.
    """
    if programs() is None:
        raise NotReady(NOT_INSTALLED)
    for program in ("redis-server", "haproxy"):
        if not find(program):
            raise NotReady(f"no {program} here: apt-get install {program}")


def find(program: str) -> str | None:
    """The path of a program; Debian has some in folders that only root searches."""
    return shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")


def _settings(folder: Path, postgres: Postgres) -> StackSettings:
    names = ("prefect_port", "sandbox_port", "sandbox_smtp_port", "receiver_port")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    return StackSettings().model_copy(update={**ports, "home": folder, "database_url": postgres.url})


def _start(cluster: Cluster, folder: Path, size: Size) -> None:
    settings, topology = cluster.settings, cluster.topology
    progress.print("Starting Redis, sandbox and the balancer; migrating Prefect's database …")
    cluster.add("redis", *redis_command(topology.redis_url, folder / "redis"))
    _start_sandbox(cluster)
    servers = topology.server_environment()
    cluster.run("migrations", [python(), "-m", "prefect", "server", "database", "upgrade", "-y"], **servers)
    progress.print(f"Starting {size.servers} API servers and the background services …")
    api, receivers = _backends("api", size.servers), _backends("receiver", size.receivers)
    _start_balancer(cluster, folder, api, receivers)
    for server in api:
        own = {"PREFECT_HOME": str(folder / server.name), **servers}
        command = ("-m", "prefect", "server", "start", "--no-services", "--port", str(server.port))
        cluster.add(server.name, python(), *command, ready_at=f"{server.url}/api/ready", **own)
    services = {"PREFECT_HOME": str(folder / "services"), "PREFECT_LOGGING_SERVER_LEVEL": "INFO", **servers}
    cluster.add("services", python(), "-m", "prefect", "server", "services", "start", **services)
    cluster.wait(*(server.name for server in api))
    progress.print("Bootstrapping …")
    cluster.run(
        "bootstrap", [python(), "-m", "deployments.cli", "bootstrap", "--sandbox"], **settings.own_environment()
    )
    progress.print(f"Starting {size.workers} workers and {size.receivers} receivers …")
    for number in range(1, size.workers + 1):
        name = f"worker-{number}"
        home = topology.client_environment(folder / name)
        cluster.add(name, python(), "-m", "deployments.worker", "--name", name, **home)
    for receiver in receivers:
        own = topology.receiver_environment(folder / receiver.name) | cluster.credentials.for_receiver()
        command = ("-m", "webhooks", "--port", str(receiver.port))
        cluster.add(receiver.name, python(), *command, ready_at=f"{receiver.url}/ready", **own)
    cluster.wait(*(receiver.name for receiver in receivers))


def _redis_url() -> SecretStr:
    (port,) = free_ports(1)
    return SecretStr(f"redis://127.0.0.1:{port}/0")


def _backends(kind: str, count: int) -> list[Backend]:
    return [Backend(f"{kind}-{number}", port) for number, port in enumerate(free_ports(count), 1)]


def _start_balancer(cluster: Cluster, folder: Path, api: list[Backend], receivers: list[Backend]) -> None:
    file, settings = folder / "haproxy.cfg", cluster.settings
    write_configuration(file, {settings.prefect_port: api, settings.receiver_port: receivers})
    cluster.add("balancer", *balancer_command(find("haproxy") or "haproxy", file))


def _start_sandbox(cluster: Cluster) -> None:
    settings, known = cluster.settings, cluster.credentials
    listener = Listener(settings.receiver_url, known.receiver_token, settings.prefect_url)
    health, own = f"{settings.sandbox_url}/_control/health", listener.for_sandbox() | known.for_sandbox()
    cluster.add("sandbox", *sandbox_command(settings, "demo"), ready_at=health, **own)
    cluster.wait("sandbox")
