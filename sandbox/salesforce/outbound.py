"""The queue of outbound messages: sent in the background, repeated until acknowledged."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from sandbox.salesforce import ids
from sandbox.salesforce.messages import ACTIONS, acknowledged, envelope
from sandbox.salesforce.store import Change, Store
from sandbox.state import SandboxState

_MOST_IN_ONE: Final = 100
_TIMEOUT: Final = 10.0
_LIFETIME: Final = timedelta(hours=24)
_FIRST_DELAY: Final = 0.5
_LONGEST_DELAY: Final = 30.0
# The real queue is not immediate either; what changes within this time shares a message.
_GATHERED: Final = 0.02
_SHUFFLED: Final = 0.3
_LOOKED_AGAIN: Final = 0.25
_REMEMBERED: Final = 1_000


@dataclass
class Notification:
    """One change that is to be told; its id stays the same however often it is sent."""

    id: str
    object: str
    record_id: str
    since: datetime
    due: float
    attempts: int = 0

    def failed(self, now: float) -> None:
        """Wait longer before each further attempt."""
        self.due = now + min(_FIRST_DELAY * 2 ** (self.attempts - 1), _LONGEST_DELAY)


class Outbound:
    """Tells the receiver of changed opportunities, contracts, contacts and accounts."""

    def __init__(self, sandbox: SandboxState, store: Store) -> None:
        self._sandbox, self._store = sandbox, store
        self._following = ids.counter("04l")
        self._pending: dict[str, Notification] = {}
        self._delivered: list[dict[str, Any]] = []
        self._dropped = 0
        self._random = random.Random(sandbox.seed)  # noqa: S311 - it shuffles, it guards nothing
        self._worker: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()

    def changed(self, changes: list[Change]) -> None:
        """Queue a notification for each record that was made or altered, if messages are switched on."""
        mode = self._sandbox.behaviour.outbound_messages
        touched = {(c.object, c.after["Id"]) for c in changes if c.after and not c.after["IsDeleted"]}
        told = [one for one in dict.fromkeys((c.object, (c.after or {}).get("Id")) for c in changes) if one in touched]
        due = asyncio.get_running_loop().time() + (_SHUFFLED if mode == "shuffle" else _GATHERED)
        for object_name, record_id in told:
            if object_name in ACTIONS and mode != "off":
                made = Notification(self._following(), object_name, record_id, self._sandbox.clock.now(), due)
                self._pending[made.id] = made
        if self._pending:
            self._start()

    def stop(self) -> None:
        """Send nothing any more."""
        self._pending.clear()
        if self._worker is not None:
            self._worker.cancel()

    def state(self) -> dict[str, Any]:
        """What waits, what was delivered (the newest thousand), what was given up after a day."""
        return {
            "pending": [_told(one) for one in self._pending.values()],
            "delivered": self._delivered,
            "dropped": self._dropped,
        }

    def _start(self) -> None:
        self._woken.set()
        if self._worker is None or self._worker.done():
            self._worker = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client:
            while self._pending:
                batch = self._due()
                if batch:
                    await self._deliver(client, batch)
                else:
                    await self._wait()

    async def _wait(self) -> None:
        """Until the next one is due, a new one comes, or a changed setting may have let them go."""
        now = asyncio.get_running_loop().time()
        coming = [one.due - now for one in self._pending.values() if one.due > now]
        self._woken.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), min([*coming, _LOOKED_AGAIN]))

    def _due(self) -> list[Notification]:
        """The notifications of the next message: of one object, at most 100."""
        self._drop_old()
        behaviour, now = self._sandbox.behaviour, asyncio.get_running_loop().time()
        due = [one for one in self._pending.values() if one.due <= now]
        if not due or behaviour.outbound_url is None or behaviour.outbound_messages == "off":
            return []
        if behaviour.outbound_messages == "shuffle":
            return [self._random.choice(due)]
        return [one for one in due if one.object == due[0].object][:_MOST_IN_ONE]

    def _drop_old(self) -> None:
        oldest = self._sandbox.clock.now() - _LIFETIME
        for one in list(self._pending.values()):
            if one.since < oldest:
                del self._pending[one.id]
                self._dropped += 1

    async def _deliver(self, client: httpx.AsyncClient, batch: list[Notification]) -> None:
        if await self._sent(client, batch):
            if self._sandbox.behaviour.outbound_messages == "duplicate":
                await self._sent(client, batch)
            for one in batch:
                self._pending.pop(one.id, None)
            self._delivered = [*self._delivered, *map(_told, batch)][-_REMEMBERED:]
        else:
            for one in batch:
                one.failed(asyncio.get_running_loop().time())

    async def _sent(self, client: httpx.AsyncClient, batch: list[Notification]) -> bool:
        """Send the records as they are now; whether it was acknowledged."""
        object_name = batch[0].object
        rows = ((one.id, self._store.tables[object_name].rows[one.record_id]) for one in batch)
        body = envelope(self._sandbox.credentials.organization_id, object_name, rows)
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
        for one in batch:
            one.attempts += 1
        try:
            url = str(self._sandbox.behaviour.outbound_url)
            answer = await client.post(url, content=body.encode(), headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL):
            return False
        return answer.is_success and acknowledged(answer.content)


def _told(one: Notification) -> dict[str, Any]:
    return {"id": one.id, "object": one.object, "record_id": one.record_id, "attempts": one.attempts}
