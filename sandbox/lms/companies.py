"""Companies and their users: what the admin portal shows and lets change."""

from collections import Counter
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.errors import Refused
from sandbox.lms import checks
from sandbox.lms.account_pages import account_page, by_account
from sandbox.lms.store import MODULES, Record, Store, change, to_change
from sandbox.state import SandboxState, effect

STATUS: Final = checks.one_of("active", "inactive", "scheduled")
_CHANGEABLE: Final[dict[str, checks.Check]] = {
    "name": checks.text,
    "status": STATUS,
    "deactivateOn": checks.maybe(checks.day),
    "deactivationReason": checks.maybe(checks.text),
    "userCount": checks.count,
    "locationCount": checks.count,
    "planAmount": checks.amount,
}
_MODULES: Final = checks.some_of(*MODULES)
_USER: Final = ("id", "email", "firstName", "lastName", "companyId", "kind", "status")


class Companies:
    """The calls about companies and users."""

    def __init__(self, sandbox: SandboxState, store: Store) -> None:
        self._sandbox = sandbox
        self._store = store

    async def find(self, request: Request) -> Response:
        """Answer the companies of a Salesforce account, or of many."""
        if by_account(request):
            return JSONResponse(account_page(request, self._store, "companies", self._of_account))
        account_id = request.query_params.get("accountId", "")
        if not account_id:
            raise checks.invalid({"accountId": "is required"})
        return JSONResponse({"companies": [view(one) for one in self._store.companies_of(account_id)]})

    def _of_account(self, account_id: str) -> list[Record]:
        return [view(company) for company in self._store.companies_of(account_id)]

    async def get(self, request: Request) -> Response:
        """Answer one company."""
        return JSONResponse(view(self._company(request)))

    async def patch(self, request: Request) -> Response:
        """Change a company."""
        company = to_change(self._company(request), request)
        given = checks.checked(await checks.json_object(request), _CHANGEABLE, required=())
        if change(company, given, self._sandbox.clock.today()):
            effect(request)
        return JSONResponse(view(company))

    async def put_permissions(self, request: Request) -> Response:
        """Give the company exactly these modules."""
        company = to_change(self._company(request), request)
        sent = await checks.json_object(request)
        try:
            modules = _MODULES(sent.get("modules"))
        except ValueError as error:
            raise Refused(422, "unknown_module", str(error), fields={"modules": str(error)}) from None
        if modules != company["modules"]:
            company["modules"] = modules
            effect(request)
        return JSONResponse(view(company))

    async def usage(self, request: Request) -> Response:
        """Answer how the company uses its modules: as seeded, otherwise nothing but its users."""
        company = self._company(request)
        users = (one for one in self._store.users.values() if one["companyId"] == company["id"])
        by_status = Counter(one["status"] for one in users)
        counted = {
            "users": {status: by_status[status] for status in ("active", "inactive", "terminated")},
            "providers": {"active": 0},
            "modules": {module: {"monthlyActiveUsers": 0} for module in company["modules"]},
        }
        as_of = self._sandbox.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        return JSONResponse({**counted, **company.get("usage", {}), "asOf": as_of})

    async def find_users(self, request: Request) -> Response:
        """Answer the user of an address."""
        email = request.query_params.get("email", "")
        if not email:
            raise checks.invalid({"email": "is required"})
        user = self._store.user_by_email(email)
        return JSONResponse({"users": [user_view(user)] if user else []})

    async def patch_user(self, request: Request) -> Response:
        """Give a user another address; no mail is sent."""
        user = self._store.user(request.path_params["user"])
        sent = checks.checked(await checks.json_object(request), {"email": checks.email}, required=("email",))
        if sent["email"] != user["email"]:
            self._store.rename(user, sent["email"])
            effect(request)
        return JSONResponse(user_view(user))

    def _company(self, request: Request) -> Record:
        return self._store.company(request.path_params["company"])


def view(company: Record) -> Record:
    """The company as it is answered."""
    return {name: value for name, value in company.items() if name != "usage"}


def user_view(user: Record) -> Record:
    """The user as it is answered."""
    return {name: user[name] for name in _USER}
