"""The control calls: a fresh world, faults, the date, habits, and what the stand-ins know."""

import json
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import scenarios
from sandbox.faults import Fault
from sandbox.scenarios.moving_accounts import BOOK
from sandbox.state import Behaviour, SandboxState, System

World = Literal["demo", "empty", "bare", "generated"]
Handler = Callable[[Request], Awaitable[Response]]
_Model = TypeVar("_Model", bound=BaseModel)


class BadOrderError(Exception):
    """Raised when a control call cannot be followed; the message says why."""


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Reset(_Order):
    """Which world to make, and from what.

    Attributes:
        skip_ids: so many ids of each of Salesforce's objects are left out, so that no record has the id of one of an
            earlier world: Prefect knows the runs of those.
    """

    world: World = "demo"
    seed: int = 7
    accounts: int = Field(default=1000, ge=0, le=1_000_000)
    moving: int = Field(default=len(BOOK), ge=0, le=2000)
    drift_every: int = Field(default=0, ge=0)
    skip_ids: int = Field(default=0, ge=0, le=1_000_000_000)


class _Day(_Order):
    today: date


class _Latencies(_Order):
    salesforce: float = Field(default=0, ge=0, le=60)
    lms: float = Field(default=0, ge=0, le=60)
    recurly: float = Field(default=0, ge=0, le=60)
    slack: float = Field(default=0, ge=0, le=60)
    outreach: float = Field(default=0, ge=0, le=60)
    mail: float = Field(default=0, ge=0, le=60)


def fresh_world(sandbox: SandboxState, order: Reset) -> dict[str, Any]:
    """Forget everything and make a new world."""
    sandbox.reset(order.seed)
    sandbox.skipped_ids = order.skip_ids
    scenarios.build(sandbox, order.world, order.seed, order.accounts, order.moving, drift_every=order.drift_every)
    return order.model_dump()


class Control:
    """The control calls of one sandbox."""

    def __init__(self, sandbox: SandboxState) -> None:
        self._sandbox = sandbox
        calls: Final[list[tuple[str, str, Handler]]] = [
            ("GET", "health", self.health),
            ("POST", "reset", self.reset),
            ("GET", "journal", self.journal),
            ("GET", "faults", self.faults),
            ("POST", "faults", self.order_fault),
            ("DELETE", "faults", self.clear_faults),
            ("POST", "latency", self.latency),
            ("POST", "clock", self.clock),
            ("POST", "behaviour", self.behaviour),
            ("POST", "seed", self.seed),
            ("GET", "state", self.state),
        ]
        self.routes = [Route(f"/_control/{name}", _refusing(call), methods=[method]) for method, name, call in calls]

    async def health(self, _request: Request) -> Response:
        """Say that the stand-ins are ready."""
        return JSONResponse({"status": "ready", "today": self._sandbox.clock.today().isoformat()})

    async def reset(self, request: Request) -> Response:
        """Make a fresh world."""
        return JSONResponse(fresh_world(self._sandbox, await _order(request, Reset)))

    async def journal(self, request: Request) -> Response:
        """Answer the requests received after `since`, of one system or of all."""
        since = request.query_params.get("since") or "0"
        if not since.isdecimal():
            raise BadOrderError("since is the number of a journal entry")
        name = request.query_params.get("system", "")
        if name:
            self._system(name)
        journal = self._sandbox.journal
        return JSONResponse({"entries": journal.since(int(since), name), "last": journal.last})

    async def faults(self, _request: Request) -> Response:
        """Answer the faults that still stand."""
        return JSONResponse({"faults": self._sandbox.faults.left()})

    async def order_fault(self, request: Request) -> Response:
        """Let coming requests meet a fault."""
        self._sandbox.faults.order(await _order(request, Fault))
        return await self.faults(request)

    async def clear_faults(self, request: Request) -> Response:
        """Withdraw every fault."""
        self._sandbox.faults.clear()
        return await self.faults(request)

    async def latency(self, request: Request) -> Response:
        """Set the seconds that are added to the answers of the named systems."""
        given = await _order(request, _Latencies)
        self._sandbox.latencies.update(given.model_dump(exclude_unset=True))
        return JSONResponse(self._sandbox.latencies)

    async def clock(self, request: Request) -> Response:
        """Set the stand-ins' date."""
        day = await _order(request, _Day)
        self._sandbox.clock.set(day.today)
        return JSONResponse({"today": day.today.isoformat()})

    async def behaviour(self, request: Request) -> Response:
        """Change the named habits; the others stay."""
        given = await _order(request, Behaviour)
        self._sandbox.behaviour = self._sandbox.behaviour.model_copy(update=given.model_dump(exclude_unset=True))
        return JSONResponse(self._sandbox.behaviour.model_dump())

    async def seed(self, request: Request) -> Response:
        """Put records there that no vendor call makes; answer their ids."""
        records = _json_object(await request.body())
        systems = {name: self._system(name) for name in records}
        for name, part in records.items():
            if not isinstance(part, dict):
                raise BadOrderError(f"{name}: an object of lists of records is expected")
        try:
            return JSONResponse({name: system.seed(records[name]) for name, system in systems.items()})
        except ValueError as error:
            raise BadOrderError(str(error)) from error

    async def state(self, request: Request) -> Response:
        """Answer the state of one system, or of all by name."""
        name = request.query_params.get("system", "")
        if name:
            return JSONResponse(self._system(name).state())
        return JSONResponse({name: system.state() for name, system in self._sandbox.systems.items()})

    def _system(self, name: str) -> System:
        try:
            return self._sandbox.systems[name]
        except KeyError:
            raise BadOrderError(f"no system {name!r}; there are {', '.join(self._sandbox.systems)}") from None


def _refusing(call: Handler) -> Handler:
    """The call, with what it cannot follow answered as 400 and the reason."""

    async def answer(request: Request) -> Response:
        try:
            return await call(request)
        except BadOrderError as error:
            return JSONResponse({"error": str(error)}, 400)

    return answer


async def _order(request: Request, model: type[_Model]) -> _Model:
    try:
        return model.model_validate_json(await request.body() or b"{}")
    except ValidationError as error:
        told = [f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}" for one in error.errors()]
        raise BadOrderError("; ".join(told)) from None


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        raise BadOrderError("the body is not JSON") from None
    if not isinstance(parsed, dict):
        raise BadOrderError("the body is not a JSON object")
    return parsed
