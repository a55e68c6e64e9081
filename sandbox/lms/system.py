"""The stand-in LMS with its admin portal."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import seeds
from sandbox.errors import Refused
from sandbox.lms import checks
from sandbox.lms.companies import STATUS, Companies, user_view
from sandbox.lms.pages import CompanyPages
from sandbox.lms.publications import Publications
from sandbox.lms.signup import pre_sign
from sandbox.lms.store import MODULES, Record, Store, status_on
from sandbox.recurly.system import RecurlySystem
from sandbox.state import SandboxState

Handler = Callable[[Request], Awaitable[Response]]

_SEEDED: Final[dict[str, dict[str, checks.Check]]] = {
    "companies": {
        "accountId": checks.account_id,
        "name": checks.text,
        "status": STATUS,
        "deactivateOn": checks.maybe(checks.day),
        "deactivationReason": checks.maybe(checks.text),
        "modules": checks.some_of(*MODULES),
        "userCount": checks.count,
        "locationCount": checks.count,
        "planAmount": checks.amount,
        "billingStartDate": checks.maybe(checks.day),
        "usage": checks.details,
    },
    "users": {
        "email": checks.email,
        "firstName": checks.text,
        "lastName": checks.text,
        "kind": checks.one_of("demo", "trial", "customer"),
        "status": checks.one_of("active", "inactive", "terminated"),
        "companyId": checks.maybe(checks.text),
        "role": checks.text,
    },
    "publications": {
        "organizationName": checks.text,
        "publicationName": checks.text,
        "companyId": checks.text,
        "status": STATUS,
        "deactivateOn": checks.maybe(checks.day),
        "deactivationReason": checks.maybe(checks.text),
        "details": checks.details,
    },
}
_REQUIRED: Final = {
    "companies": ("accountId", "name"),
    "users": ("email", "firstName", "lastName"),
    "publications": ("organizationName", "publicationName", "companyId"),
}


class LmsSystem:
    """Companies, users and publications; a sign-up lets the stand-in Recurly make its account."""

    name = "lms"

    def __init__(self, sandbox: SandboxState, recurly: RecurlySystem) -> None:
        self._sandbox = sandbox
        self._recurly = recurly
        self._store = Store()
        companies, publications = Companies(sandbox, self._store), Publications(sandbox, self._store)
        calls: list[tuple[str, str, Handler]] = [
            ("POST", "/signup/preSign", self._sign_up),
            ("GET", "/api/companies", companies.find),
            ("GET", "/api/companies/{company}", companies.get),
            ("PATCH", "/api/companies/{company}", companies.patch),
            ("PUT", "/api/companies/{company}/permissions", companies.put_permissions),
            ("GET", "/api/companies/{company}/usage", companies.usage),
            ("GET", "/api/users", companies.find_users),
            ("PATCH", "/api/users/{user}", companies.patch_user),
            ("GET", "/api/publications", publications.find),
            ("POST", "/api/publications", publications.create),
            ("PATCH", "/api/publications/{publication}", publications.patch),
        ]
        self.routes = [Route(path, self._guarded(call), methods=[method]) for method, path, call in calls]
        self.pages = CompanyPages(self._store, lambda: self._store.settle(sandbox.clock.today())).routes

    def reset(self) -> None:
        """Forget everything."""
        self._store.reset()

    def state(self) -> dict[str, Any]:
        """Every record."""
        self._store.settle(self._sandbox.clock.today())
        return {
            "companies": list(self._store.companies.values()),
            "users": [user_view(user) for user in self._store.users.values()],
            "publications": list(self._store.publications.values()),
        }

    def seed(self, records: dict[str, Any]) -> dict[str, Any]:
        """Add companies, users and publications, in this order; the fields are those of the LMS's answers."""
        seeds.check_kinds(self.name, records, _SEEDED)
        add = {
            "companies": self._store.add_company,
            "users": self._store.add_user,
            "publications": self._store.add_publication,
        }
        return {
            kind: [self._seed(kind, one, add[kind]) for one in seeds.rows(self.name, kind, records)] for kind in _SEEDED
        }

    def _seed(self, kind: str, sent: Record, add: Callable[[Record], Record]) -> str:
        try:
            record = add(checks.checked(sent, _SEEDED[kind], _REQUIRED[kind]))
        except (Refused, ValueError) as no:
            raise ValueError(f"lms.{kind}: {no}") from None
        if "deactivateOn" in record:
            record["status"] = status_on(record, self._sandbox.clock.today())
        return str(record["id"])

    async def _sign_up(self, request: Request) -> Response:
        return await pre_sign(request, self._store, self._recurly)

    def _guarded(self, call: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            if request.headers.get("x-api-key") != self._sandbox.credentials.lms_api_key:
                raise Refused(401, "unauthorized", "the API key is missing or wrong")
            self._store.settle(self._sandbox.clock.today())
            return await call(request)

        return checked
