"""Everything that `lifecycle check` and the scheduled check look at."""

import asyncio
from collections.abc import Awaitable, Iterable
from pathlib import Path

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.settings import PREFECT_API_URL

from blocks.common.health_check import Check
from rules.health.findings import Finding, Severity
from tasks.health.connection_checks import CONNECTIONS, connection_checks, stored_policy
from tasks.health.migration_checks import UPGRADE, migration_checks
from tasks.health.prefect_checks import prefect_checks
from tasks.health.public_address import public_address_check
from tasks.health.receiver_checks import receiver_checks
from tasks.health.safety_checks import safety_checks
from tasks.health.server_checks import server_checks
from tasks.health.services_checks import services_checks
from tasks.health.storage_checks import storage_checks
from tasks.health.worker_checks import worker_checks


async def look_everywhere(folder: Path) -> list[Finding]:
    """Test Prefect, access to secrets, storage, topology, receiver, policy and every connection.

    If Prefect does not answer, nothing else can be tested: then there is one error.

    Args:
        folder: of Prefect's data.
    """
    try:
        async with get_client() as client:
            found = [
                *findings("Prefect", await _answered(prefect_checks(client))),
                *findings("Security", await _answered(safety_checks(client, folder))),
                *findings("Storage", await _answered(storage_checks(client))),
                *findings("Topology", await _answered(_topology(client))),
            ]
    except (OSError, httpx.HTTPError) as error:
        return findings("Prefect", [Check("server", ok=False, message=unreachable(error))])
    policy, checks = await stored_policy()
    connections = await asyncio.gather(*(connection_checks(kind, policy) for kind in CONNECTIONS.values()))
    found += findings("Receiver", [*await receiver_checks(), await public_address_check()])
    found += findings("Policy", checks)
    for system, checks in zip(CONNECTIONS, connections, strict=True):
        found += findings(system, checks)
    return found


async def _topology(client: PrefectClient) -> list[Check]:
    """Check what several servers, databases and workers share."""
    return [
        *await server_checks(client),
        *await services_checks(client),
        *await migration_checks(),
        *await worker_checks(client),
    ]


async def _answered(checks: Awaitable[list[Check]]) -> list[Check]:
    """The checks; an answer of Prefect that is none of ours is one of them, so that the others are still made.

    Raises:
        HTTPStatusError: Prefect refuses the credentials.
    """
    try:
        return await checks
    except httpx.HTTPStatusError as error:
        if error.response.status_code == httpx.codes.UNAUTHORIZED:
            raise
        call = f"{error.request.method} {error.request.url.path}"
        cause = f"is the server of version 3.9, and its database upgraded ({UPGRADE})?"
        advice = f"Run `lifecycle bootstrap`. If that does not help: {cause} Look at its log"
        return [Check("answers", ok=False, message=f"{call}: HTTP {error.response.status_code}. {advice}")]


def findings(area: str, checks: Iterable[Check]) -> list[Finding]:
    """The results of checks, as findings in an area."""
    return [Finding(area, check.name, _severity(check), check.message, check.kind) for check in checks]


def unreachable(error: OSError | httpx.HTTPError) -> str:
    """Why Prefect does not answer, and what to do."""
    url = PREFECT_API_URL.value()
    if isinstance(error, httpx.HTTPStatusError) and error.response.status_code == httpx.codes.UNAUTHORIZED:
        return f"Prefect at {url} refuses the credentials: set PREFECT_API_AUTH_STRING to the value of its server."
    return (
        f"Prefect does not answer at {url} ({type(error).__name__}). Set PREFECT_API_URL to the API of its server. For "
        "a stack of `make up`, set LIFECYCLE_HOME or PREFECT_PORT instead."
    )


def _severity(check: Check) -> Severity:
    if check.ok:
        return Severity.FINE
    return Severity.WARNING if check.only_warns else Severity.ERROR
