"""A client of Prefect that remembers deployments and flows for a moment, because the worker reads them for each run."""

import copy
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from prefect.client.orchestration import PrefectClient

T = TypeVar("T")
SECONDS = 1.0
"""How old a remembered deployment or flow may be: a change takes effect as soon as people expect."""


class RememberedReads:
    """The client of a worker, which reads no deployment and no flow twice in a second; all else is the client's own."""

    def __init__(self, client: PrefectClient) -> None:
        self._client = client
        self._known: dict[UUID, tuple[float, Any]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def read_deployment(self, deployment_id: UUID) -> Any:
        """See Prefect's own."""
        return await self._remembered(deployment_id, self._client.read_deployment)

    async def read_flow(self, flow_id: UUID) -> Any:
        """See Prefect's own."""
        return await self._remembered(flow_id, self._client.read_flow)

    async def _remembered(self, key: UUID, read: Callable[[UUID], Awaitable[T]]) -> T:
        at, known = self._known.get(key, (-math.inf, None))
        if time.monotonic() - at > SECONDS:
            at, known = time.monotonic(), await read(key)
            self._known[key] = at, known
        # The worker changes what it has read.
        result: T = copy.deepcopy(known)
        return result
