"""The stand-in Outreach: its login, JSON:API reading and writing, and sequences that act."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import seeds
from sandbox.errors import Refused
from sandbox.outreach import lists
from sandbox.outreach.documents import JSON_API
from sandbox.outreach.login import Login
from sandbox.outreach.pages import ProspectPages
from sandbox.outreach.people import People
from sandbox.outreach.sequences import Sequences
from sandbox.outreach.store import KINDS, Record, Store
from sandbox.state import SandboxState

Handler = Callable[[Request], Awaitable[Response]]
Writer = Callable[[Request], Awaitable[Record]]

_AN_HOUR: Final = 10_000
"""Requests that a user may make in an hour; they are counted and told, never refused."""
_ROOT: Final = "/api/v2"


class OutreachSystem:
    """Users, mailboxes, accounts, prospects, sequences and tasks."""

    name = "outreach"

    def __init__(self, sandbox: SandboxState) -> None:
        self._sandbox = sandbox
        self._store = Store()
        self._login = Login(sandbox)
        people, sequences = People(sandbox, self._store), Sequences(sandbox, self._store)
        writers: list[tuple[str, str, str, Writer]] = [
            ("POST", "prospects", "", people.create_prospect),
            ("PATCH", "prospects", "/{number:int}", people.change_prospect),
            ("PATCH", "accounts", "/{number:int}", people.change_account),
            ("POST", "sequenceStates", "", sequences.add),
            ("POST", "sequenceStates", "/{number:int}/actions/{action}", sequences.act),
            ("POST", "tasks", "", sequences.add_task),
            ("POST", "tasks", "/{number:int}/actions/markComplete", sequences.complete),
        ]
        self.routes = [
            Route("/oauth/token", self._login.token, methods=["POST"]),
            Route("/oauth/authorize", self._login.authorize),
            *(
                Route(f"{_ROOT}/{kind}{rest}", self._writing(kind, call, 200 if rest else 201), methods=[method])
                for method, kind, rest, call in writers
            ),
            Route(f"{_ROOT}/{{kind}}", self._reading(self._listing), methods=["GET"]),
            Route(f"{_ROOT}/{{kind}}/{{number:int}}", self._reading(self._one), methods=["GET"]),
        ]
        self.pages = ProspectPages(self._store).routes
        self._asked = 0

    def reset(self) -> None:
        """Forget every record; the configured refresh token is taken again."""
        self._store.reset()
        self._login.reset()
        self._asked = 0

    def state(self) -> dict[str, Any]:
        """The records by kind, and how often somebody logged in; no tokens."""
        return {**self._store.records, "logins": self._login.count}

    def seed(self, records: dict[str, Any]) -> dict[str, Any]:
        """Add records: `{"prospects": [{"attributes", "relationships"}]}`; ids are 1, 2 … per kind.

        The kinds are added in the order of KINDS, so that a record may point to one of the same order.
        """
        seeds.check_kinds(self.name, records, KINDS)
        parts = ("attributes", "relationships")
        return {
            kind: [self._add(kind, one) for one in seeds.rows(self.name, kind, records, parts)]
            for kind in KINDS
            if kind in records
        }

    def _add(self, kind: str, sent: dict[str, Any]) -> int:
        if not isinstance(sent.get("attributes"), dict):
            raise ValueError(f"outreach.{kind}: each record has attributes")  # noqa: TRY004 - bad input, no bad call
        relations = sent.get("relationships", {})
        if not isinstance(relations, dict):
            raise ValueError(f"outreach.{kind}: relationships are an object")  # noqa: TRY004 - as above
        targets = {name: self._target(kind, name, value) for name, value in relations.items()}
        return int(self._store.add(kind, sent["attributes"], targets, self._sandbox.clock.now())["id"])

    def _target(self, kind: str, name: str, value: Any) -> Record | None:
        allowed = [KINDS[one].type for one in KINDS[kind].relations.get(name, ())]
        data = value.get("data", "") if isinstance(value, dict) else ""
        if data is None:
            return None
        if not isinstance(data, dict) or data.get("type") not in allowed or type(data.get("id")) is not int:
            raise ValueError(f"outreach.{kind}: {name} is no relationship to {' or '.join(allowed) or 'anything'}")
        return data

    def _reading(self, call: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            kind = request.path_params["kind"]
            granted = self._login.scopes_of(request)
            if kind not in KINDS:
                raise Refused(404, "resourceNotFound", f"There is no resource {kind}.")
            _check_scope(granted, f"{kind}.read")
            return self._counted(await call(request))

        return checked

    def _writing(self, kind: str, call: Writer, status: int) -> Handler:
        async def checked(request: Request) -> Response:
            _check_scope(self._login.scopes_of(request), f"{kind}.write")
            record = await call(request)
            return self._counted(JSONResponse({"data": self._shown(kind, record)}, status, media_type=JSON_API))

        return checked

    async def _listing(self, request: Request) -> Response:
        kind = request.path_params["kind"]
        told = lists.page(request, kind, self._store.records[kind], self.name)
        return JSONResponse({**told, "data": [self._shown(kind, one) for one in told["data"]]}, media_type=JSON_API)

    async def _one(self, request: Request) -> Response:
        kind = request.path_params["kind"]
        record = self._store.get(kind, request.path_params["number"])
        return JSONResponse({"data": self._shown(kind, record)}, media_type=JSON_API)

    def _shown(self, kind: str, record: Record) -> Record:
        return {**record, "links": {"self": f"/{self.name}{_ROOT}/{kind}/{record['id']}"}}

    def _counted(self, answer: Response) -> Response:
        self._asked += 1
        left = str(max(0, _AN_HOUR - self._asked))
        answer.headers.update(
            {"X-RateLimit-Limit": str(_AN_HOUR), "X-RateLimit-Remaining": left, "X-RateLimit-Reset": "3600"}
        )
        return answer


def _check_scope(granted: tuple[str, ...], needed: str) -> None:
    if needed not in granted:
        told = f"Your authorization does not include the required scope '{needed}'."
        raise Refused(403, "unauthorizedOauthScope", told)
