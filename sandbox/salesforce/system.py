"""The stand-in Salesforce over HTTP."""

import json
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.salesforce import describe, schema
from sandbox.salesforce.calls import Answer, Call, said
from sandbox.salesforce.errors import SalesforceError, not_found
from sandbox.salesforce.metadata.deploy import Deployments
from sandbox.salesforce.oauth import LoginRefused, Logins
from sandbox.salesforce.org import INTEGRATION_USER_ID, Org
from sandbox.salesforce.pages.routes import RecordPages
from sandbox.salesforce.schema.model import Row
from sandbox.state import SandboxState, effect

_LONGEST_REQUEST: Final = 16_384
_SHOWN_ROWS: Final = 2_000
_METHODS: Final = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"]
_DEPLOY: Final = "/services/data/{version}/metadata/deployRequest"
_EXPIRED = SalesforceError("INVALID_SESSION_ID", "Session expired or invalid", status=401)


class SalesforceSystem:
    """Routes, state and seeds of the org. Tokens outlive a reset, as real ones would."""

    name = "salesforce"

    def __init__(self, sandbox: SandboxState) -> None:
        self._sandbox = sandbox
        self._logins = Logins(sandbox.credentials)
        self.org = Org(sandbox)
        self._deployments = Deployments(self.org)
        records = RecordPages(self)
        self.routes = [
            Route("/services/oauth2/token", self._token, methods=["POST"]),
            Route("/services/oauth2/userinfo", self._userinfo, methods=["GET", "POST"]),
            Route("/services/data", self._versions),
            Route("/services/data/", self._versions),
            Route(f"{_DEPLOY}/{{deployment}}", self._deployed),
            Route(_DEPLOY, self._deploy, methods=["POST"]),
            Route("/services/data/{version}", self._data, methods=_METHODS),
            Route("/services/data/{version}/{path:path}", self._data, methods=_METHODS),
            *records.routes,
        ]
        self.pages = records.pages

    def reset(self) -> None:
        """An org with nothing but its schema, organization, report and integration user."""
        self.org.outbound.stop()
        schema.show(schema.EVERY.values())
        self.org = Org(self._sandbox)
        self._deployments = Deployments(self.org)

    def state(self) -> dict[str, Any]:
        """Counts, the first records of each object, the outbound messages, what the demo world shows."""
        tables = self.org.store.tables
        return {
            "organization_id": self._sandbox.credentials.organization_id,
            "onboarding_report_id": next(iter(tables["Report"].rows), ""),
            "demo": self.org.shows,
            "endings": self.org.endings,
            "outbound": self.org.outbound.state(),
            "counts": {name: len(table.rows) for name, table in tables.items()},
            "records": {
                name: [_plain(row) for row, _ in zip(table.rows.values(), range(_SHOWN_ROWS), strict=False)]
                for name, table in tables.items()
            },
        }

    def seed(self, records: dict[str, Any]) -> dict[str, Any]:
        """`{"records": [{"type": "Contact", …}]}`: unchecked, nobody is told; one with an Id is altered."""
        wanted = records.get("records", [])
        if not isinstance(wanted, list) or records.keys() - {"records"}:
            raise ValueError("salesforce takes records: a list of objects, each with its type and fields")
        read = [_seedling(one) for one in wanted]
        return {"ids": [self._planted(name, values) for name, values in read]}

    def _planted(self, name: str, values: Row) -> str:
        record_id = values.pop("Id", None)
        if record_id is None:
            return self.org.plant(name, **values)
        try:
            return self.org.amend(name, record_id, **values)
        except (KeyError, SalesforceError):
            raise ValueError(f"there is no {name} {record_id}") from None

    async def _token(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        try:
            token = self._logins.token(form, request.headers.get("authorization", ""))
        except LoginRefused as no:
            return JSONResponse(no.body, no.status)
        organization = self._sandbox.credentials.organization_id
        # Clients keep scheme, host and port of this address, and drop any path.
        here = f"{request.url.scheme}://{urlsplit(str(request.url)).netloc}"
        issued = str(int(self._sandbox.clock.now().timestamp() * 1000))
        answer = {
            "access_token": token,
            "instance_url": here,
            "id": f"{here}/id/{organization}/{INTEGRATION_USER_ID}",
            "token_type": "Bearer",
            "issued_at": issued,
            "signature": "c2FuZGJveA==",
            "scope": "api",
        }
        return JSONResponse(answer)

    async def _userinfo(self, request: Request) -> Response:
        if not self._logins.valid(request.headers.get("authorization", "")):
            return Response("Bad_OAuth_Token", 403)
        user = self.org.store.tables["User"].rows[INTEGRATION_USER_ID]
        organization = self._sandbox.credentials.organization_id
        return JSONResponse(
            {
                "sub": f"https://login.salesforce.com/id/{organization}/{user['Id']}",
                "user_id": user["Id"],
                "organization_id": organization,
                "preferred_username": user["Username"],
                "name": user["Name"],
                "email": user["Email"],
                "zoneinfo": user["TimeZoneSidKey"],
            }
        )

    async def _versions(self, _request: Request) -> Response:
        return JSONResponse(describe.versions())

    async def _data(self, request: Request) -> Response:
        self.org.usage.made += 1
        try:
            call = await self._call(request)
        except SalesforceError as no:
            return self._response(said(no))
        with self.org.store.transaction() as changes:
            answer = self.org.resources.answer(call)
        if changes:
            effect(request)
        return self._response(answer)

    async def _call(self, request: Request) -> Call:
        _check_size(request)
        self._check_login(request)
        version = request.path_params["version"]
        if version not in _VERSIONS:
            raise not_found()
        return Call(
            "GET" if request.method == "HEAD" else request.method,
            request.path_params.get("path", "").strip("/"),
            version,
            dict(request.query_params),
            dict(request.headers),
            _json(await request.body()),
        )

    async def _deploy(self, request: Request) -> Response:
        try:
            self._check_login(request)
            answer = await self._deployments.start(request)
        except SalesforceError as no:
            return self._response(said(no))
        effect(request)
        return self._response(answer)

    async def _deployed(self, request: Request) -> Response:
        try:
            self._check_login(request)
            return self._response(self._deployments.status(request.path_params["deployment"]))
        except SalesforceError as no:
            return self._response(said(no))

    def _check_login(self, request: Request) -> None:
        if not self._logins.valid(request.headers.get("authorization", "")):
            raise _EXPIRED

    def _response(self, answer: Answer) -> Response:
        headers = dict(answer.headers) | self.org.usage.header
        if answer.raw is not None:
            return Response(answer.raw, answer.status, headers, "application/octet-stream")
        if answer.body is None:
            return Response(status_code=answer.status, headers=headers)
        return JSONResponse(answer.body, answer.status, headers)


_VERSIONS: Final = frozenset(f"v{one['version']}" for one in describe.versions())


def _check_size(request: Request) -> None:
    uri = len(request.scope["raw_path"]) + len(request.scope["query_string"]) + 1
    headers = sum(len(name) + len(value) + 4 for name, value in request.headers.raw)
    if uri > _LONGEST_REQUEST:
        raise SalesforceError("URI_TOO_LONG", "The URI exceeds 16,384 bytes", status=414)
    if uri + headers > _LONGEST_REQUEST:
        raise SalesforceError("HEADERS_TOO_LONG", "URI and headers exceed 16,384 bytes", status=431)


def _json(body: bytes) -> Any:
    if not body:
        return None
    try:
        read = json.loads(body)
        if b"\\u" in body:
            # Half of a surrogate pair is JSON, but no text that could be stored or answered.
            json.dumps(read, ensure_ascii=False).encode()
    except (UnicodeError, json.JSONDecodeError, RecursionError) as error:
        raise SalesforceError("JSON_PARSER_ERROR", f"The body is no JSON: {error}") from None
    return read


def _seedling(one: Any) -> tuple[str, Row]:
    known = schema.object_named(str(one.get("type"))) if isinstance(one, dict) else None
    if known is None:
        raise ValueError(f"a record needs a type the org has: {one}")
    values = {name: value for name, value in one.items() if name != "type"}
    unknown = values.keys() - known.fields.keys()
    if unknown:
        raise ValueError(f"{known.name} has no field {', '.join(sorted(unknown))}")
    return known.name, values


def _plain(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "VersionData"}
