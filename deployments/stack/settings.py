"""The settings of a stack: ports, folder, database. With other settings, several stacks run side by side."""

import os
import sys
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parents[2]
Port = Annotated[int, Field(ge=1, le=65535)]

RECORDED_TOGETHER = {
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
}
"""Prefect's server stores the states of steps once a second instead of one transaction for each state (ADR-7). The
interval must be a whole number: Prefect rounds a fraction down to 0, and the server's loop would never rest."""
NO_EVENT_FEED = {"PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "false"}
"""Events are not stored for the dashboard's event feed, which would be a fifth of the server's work. They still start
runs and automations."""
RETENTION = {
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(400 * 24 * 60 * 60),
}
"""Runs are deleted 400 days after their end. A deleted run's idempotency key is free again, so this must be longer than
the 90 days of the Onboarding Report."""
SQLITE_SERVICES = {
    "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_FOREMAN_ENABLED": "false",
}
"""What a small machine does without on SQLite (ADR-5): runs marked late, and the state of the work pool."""


RUNS_FOR_A_CORE = 4
MOST_RUNS_ON_SQLITE = 8
"""Figures in docs/benchmarks.md. With more, runs wait for each other, or for SQLite's write lock."""


class StackSettings(BaseSettings):
    """The settings of one stack.

    Attributes:
        home: the folder of everything that the stack keeps.
        database_url: Prefect's database; empty for SQLite in `home`, else `postgresql+asyncpg://…`. The server's own
            variable is also read.
        results: a folder for kept results that every worker reaches; `bootstrap` saves the storage block for it
            (`deployments/stack/topology.py`). None if each result stays on its worker's machine.
        concurrency: the number of flow runs at once; 0 chooses by the database (SQLite allows few writers).
        csrf_protection: whether Prefect asks for CSRF tokens; the server's own variable is read.
        prefect_auth: `user:password` if Prefect asks for credentials; the server's own variable is also read.
    """

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore")

    prefect_port: Port = 4200
    sandbox_port: Port = 8700
    sandbox_smtp_port: Port = 8725
    receiver_port: Port = 8710
    home: Path = Field(Path(".lifecycle"), validation_alias="LIFECYCLE_HOME")
    database_url: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("LIFECYCLE_DATABASE_URL", "PREFECT_SERVER_DATABASE_CONNECTION_URL"),
    )
    results: Path | None = Field(None, validation_alias="LIFECYCLE_RESULTS")
    concurrency: int = Field(0, ge=0, validation_alias="LIFECYCLE_CONCURRENCY")
    csrf_protection: bool = Field(False, validation_alias="PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED")  # noqa: FBT003
    prefect_auth: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING"),
    )

    @property
    def folder(self) -> Path:
        """`home` as an absolute path; a relative one is inside the project's folder."""
        return self.home if self.home.is_absolute() else PROJECT / self.home

    @property
    def ports_file(self) -> Path:
        """The file in which a running stack keeps its ports, for the commands that know only its folder."""
        return self.folder / "ports.env"

    @property
    def ports(self) -> dict[str, str]:
        """The ports as environment variables."""
        return {
            "PREFECT_PORT": str(self.prefect_port),
            "SANDBOX_PORT": str(self.sandbox_port),
            "SANDBOX_SMTP_PORT": str(self.sandbox_smtp_port),
            "RECEIVER_PORT": str(self.receiver_port),
        }

    @property
    def prefect_url(self) -> str:
        """The dashboard's address."""
        return f"http://127.0.0.1:{self.prefect_port}"

    @property
    def sandbox_url(self) -> str:
        """The sandbox's address."""
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def smtp_url(self) -> str:
        """The address of the sandbox's mail server."""
        return f"smtp://127.0.0.1:{self.sandbox_smtp_port}"

    @property
    def receiver_url(self) -> str:
        """The receiver's address."""
        return f"http://127.0.0.1:{self.receiver_port}"

    @property
    def client_environment(self) -> dict[str, str]:
        """Prefect's variables for the clients of a server that this process starts: each run saves several calls."""
        return {
            "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",  # it is of the same version
            "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": str(self.csrf_protection).lower(),
        }

    @property
    def has_postgres(self) -> bool:
        """Whether Prefect keeps its runs in Postgres rather than in SQLite."""
        return self.database_url.get_secret_value().startswith("postgresql")

    @property
    def runs_at_once(self) -> int:
        """The number of flow runs at once: a warm run waits for others most of its time, so a core has several."""
        by_cores = RUNS_FOR_A_CORE * (os.cpu_count() or 1)
        return self.concurrency or (by_cores if self.has_postgres else min(by_cores, MOST_RUNS_ON_SQLITE))

    def own_environment(self) -> dict[str, str]:
        """These settings as environment variables for another process."""
        return {
            **self.ports,
            "LIFECYCLE_HOME": str(self.folder),
            "LIFECYCLE_DATABASE_URL": self.database_url.get_secret_value(),
            "LIFECYCLE_CONCURRENCY": str(self.concurrency),
        }

    def prefect_environment(self) -> dict[str, str]:
        """Prefect's environment variables for every process of the stack."""
        home = self.folder / "prefect"
        environment = {
            "PREFECT_HOME": str(home),
            "PREFECT_API_URL": f"{self.prefect_url}/api",
            "PREFECT_UI_URL": self.prefect_url,
            "PREFECT_SERVER_UI_API_URL": f"{self.prefect_url}/api",
            "PREFECT_SERVER_API_HOST": "127.0.0.1",
            "PREFECT_SERVER_API_PORT": str(self.prefect_port),
            "PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(home / "storage"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
            "DO_NOT_TRACK": "1",
            # Events start runs at once. The polls find runs that are due later, and runs whose event was lost.
            "PREFECT_WORKER_QUERY_SECONDS": "2",
            "PREFECT_WORKER_PREFETCH_SECONDS": "0",  # a run that is taken early holds a place until it is due
            # Prefect's default lets a run that waits for a lock pause for up to half a minute.
            "PREFECT_SERVER_CONCURRENCY_MAXIMUM_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
            "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
            **RECORDED_TOGETHER,
            **NO_EVENT_FEED,
            **RETENTION,
            "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
            "NO_PROXY": "127.0.0.1,localhost",
        }
        if not self.has_postgres:
            environment |= SQLITE_SERVICES
        if auth := self.prefect_auth.get_secret_value():
            environment["PREFECT_API_AUTH_STRING"] = auth
        if url := self.database_url.get_secret_value():
            environment["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = url
        return environment


def running_settings() -> StackSettings:
    """The settings for the commands that talk to a running stack: ports that are not set are those of its folder."""
    settings = StackSettings()
    return StackSettings(_env_file=settings.ports_file)


def no_stack(url: str, variable: str) -> str:
    """What to do if nothing answers at an address of the stack; `variable` sets its port."""
    return (
        f"No stack answers at {url}. Start one with `make up`, or set {variable} or LIFECYCLE_HOME to those of the "
        "running stack."
    )


def python() -> str:
    """The interpreter of the project's own environment, for every process of the stack."""
    return sys.executable
