"""The stand-in Outreach: its login with rotating refresh tokens, and reading."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import seeds
from sandbox.errors import Refused
from sandbox.house import House, effect

_JSON_API: Final = "application/vnd.api+json"
_LIVES_SECONDS: Final = 7200
_PAGE: Final = 50
_KINDS: Final = {"prospects": "prospect", "accounts": "account", "sequences": "sequence", "users": "user"}


class OutreachSystem:
    """Prospects, accounts, sequences and users, read by JSON:API."""

    name = "outreach"

    def __init__(self, house: House) -> None:
        self._house = house
        self.routes = [
            Route("/oauth/token", self.token, methods=["POST"]),
            Route("/api/v2/{kind}", self.listing, methods=["GET"]),
            Route("/api/v2/{kind}/{number:int}", self.one, methods=["GET"]),
        ]
        self.reset()

    def reset(self) -> None:
        """Forget everything; the first refresh token is the configured one."""
        self._records: dict[str, list[dict[str, Any]]] = {kind: [] for kind in _KINDS}
        self._refresh_token = self._house.credentials.outreach_refresh_token
        self._access_token = ""
        self._logins = 0

    def state(self) -> dict[str, Any]:
        """The records by kind; no tokens."""
        return {**self._records}

    def seed(self, records: dict[str, Any]) -> dict[str, Any]:
        """Add records: `{"prospects": [{"attributes", "relationships"}]}`; ids are 1, 2 … per kind."""
        seeds.check_kinds(self.name, records, _KINDS)
        return {kind: [self._add(kind, one) for one in seeds.rows(self.name, kind, records)] for kind in records}

    def _add(self, kind: str, record: dict[str, Any]) -> int:
        if not isinstance(record.get("attributes"), dict):
            raise ValueError(f"outreach.{kind}: each record has attributes")  # noqa: TRY004 - bad input, no bad call
        number = len(self._records[kind]) + 1
        made = {"type": _KINDS[kind], "id": number, "attributes": record["attributes"]}
        self._records[kind].append({**made, "relationships": record.get("relationships", {})})
        return number

    async def token(self, request: Request) -> Response:
        """Exchange the refresh token, which is used up by that, for an access token and the next one."""
        form = await request.form()
        keys = self._house.credentials
        if (form.get("client_id"), form.get("client_secret")) != (
            keys.outreach_client_id,
            keys.outreach_client_secret,
        ):
            return _no_token(401, "invalid_client", "Client authentication failed.")
        if form.get("grant_type") != "refresh_token":
            return _no_token(400, "unsupported_grant_type", "Only refresh_token is known here.")
        if form.get("refresh_token") != self._refresh_token:
            return _no_token(400, "invalid_grant", "The refresh token is invalid, expired or used.")
        self._logins += 1
        self._access_token = f"outreach-access-{self._logins}"
        self._refresh_token = f"{keys.outreach_refresh_token}-{self._logins}"
        effect(request)
        return JSONResponse(
            {
                "access_token": self._access_token,
                "token_type": "Bearer",
                "expires_in": _LIVES_SECONDS,
                "refresh_token": self._refresh_token,
                "scope": " ".join(f"{kind}.read" for kind in _KINDS),
                "created_at": int(self._house.clock.now().timestamp()),
            }
        )

    async def listing(self, request: Request) -> Response:
        """Answer a page of one kind, filtered by attributes: `filter[emails]=a@b.c`."""
        found = self._kind(request)
        for name, wanted in request.query_params.items():
            if name.startswith("filter["):
                attribute = name.removeprefix("filter[").removesuffix("]")
                found = [record for record in found if _has(record, attribute, wanted)]
        size = request.query_params.get("page[size]", str(_PAGE))
        if not size.isdecimal() or not int(size):
            raise Refused(422, "validationError", "page[size] is a positive number.")
        after = request.query_params.get("page[after]", "0")
        later = [record for record in found if record["id"] > int(after if after.isdecimal() else 0)]
        shown = later[: int(size)]
        links = {}
        if len(later) > len(shown):
            here = request.url.replace(path=f"/{self.name}{request.url.path}")
            links["next"] = str(here.include_query_params(**{"page[after]": shown[-1]["id"]}))
        answer = {"data": shown, "links": links, "meta": {"count": len(found)}}
        return JSONResponse(answer, media_type=_JSON_API)

    async def one(self, request: Request) -> Response:
        """Answer one record."""
        number = request.path_params["number"]
        for record in self._kind(request):
            if record["id"] == number:
                return JSONResponse({"data": record}, media_type=_JSON_API)
        raise Refused(404, "resourceNotFound", f"There is no {request.path_params['kind']} {number}.")

    def _kind(self, request: Request) -> list[dict[str, Any]]:
        bearer = request.headers.get("authorization", "")
        if not self._access_token or bearer != f"Bearer {self._access_token}":
            raise Refused(401, "unauthorized", "The access token is missing, expired or revoked.")
        kind = request.path_params["kind"]
        if kind not in self._records:
            raise Refused(404, "resourceNotFound", f"There is no resource {kind}.")
        return self._records[kind]


def _no_token(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error": code, "error_description": message}, status)


def _has(record: dict[str, Any], attribute: str, wanted: str) -> bool:
    value = record["id"] if attribute == "id" else record["attributes"].get(attribute)
    return wanted in value if isinstance(value, list) else str(value) == wanted
