"""The stand-in Recurly: accounts, their subscriptions, the site."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import seeds
from sandbox.errors import Refused
from sandbox.recurly import lists, objects
from sandbox.recurly.messages import answer, check_code, given, invalid, key, list_answer
from sandbox.recurly.pages import AccountPages
from sandbox.state import LATE, SOON, RecurlyScenario, SandboxState, effect

_ACCEPT: Final = "application/vnd.recurly.v2021-02-25"
_LIVE: Final = ("active", "canceled", "future", "in_trial")
_SUBSCRIBER: Final = ("active", "canceled", "future")
_STATES: Final = ("active", "canceled", "expired", "failed", "future", "paused")
_SEEDED: Final = (*objects.ACCOUNT_FIELDS, "state", "has_past_due_invoice")
_SUBSCRIBED: Final = (
    "account_code",
    "plan_code",
    "plan_name",
    "state",
    "quantity",
    "unit_amount",
    "currency",
    "current_period_ends_at",
    "auto_renew",
    "expires_at",
)

Handler = Callable[[Request], Awaitable[Response]]


class RecurlySystem:
    """Accounts by id and by code; subscriptions come by seed."""

    name = "recurly"

    def __init__(self, sandbox: SandboxState) -> None:
        self._sandbox = sandbox
        calls: list[tuple[str, str, Handler]] = [
            ("GET", "/accounts", self.list_accounts),
            ("POST", "/accounts", self.create_account),
            ("GET", "/accounts/{account}", self.get_account),
            ("PUT", "/accounts/{account}", self.update_account),
            ("GET", "/accounts/{account}/subscriptions", self.list_subscriptions),
            ("GET", "/subscriptions", self.list_subscriptions),
            ("GET", "/sites", self.list_sites),
            ("GET", "/sites/{site}", self.get_site),
        ]
        self.routes = [Route(path, self._guarded(call), methods=[method]) for method, path, call in calls]
        self.pages = AccountPages(self).routes
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.accounts = lists.Table()
        self._subscriptions = lists.Table()
        self._by_key: dict[str, dict[str, Any]] = {}

    def state(self) -> dict[str, Any]:
        """Accounts and subscriptions; the hosted login token is a password and stays out."""
        shown = [
            {name: value for name, value in row.items() if name != "hosted_login_token"} for row in self.accounts.rows
        ]
        return {"accounts": shown, "subscriptions": self._subscriptions.rows}

    def seed(self, records: dict[str, Any]) -> dict[str, Any]:
        """Add accounts, then subscriptions of theirs (`account_code` names the account)."""
        seeds.check_kinds(self.name, records, ("accounts", "subscriptions"))
        accounts = seeds.rows(self.name, "accounts", records, _SEEDED)
        subscribed = seeds.rows(self.name, "subscriptions", records, _SUBSCRIBED)
        return {
            "accounts": [self._seeded_account(one) for one in accounts],
            "subscriptions": [self._seeded_subscription(one) for one in subscribed],
        }

    def _seeded_account(self, fields: dict[str, Any]) -> str:
        try:
            return str(self.add_account(fields)["id"])
        except Refused as no:
            raise ValueError(f"recurly.accounts: {no}") from None

    def _seeded_subscription(self, fields: dict[str, Any]) -> str:
        owner = self._by_key.get(f"code-{fields.get('account_code')}")
        if owner is None or fields.get("state", "active") not in _STATES:
            raise ValueError(f"recurly.subscriptions: an account_code that exists, a state of {_STATES}")
        row = objects.subscription(len(self._subscriptions.rows) + 1, owner, fields, self._now())
        self._subscriptions.add(row)
        objects.mark_subscriptions(owner, self.subscriptions_of(owner))
        return str(row["id"])

    def add_account(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Make an account.

        Raises:
            Refused: the code is missing, malformed or taken.
        """
        check_code(fields.get("code"))
        if f"code-{fields['code']}" in self._by_key:
            raise invalid("code", "has already been taken")
        row = objects.account(len(self.accounts.rows) + 1, fields, self._now())
        self.accounts.add(row)
        self._by_key[row["id"]] = self._by_key[f"code-{row['code']}"] = row
        return row

    def after_signup(self, account_id: str, company: str, email: str) -> None:
        """Let the account of a new customer appear by itself, as the scenario has it."""
        usual = self._sandbox.behaviour.recurly_account
        scenario: RecurlyScenario = self._sandbox.recurly_scenarios.get(account_id, usual)
        codes = {
            "never": [],
            "by_name": [f"signup-{account_id}"],
            "twice": [f"signup-{account_id}", f"signup-{account_id}-2"],
        }.get(scenario, [account_id])

        def appear() -> None:
            for code in codes:
                if f"code-{code}" not in self._by_key:
                    self.add_account({"code": code, "company": company, "email": email})

        self._sandbox.later(LATE if scenario == "late" else SOON, appear)

    async def list_accounts(self, request: Request) -> Response:
        """List accounts; there is no filter by company, and unknown parameters narrow nothing."""
        params = dict(request.query_params)
        if ids := params.get("ids"):
            rows = [self._by_key[one] for one in ids.split(",") if one in self._by_key]
            return answer({"object": "list", "has_more": False, "next": None, "data": rows})
        return list_answer(request, self.accounts, lambda row: _wanted(row, params))

    async def create_account(self, request: Request) -> Response:
        """Make an account."""
        row = self.add_account(await given(request, objects.ACCOUNT_FIELDS))
        effect(request)
        return answer(row, 201)

    async def get_account(self, request: Request) -> Response:
        """Answer one account, by id or by `code-<code>`."""
        return answer(self._account(request))

    async def update_account(self, request: Request) -> Response:
        """Change fields of an account; its code stays."""
        row = self._account(request)
        fields = await given(request, objects.ACCOUNT_FIELDS[1:])
        changes = {name: value for name, value in fields.items() if row[name] != value}
        if changes:
            row.update(changes, updated_at=self._now())
            self.accounts.changed()
            effect(request)
        return answer(row)

    async def list_subscriptions(self, request: Request) -> Response:
        """List the subscriptions of one account or of all."""
        owner = self._account(request)["id"] if "account" in request.path_params else None
        state = request.query_params.get("state", "")
        states = _LIVE if state == "live" else (state,) if state else _STATES
        return list_answer(
            request,
            self._subscriptions,
            lambda row: row["state"] in states and owner in (None, row["account"]["id"]),
        )

    async def list_sites(self, request: Request) -> Response:
        """List the one site."""
        sites = lists.Table()
        sites.add(objects.site(self._now()))
        return list_answer(request, sites, lambda _: True)

    async def get_site(self, request: Request) -> Response:
        """Answer the site, by id or by `subdomain-<subdomain>`."""
        site = objects.site(self._now())
        if request.path_params["site"] not in (site["id"], f"subdomain-{site['subdomain']}"):
            raise Refused(404, "not_found", "Couldn't find Site")
        return answer(site)

    def _account(self, request: Request) -> dict[str, Any]:
        key = request.path_params["account"]
        if key not in self._by_key:
            raise Refused(404, "not_found", f"Couldn't find Account with id = {key}")
        return self._by_key[key]

    def every_account(self) -> list[dict[str, Any]]:
        """All accounts, oldest first."""
        return self.accounts.rows

    def subscriptions_of(self, owner: dict[str, Any]) -> list[dict[str, Any]]:
        """The subscriptions of an account."""
        return [row for row in self._subscriptions.rows if row["account"]["id"] == owner["id"]]

    def _now(self) -> str:
        return objects.timestamp(self._sandbox.clock.now())

    def _guarded(self, call: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            if key(request) != self._sandbox.credentials.recurly_api_key:
                raise Refused(401, "unauthorized", "The API key is missing or wrong")
            if request.headers.get("accept", "") != _ACCEPT:
                raise Refused(406, "invalid_api_version", f"Accept must be {_ACCEPT}")
            return await call(request)

        return checked


def _wanted(account: dict[str, Any], params: dict[str, str]) -> bool:
    """Whether the account passes the filters that Recurly has."""
    subscriber = any(account[f"has_{state}_subscription"] for state in _SUBSCRIBER)
    return (
        ("email" not in params or (account["email"] or "").lower() == params["email"].lower())
        and ("subscriber" not in params or subscriber == (params["subscriber"] == "true"))
        and (params.get("past_due") != "true" or account["has_past_due_invoice"])
    )
