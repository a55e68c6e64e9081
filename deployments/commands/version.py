"""The versions of this project, its code, Python, Prefect, its server, the vendors' clients and the policy's form."""

import platform
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import version

import httpx
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL

from blocks.policy.block import Policy
from deployments.stack.settings import PROJECT
from tasks.health.code_checksum import code_checksum

PACKAGE = "customer-lifecycle"
CLIENTS = {
    "Salesforce": "simple-salesforce",
    "LMS, Outreach": "httpx",
    "Recurly": "recurly",
    "Slack": "slack-sdk",
    "workbooks": "openpyxl",
}
"""The packages through which the blocks reach each system; mail is Python's own."""
SHORT = 12
"""Characters of a checksum."""


async def versions() -> str:
    """One line for each version; a server that does not answer is named as such."""
    rows = [*_installed(), ("Policy's form", _policy_form()), ("Prefect's server", await _server())]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {found}" for name, found in rows)


def _installed() -> Iterator[tuple[str, str]]:
    yield PACKAGE, " ".join(filter(None, (version(PACKAGE), _commit())))
    yield "Code and packages", code_checksum()
    yield "Python", platform.python_version()
    yield "Prefect", version("prefect")
    for system, package in CLIENTS.items():
        yield system, f"{package} {version(package)}"


def _commit() -> str:
    """`(commit 0123456, changed since)`; "" where the code is no clone."""
    commit = _git("rev-parse", "--short", "HEAD")
    changed = ", changed since" if commit and _git("status", "--porcelain", "--untracked-files=no") else ""
    return f"(commit {commit}{changed})" if commit else ""


def _git(*arguments: str) -> str:
    program = shutil.which("git")
    if program is None or not (PROJECT / ".git").exists():
        return ""
    done = subprocess.run([program, "-C", PROJECT, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() if done.returncode == 0 else ""


def _policy_form() -> str:
    """The checksum of the form, by which Prefect tells one version of it from another."""
    checksum = str(Policy._calculate_schema_checksum())  # noqa: SLF001 - Prefect has no other way
    return checksum.partition(":")[2][:SHORT]


async def _server() -> str:
    url = PREFECT_API_URL.value()
    try:
        async with get_client() as client:
            return f"{await client.api_version()} at {url}"
    except httpx.HTTPStatusError as error:
        return f"refuses at {url}: HTTP {error.response.status_code}"
    except (httpx.HTTPError, OSError, RuntimeError) as error:
        return f"does not answer at {url} ({type(error).__name__})"
