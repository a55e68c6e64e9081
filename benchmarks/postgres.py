"""A Postgres server of one's own, for a measurement or a test."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from benchmarks.ports import free_ports
from deployments.stack.processes import NotReady

NOT_INSTALLED = "no PostgreSQL here: apt-get install postgresql"
_DEBIAN = Path("/usr/lib/postgresql")
_USER = "prefect"


@dataclass(frozen=True)
class Postgres:
    """A running server: the address of an empty database, for Prefect, and the id of its first process."""

    url: SecretStr
    pid: int


def programs() -> Path | None:
    """The folder of Postgres' programs, on Debian of the newest version; None if Postgres is not installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return versions[-1].parent if versions else None


@contextmanager
def running_postgres(folder: Path, installed: Path) -> Iterator[Postgres]:
    """Create a database in a new folder, run its server on a free port, and stop it at the end.

    The settings are Postgres' own, so each commit waits for the disk (fsync). Postgres refuses to run as root; its user
    is then `postgres`, who must be able to reach the folder.

    Args:
        folder: a folder that does not exist.
        installed: the folder of Postgres' programs.

    Raises:
        NotReady: a program failed; the message names the log.
    """
    password, (port,) = secrets.token_hex(16), free_ports(1)
    _create_folder(folder, password)
    options = [f"--username={_USER}", "--pwfile=password", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
    _run(folder, installed / "initdb", *options)
    settings = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories=''"
    _run(folder, installed / "pg_ctl", "start", "--wait", "--options", settings)
    try:
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        yield Postgres(SecretStr(f"postgresql+asyncpg://{_USER}:{password}@127.0.0.1:{port}/postgres"), pid)
    finally:
        _run(folder, installed / "pg_ctl", "stop", "--wait", "--mode", "fast")


def _create_folder(folder: Path, password: str) -> None:
    folder.mkdir(mode=0o700)
    file = folder / "password"
    file.write_text(password)
    if user := _other_user():
        for path in (file, folder):
            shutil.chown(path, user, user)


def _run(folder: Path, program: Path, *options: str) -> None:
    user = _other_user()
    with (folder / "postgres.log").open("ab") as log:
        done = subprocess.run(  # noqa: S603 - Postgres' own programs
            [str(program), "-D", "data", *options],
            cwd=folder,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise NotReady(f"PostgreSQL: {program.name} failed: see {log.name}")


def _other_user() -> str | None:
    return "postgres" if os.geteuid() == 0 else None
