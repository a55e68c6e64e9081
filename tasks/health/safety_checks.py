"""Check, from outside the server, who can read the secrets that Prefect keeps."""

import os
import sqlite3
from contextlib import closing
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL
from sqlalchemy.engine import make_url

from blocks.common.health_check import Check

_ONLY_HERE = "Only this machine reaches the server now: do it before others can"
OTHERS = 0o077
"""The rights of the group and of others on a file."""
ENCRYPTION_KEY = "PREFECT_SERVER_ENCRYPTION_KEY"
AUTH = (
    "Set PREFECT_SERVER_API_AUTH_STRING=<user>:<long password> for the server, and PREFECT_API_AUTH_STRING to the same "
    "for worker, receiver and this shell; then start them again"
)
CSRF = "Set PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED=true for the server, and start it again"
KEY = (
    f"Set {ENCRYPTION_KEY} for the server. Blocks that are there need `lifecycle new-key` first "
    "(docs/operations.md, Secrets)"
)

KEY_UNKNOWN = (
    f"Only an environment with the server's variables shows whether {ENCRYPTION_KEY} is set, and this is none. "
    "Run `lifecycle check` there (docs/operations.md, Secrets)"
)


async def safety_checks(client: PrefectClient, folder: Path) -> list[Check]:
    """Check access to the secrets: over the network, in the database, in the files of `folder`.

    What only this machine can reach is a warning, not an error.
    """
    url = str(client.api_url)
    exposed = not is_loopback(urlsplit(url).hostname) or not is_loopback(await _listens_on(client))
    return [
        transport_check(url),
        credentials_check(url, answers=await _answers_anybody(url), exposed=exposed),
        csrf_check(on=await _has_csrf(client), exposed=exposed),
        key_check(in_environment=ENCRYPTION_KEY in os.environ, in_database=key_in_database(), exposed=exposed),
        files_check(folder),
    ]


def is_loopback(host: str | None) -> bool:
    """Whether only this machine can reach a host name or address."""
    if host in (None, "", "localhost"):
        return host == "localhost"
    try:
        return ip_address(str(host)).is_loopback
    except ValueError:
        return False


def transport_check(url: str) -> Check:
    """Check that the connection to Prefect is encrypted or stays on this machine."""
    parts = urlsplit(url)
    safe = parts.scheme == "https" or is_loopback(parts.hostname)
    advice = f"{url} is not encrypted: put the server behind TLS, and set PREFECT_API_URL to its https address"
    return Check("transport", ok=safe, message="encrypted, or on this machine only" if safe else advice)


def credentials_check(url: str, *, answers: bool, exposed: bool) -> Check:
    """Check that the server asks for credentials before it shows a block."""
    if not answers:
        return Check("credentials", ok=True, message="the server asks for them")
    return _finding(
        "credentials", f"Anyone who reaches {url} can read every secret of every block. {AUTH}", exposed=exposed
    )


def csrf_check(*, on: bool, exposed: bool) -> Check:
    """Check that another web page cannot act in a person's dashboard."""
    if on:
        return Check("CSRF protection", ok=True, message="on")
    problem = "Off: another web page in a dashboard user's browser can start and change runs."
    return _finding("CSRF protection", f"{problem} {CSRF}", exposed=exposed)


def key_check(*, in_environment: bool, in_database: bool | None, exposed: bool) -> Check:
    """Check that a copy of the database is not enough to read the secrets.

    Args:
        in_environment: this shell has the key.
        in_database: the server keeps its own key there; None if the database cannot be read from here. Then nobody
            here can know, so it is a warning.
        exposed: other machines can reach the server.
    """
    if in_environment or in_database is False:
        return Check("encryption key", ok=True, message="not in the database")
    if in_database is None:
        return Check("encryption key", ok=False, message=KEY_UNKNOWN, only_warns=True)
    where = "It is in the database, beside the encrypted values."
    return _finding("encryption key", f"{where} {KEY}", exposed=exposed)


def key_in_database() -> bool | None:
    """Whether the key is in the database that the settings name; None if that is not a file on this machine."""
    url = make_url(str(PREFECT_API_DATABASE_CONNECTION_URL.value()))
    file = Path(str(url.database))
    if url.get_backend_name() != "sqlite" or not file.is_file():
        return None
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as database:
        return bool(database.execute("SELECT 1 FROM configuration WHERE key = 'ENCRYPTION_KEY'").fetchall())


def files_check(folder: Path) -> Check:
    """Check that other users of this machine cannot read a folder of Prefect's data, results and credentials."""
    if not folder.exists() or not folder.stat().st_mode & OTHERS:
        return Check("files", ok=True, message="only this user can read them")
    return Check("files", ok=False, message=f"Other users can read {folder}. Run `chmod -R go= {folder}`")


def _finding(name: str, message: str, *, exposed: bool) -> Check:
    here = "" if exposed else f". {_ONLY_HERE}"
    return Check(name, ok=False, message=f"{message}{here}", only_warns=not exposed)


async def _listens_on(client: PrefectClient) -> str:
    """The address on which the server listens, by its own settings."""
    settings = (await client._client.get("/admin/settings")).json()  # noqa: SLF001 - there is no method for it
    return str(settings["server"]["api"]["host"])


async def _answers_anybody(url: str) -> bool:
    """Whether the server shows blocks to a client without credentials."""
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        answer = await client.get(f"{url.rstrip('/')}/block_types/slug/lifecycle-policy/block_documents")
    return answer.status_code not in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)


async def _has_csrf(client: PrefectClient) -> bool:
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        answer = await http.get(
            f"{str(client.api_url).rstrip('/')}/csrf-token",
            params={"client": "lifecycle-check"},
            headers=dict(client._client.headers),  # noqa: SLF001 - the credentials, from any source
        )
    return answer.is_success
