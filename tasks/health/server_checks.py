"""Check that several of Prefect's servers work as one.

Prefect names no server in its answers. So the checks come over several new connections, which a balancer gives to
different servers, and look at what they know of each other.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx
from prefect.client.orchestration import PrefectClient

from blocks.common.health_check import Check
from tasks.health.clocks import ALLOWED, date_offset, utc_now
from tasks.health.worker_checks import TIME_SERVICE

SERVERS: Final = "LIFECYCLE_PREFECT_SERVERS"
"""The variable with the API address of each server, separated by commas, where a balancer hides some of them."""
CONNECTIONS: Final = 6
"""New connections to each address."""
READINGS: Final = 3
"""Readings of a clock that seems wrong."""
SHORTEST_LEASE: Final = 60
"""Seconds; Prefect gives no shorter one."""
NO_LOCK: Final = "lifecycle-check"
"""A lease may be of a limit that does not exist: then no run waits for it."""
_LEASE: Final = {"names": [NO_LOCK], "slots": 1, "lease_duration": SHORTEST_LEASE}
_ANEW: Final = {"Connection": "close"}
LEASES: Final = "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE"
_REDIS: Final = {
    LEASES: "prefect_redis.lease_storage",
    "PREFECT_SERVER_EVENTS_MESSAGING_BROKER": "prefect_redis.messaging",
    "PREFECT_SERVER_EVENTS_MESSAGING_CACHE": "prefect_redis.messaging",
    "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING": "prefect_redis.ordering",
    "PREFECT_SERVER_DOCKET_URL": "redis://…",
}
"""What several servers share, and the value for it."""


@dataclass(frozen=True)
class Server:
    """One answer of a server over a connection of its own.

    Attributes:
        url: the address that was called.
        version: of Prefect.
        alone: the variables of what it keeps in its own memory.
        ahead: by how many seconds its clock is ahead of ours, at least.
        knows_lease: whether it knows a lease that another connection was given.
    """

    url: str
    version: str
    alone: tuple[str, ...]
    ahead: float
    knows_lease: bool


async def server_checks(client: PrefectClient, clock: Callable[[], datetime] = utc_now) -> list[Check]:
    """Check the servers at the client's address and at those of `LIFECYCLE_PREFECT_SERVERS`."""
    urls = addresses(str(client.api_url))
    http = client._client  # noqa: SLF001 - Prefect's methods keep their connection
    lease = str(
        (await http.post(f"{urls[0]}/v2/concurrency_limits/increment-with-lease", json=_LEASE)).json()["lease_id"]
    )
    try:
        # One after the other: Prefect's client gives up when several of its calls fetch a CSRF token at once.
        servers = [await _look(http, url, lease, clock) for url in urls for _ in range(CONNECTIONS)]
    finally:
        await http.post(f"{urls[0]}/v2/concurrency_limits/decrement-with-lease", json={"lease_id": lease})
    return [
        lease_check(servers),
        shared_state_check(servers),
        version_check(servers),
        clock_check(servers),
    ]


def addresses(url: str) -> list[str]:
    """The addresses of the servers' APIs, `url` first."""
    others = os.environ.get(SERVERS, "").split(",")
    return list(dict.fromkeys(one.strip().rstrip("/") for one in (url, *others) if one.strip()))


def several(servers: Sequence[Server]) -> bool:
    """Whether there is certainly more than one server."""
    return (
        len({server.url for server in servers}) > 1
        or len({(server.version, server.alone) for server in servers}) > 1
        or not all(server.knows_lease for server in servers)
    )


def lease_check(servers: Sequence[Server]) -> Check:
    """Check that the lock of a run is known to every server (CSM-7)."""
    if all(server.knows_lease for server in servers):
        return Check("leases", ok=True, message="known to every server")
    problem = "A server does not know the locks that another one gave, so a lock is lost, or never free again"
    return Check("leases", ok=False, message=f"{problem}. Set {LEASES}={_REDIS[LEASES]} for every server")


def shared_state_check(servers: Sequence[Server]) -> Check:
    """Check that several servers keep nothing in their own memory that the others need.

    With one server everything may be in its memory. Some of it elsewhere shows that several are meant.
    """
    name = "shared state"
    alone = sorted({variable for server in servers for variable in server.alone}, key=list(_REDIS).index)
    sure = several(servers)
    if not alone or (len(alone) == len(_REDIS) and not sure):
        return Check(name, ok=True, message="one server" if alone else "events, leases and services are shared")
    advice = ", ".join(f"{variable}={_REDIS[variable]}" for variable in alone)
    problem = "Several servers answer, and some" if sure else "Some"
    message = (
        f"{problem} keep in their own memory what all of them need: set {advice} for servers and background services. "
        "Until then automations miss events, and only one process may run background services"
    )
    return Check(name, ok=False, message=message, only_warns=not sure)


def version_check(servers: Sequence[Server]) -> Check:
    """Check that every server has the same version of Prefect."""
    versions = sorted({server.version for server in servers})
    if len(versions) == 1:
        return Check("server versions", ok=True, message=versions[0])
    message = f"Servers differ: {', '.join(versions)}. Update the older ones (docs/operations.md, Updating)"
    return Check("server versions", ok=False, message=message, only_warns=True)


def clock_check(servers: Sequence[Server]) -> Check:
    """Check that the servers' clocks agree with the one of the machine that checks."""
    wrong = max((server for server in servers), key=lambda server: abs(server.ahead))
    if abs(wrong.ahead) <= ALLOWED.total_seconds():
        return Check("server clocks", ok=True, message=f"within {ALLOWED.seconds} s of this machine")
    order = "ahead of" if wrong.ahead > 0 else "behind"
    message = (
        f"The clock of {wrong.url} is at least {abs(wrong.ahead):.0f} s {order} that of this machine. {TIME_SERVICE}"
    )
    return Check("server clocks", ok=False, message=message, only_warns=True)


async def _look(http: httpx.AsyncClient, url: str, lease: str, clock: Callable[[], datetime]) -> Server:
    """Look at the server that a new connection leads to; each call may lead to another one, which does no harm."""
    settings = (await http.get(f"{url}/admin/settings", headers=_ANEW)).json()
    version, ahead = await _version_and_clock(http, url, clock)
    return Server(url, version, alone(settings), ahead, await _knows(http, url, lease))


async def _version_and_clock(http: httpx.AsyncClient, url: str, clock: Callable[[], datetime]) -> tuple[str, float]:
    """The server's version, and by how many seconds its clock is ahead of ours, at least.

    A busy server sends the time of an earlier second: a clock that seems wrong is read again.
    """
    offsets = []
    for reading in range(READINGS):
        await asyncio.sleep(min(reading, 1))
        sent = clock()
        answer = await http.get(f"{url}/admin/version", headers=_ANEW)
        offsets.append(date_offset(answer.headers, sent, clock()))
        if abs(offsets[-1]) <= ALLOWED.total_seconds():
            break
    return str(answer.json()), min(offsets, key=abs)


def alone(settings: dict[str, Any]) -> tuple[str, ...]:
    """The variables of what a server with these settings keeps in its own memory."""
    server = settings["server"]
    values = (
        server["concurrency"]["lease_storage"],
        server["events"]["messaging_broker"],
        server["events"]["messaging_cache"],
        server["events"]["causal_ordering"],
        server["docket"]["url"],
    )
    return tuple(
        variable for variable, value in zip(_REDIS, values, strict=True) if "memory" in str(value).split("?")[0]
    )


async def _knows(http: httpx.AsyncClient, url: str, lease: str) -> bool:
    path = f"{url}/v2/concurrency_limits/leases/{lease}/renew"
    try:
        await http.post(path, json={"lease_duration": SHORTEST_LEASE}, headers=_ANEW)
    except httpx.HTTPStatusError as error:
        if error.response.status_code != httpx.codes.GONE:
            raise
        return False
    return True
