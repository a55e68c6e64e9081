"""Publications: named instances of the product that belong to an organization."""

from collections.abc import Iterable
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.lms import checks
from sandbox.lms.account_pages import account_page, by_account
from sandbox.lms.companies import STATUS
from sandbox.lms.store import Record, Store, change, to_change
from sandbox.state import SandboxState, effect

_NEW: Final[dict[str, checks.Check]] = {
    "organizationName": checks.text,
    "publicationName": checks.text,
    "companyId": checks.text,
    "details": checks.details,
}
_CHANGEABLE: Final[dict[str, checks.Check]] = {
    "publicationName": checks.text,
    "status": STATUS,
    "deactivateOn": checks.maybe(checks.day),
    "deactivationReason": checks.maybe(checks.text),
    "details": checks.details,
}


class Publications:
    """The calls about publications."""

    def __init__(self, sandbox: SandboxState, store: Store) -> None:
        self._sandbox = sandbox
        self._store = store

    async def find(self, request: Request) -> Response:
        """Answer the publications of a company, of an organization, or of the companies of accounts."""
        if by_account(request):
            return JSONResponse(account_page(request, self._store, "publications", self._of_account))
        params = request.query_params
        wanted = {name: params[name] for name in ("companyId", "organizationName") if params.get(name)}
        if not wanted:
            raise checks.invalid({"companyId": "or organizationName is required"})
        found = [
            one
            for one in self._among(params.get("companyId", ""))
            if all(one[name].casefold() == value.casefold() for name, value in wanted.items())
        ]
        return JSONResponse({"publications": found})

    def _among(self, company_id: str) -> Iterable[Record]:
        return self._store.publications_of(company_id) if company_id else self._store.publications.values()

    def _of_account(self, account_id: str) -> list[Record]:
        return [{**one, "accountId": account_id} for one in self._store.publications_of_account(account_id)]

    async def create(self, request: Request) -> Response:
        """Create a publication, once per idempotency key."""
        sent = await checks.json_object(request)
        fields = checks.checked(sent, _NEW, required=("organizationName", "publicationName", "companyId"))
        key, before = self._store.publication_requests.answered(request, sent)
        if before is not None:
            return JSONResponse(before)
        if fields["companyId"] not in self._store.companies:
            raise checks.invalid({"companyId": "is not the id of a company"})
        made = self._store.add_publication(fields)
        self._store.publication_requests.remember(key, sent, dict(made))
        effect(request)
        return JSONResponse(made, 201)

    async def patch(self, request: Request) -> Response:
        """Change a publication."""
        publication = to_change(self._store.publication(request.path_params["publication"]), request)
        given = checks.checked(await checks.json_object(request), _CHANGEABLE, required=())
        self._store.check_publication_free({**publication, **given})
        before = dict(publication)
        if change(publication, given, self._sandbox.clock.today()):
            self._store.retitled(publication, before)
            effect(request)
        return JSONResponse(publication)
