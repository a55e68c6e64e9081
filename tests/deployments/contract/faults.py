"""Faults of a server: each breaks one promise, and names the check that must notice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any

from deployments.contract.document import Contract
from deployments.contract.end_of_service import FAR, PAST
from tests.deployments.contract.servers import Exchange, Fault


@dataclass(frozen=True)
class Broken:
    """A fault of a call.

    Attributes:
        operation: the call's operationId.
        check: the name of the check that fails.
        fault: makes the fault; it is made anew for each run, since it may remember requests.
        says: a word of the message that tells what came.
    """

    operation: str
    check: str
    fault: Callable[[], Fault]
    says: str


def answers(status: int, body: Any = None) -> Fault:
    """Another status, and another body where one is given."""

    def fault(exchange: Exchange) -> None:
        exchange.status, exchange.body = status, exchange.body if body is None else body

    return fault


def says(code: str) -> Fault:
    """Another code of error."""
    return lambda exchange: exchange.body["error"].update(code=code)


def lacks(name: str) -> Fault:
    """An error without a detail."""
    return lambda exchange: exchange.body["error"].pop(name)


def has(**values: Any) -> Fault:
    """Other values of fields."""
    return lambda exchange: exchange.body.update(values)


def listed(change: Callable[[list[dict[str, Any]]], None]) -> Fault:
    """Another list."""

    def fault(exchange: Exchange) -> None:
        for rows in exchange.body.values():
            if isinstance(rows, list):
                change(rows)

    return fault


def without_account(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        del row["accountId"]


def sign_up_forgets_refusals() -> Fault:
    """The response of a refusal is kept under the key."""
    refused: dict[str, Any] = {}

    def fault(exchange: Exchange) -> None:
        if exchange.status == 409:
            refused[exchange.key] = exchange.body
        elif exchange.key in refused:
            exchange.status, exchange.body = 409, refused[exchange.key]

    return fault


def third_is_another_company() -> Fault:
    """The third of equal requests creates something else."""
    seen: list[str] = []

    def fault(exchange: Exchange) -> None:
        seen.append(exchange.key)
        if exchange.status == 200 and seen.count(exchange.key) == 3:
            exchange.body["companyId"] = "another"

    return fault


def no_list(exchange: Exchange) -> None:
    if not exchange.body["companies"]:
        exchange.status, exchange.body = 404, {"error": {"code": "not_found", "message": "No"}}


def mangles(exchange: Exchange) -> None:
    exchange.body["name"] = escape(exchange.body["name"])


def merges(exchange: Exchange) -> None:
    exchange.body["details"]["products"] = ["Learning"]


def rounds(exchange: Exchange) -> None:
    exchange.body["details"]["rate"] = 0


@dataclass(frozen=True)
class When:
    """Whether a fault is for an exchange: by status, code, and what was sent."""

    status: int = 0
    code: str = ""
    sends: Callable[[dict[str, Any]], Any] = bool

    def __call__(self, exchange: Exchange) -> bool:
        right_status = self.status in (0, exchange.status)
        right_code = not self.code or (exchange.status >= 400 and exchange.code == self.code)
        return right_status and right_code and (self.sends is bool or bool(self.sends(exchange.sent)))


def only(operation: str, when: When, make: Callable[[], Fault]) -> Callable[[], Fault]:
    """A fault for some exchanges of one call."""

    def made() -> Fault:
        fault = make()

        def limited(exchange: Exchange) -> None:
            if exchange.operation == operation and when(exchange):
                fault(exchange)

        return limited

    return made


def broken(operation: str, check: str, when: When, fault: Fault, says: str) -> Broken:
    """A fault that remembers nothing."""
    return Broken(operation, check, only(operation, when, lambda: fault), says)


def remembering(operation: str, check: str, make: Callable[[], Fault], says: str) -> Broken:
    """A fault that remembers requests."""
    return Broken(operation, check, only(operation, When(), make), says)


def has_end(sent: dict[str, Any]) -> bool:
    return sent.get("deactivateOn") == FAR and "status" not in sent


def is_back(sent: dict[str, Any]) -> bool:
    return sent == {"status": "active"}


_INVALID = {"error": {"code": "bad_request", "message": "No"}}
_EMPTY = {"companies": [], "users": [], "publications": []}
_SIGN_UP = partial(broken, "signUp")
_FIND_COMPANIES = partial(broken, "findCompanies")
_UPDATE_COMPANY = partial(broken, "updateCompany")
_FIND_PUBLICATIONS = partial(broken, "findPublications")
_CREATE = partial(broken, "createPublication")
_UPDATE = partial(broken, "updatePublication")

OWN: tuple[Broken, ...] = (
    _SIGN_UP("sign_up_creates", When(201), answers(200), "200"),
    _SIGN_UP("sign_up_repeat", When(200), answers(201), "201"),
    _SIGN_UP("sign_up_conflict", When(code="idempotency_conflict"), says("conflict"), "conflict"),
    _SIGN_UP("sign_up_account_exists", When(code="account_exists"), lacks("companyId"), "companyId"),
    _SIGN_UP("sign_up_email_taken", When(code="email_taken"), lacks("holder"), "holder"),
    remembering("signUp", "sign_up_after_refusal", sign_up_forgets_refusals, "409"),
    _SIGN_UP("sign_up_invalid", When(422), lacks("fields"), "fields"),
    remembering("signUp", "sign_up_at_once", third_is_another_company, "another"),
    _FIND_COMPANIES("companies_of_account", When(200, sends=lambda sent: "accountId" in sent), no_list, "404"),
    _FIND_COMPANIES(
        "companies_of_range", When(sends=lambda sent: sent.get("limit") == "1000"), listed(list.reverse), '["001zz'
    ),
    _FIND_COMPANIES("companies_by_page", When(sends=lambda sent: sent.get("limit") == "1"), has(more=False), "false"),
    _FIND_COMPANIES("companies_of_ids", When(sends=lambda sent: "accountIds" in sent), answers(414, _INVALID), "414"),
    broken("getCompany", "company_as_signed_up", When(200), mangles, "&amp;"),
    _UPDATE_COMPANY("company_changes", When(sends=lambda sent: "name" in sent), has(name="Old"), "Old"),
    _UPDATE_COMPANY("company_end_planned", When(sends=has_end), has(status="active"), "active"),
    _UPDATE_COMPANY("company_ended_and_back", When(sends=is_back), has(deactivateOn=PAST), PAST),
    _UPDATE_COMPANY("company_invalid", When(422), answers(400, _INVALID), "400"),
    broken("setModules", "modules_are_replaced", When(200), has(modules=["learning"]), "learning"),
    broken("setModules", "unknown_module", When(422), says("invalid"), "invalid"),
    broken("getUsage", "usage_is_counted", When(200), has(asOf="2026-12-01 04:00"), "asOf"),
    broken("findUsers", "user_by_email", When(sends=lambda sent: sent["email"].isupper()), has(**_EMPTY), "[]"),
    broken("findUsers", "user_with_plus", When(sends=lambda sent: "+" in sent["email"]), has(**_EMPTY), "[]"),
    broken("updateUser", "user_gets_address", When(200), has(id=900112), "900112"),
    broken("updateUser", "user_email_taken", When(409), lacks("holder"), "holder"),
    broken("updateUser", "user_email_invalid", When(422), answers(400, _INVALID), "400"),
    _FIND_PUBLICATIONS(
        "publications_of_company", When(sends=lambda sent: "companyId" in sent), listed(list.reverse), "70"
    ),
    _FIND_PUBLICATIONS("publications_by_page", When(sends=lambda sent: "limit" in sent), listed(without_account), "70"),
    _FIND_PUBLICATIONS(
        "publications_of_ids", When(sends=lambda sent: "accountIds" in sent), listed(without_account), "70"
    ),
    _CREATE("publication_created", When(201, sends=lambda sent: "rate" in sent["details"]), rounds, '"rate": 0'),
    _CREATE("publication_repeat", When(200), has(id="7999"), "7999"),
    _CREATE("publication_conflict", When(code="idempotency_conflict"), says("conflict"), "conflict"),
    _CREATE("publication_exists", When(code="publication_exists"), lacks("publicationId"), "publicationId"),
    _CREATE(
        "publication_of_other_organization",
        When(201, sends=lambda sent: sent["organizationName"].startswith("Other")),
        answers(409, {"error": {"code": "publication_exists", "message": "No", "publicationId": "7"}}),
        "409",
    ),
    _CREATE("publication_invalid", When(422), lacks("fields"), "fields"),
    _UPDATE("publication_changes", When(200, sends=lambda sent: "details" in sent), merges, "products"),
    _UPDATE("publication_renamed_to_existing", When(409), says("conflict"), "conflict"),
    _UPDATE("publication_end_planned", When(sends=has_end), has(status="active"), "active"),
    _UPDATE("publication_ended_and_back", When(sends=is_back), has(deactivateOn=PAST), PAST),
    _UPDATE("publication_change_invalid", When(422), says("bad"), "bad"),
)


def common() -> Iterator[Broken]:
    """A fault for what every call of the document refuses."""
    forbidden = {"error": {"code": "forbidden", "message": "No"}}
    for operation in Contract().operations.values():
        yield broken(operation.id, "wrong_key", When(401), answers(403, forbidden), "403")
        if "404" in operation.responses:
            yield broken(operation.id, "unknown_id", When(404), answers(404, {"detail": "Not found."}), "Not found")


ALL = (*OWN, *common())
