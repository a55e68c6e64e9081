"""The LMS's admin portal as a person sees it: companies, their users, modules and publications."""

from collections.abc import Callable
from html import escape
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.lms.companies import user_view
from sandbox.lms.store import Record, Store
from sandbox.page import SHOWN, cut_note, facts, link, not_there, page, search_form, state, table

_HERE: Final = "/lms"
_TONES: Final = {"active": "good", "scheduled": "warn", "inactive": "bad", "terminated": "bad"}
_COMPANY_HEAD: Final = ("Company", "State", "Last day", "Users", "Locations", "Amount", "Billing starts", "Modules")
_PUBLICATION_HEAD: Final = ("Publication", "Organization", "State", "Last day", "Reason")
_USER_HEAD: Final = ("E-mail", "Name", "Kind", "Role", "State", "Can log in")


class CompanyPages:
    """The pages of companies."""

    def __init__(self, store: Store, settle: Callable[[], None]) -> None:
        self._store, self._settle = store, settle
        self.routes = [
            Route("/lms", _to_companies),
            Route("/lms/", _to_companies),
            Route("/lms/companies", self.companies),
            Route("/lms/companies/{company}", self.company),
        ]

    async def companies(self, request: Request) -> Response:
        """List the companies, newest first; `q` is a part of a name, an id, or the e-mail address of a user."""
        self._settle()
        query = request.query_params.get("q", "")
        wanted = query.strip().casefold()
        holder = self._store.user_by_email(wanted) or {}
        found = [
            one
            for one in reversed(self._store.companies.values())
            if wanted in f"{one['name']}\n{one['id']}\n{one['accountId']}".casefold()
            or one["id"] == holder.get("companyId")
        ]
        more = cut_note(len(found), "companies")
        body = search_form(query, "Find a company or a user's e-mail") + more
        return page("LMS companies", body + table(_COMPANY_HEAD, map(_line, found[:SHOWN]), "No company."), here=_HERE)

    async def company(self, request: Request) -> Response:
        """One company with everything that belongs to it."""
        self._settle()
        company = self._store.companies.get(request.path_params["company"])
        if company is None:
            return not_there(f"The LMS has no company {request.path_params['company']}.", here=_HERE)
        users = [one for one in self._store.users.values() if one["companyId"] == company["id"]]
        publications = self._store.publications_of(company["id"])
        modules = "".join(f"<li>{escape(one)}</li>" for one in company["modules"])
        parts = (
            facts(_facts(company)),
            f"<h2>Modules</h2>{f'<ul>{modules}</ul>' if modules else _none('No modules.')}",
            f"<h2>Users</h2>{table(_USER_HEAD, [_user(one, company) for one in users], 'No users.')}",
            f"<h2>Publications</h2>{table(_PUBLICATION_HEAD, map(_publication, publications), 'No publications.')}",
        )
        path = link("/lms", "LMS companies")
        return page(str(company["name"]), "".join(parts), here=_HERE, path=path)


async def _to_companies(_request: Request) -> Response:
    return RedirectResponse("/lms/companies", 303)


def _line(company: Record) -> list[str]:
    return [
        link(f"/lms/companies/{company['id']}", company["name"]),
        _state(company),
        escape(str(company["deactivateOn"] or "")),
        str(company["userCount"]),
        str(company["locationCount"]),
        escape(str(company["planAmount"])),
        escape(str(company["billingStartDate"] or "")),
        escape(", ".join(company["modules"])),
    ]


def _facts(company: Record) -> list[tuple[str, str]]:
    account = str(company["accountId"] or "")
    return [
        ("State", _state(company)),
        ("Last day", escape(str(company["deactivateOn"] or ""))),
        ("Reason", escape(str(company["deactivationReason"] or ""))),
        ("Company id", escape(str(company["id"]))),
        ("Salesforce account", link(f"/salesforce/lightning/r/{account}/view", account) if account else ""),
        ("Users", str(company["userCount"])),
        ("Locations", str(company["locationCount"])),
        ("Amount a month", escape(str(company["planAmount"]))),
        ("Billing starts", escape(str(company["billingStartDate"] or ""))),
    ]


def _user(user: Record, company: Record) -> list[str]:
    shown = user_view(user)
    name = f"{shown['firstName']} {shown['lastName']}"
    able = shown["status"] == "active" and company["status"] != "inactive"
    return [
        escape(str(shown["email"])),
        escape(name),
        escape(str(shown["kind"])),
        escape(str(user.get("role") or "")),
        _state(shown),
        "yes" if able else "no",
    ]


def _publication(one: Record) -> list[str]:
    texts = (one["deactivateOn"], one["deactivationReason"])
    shown = [escape(str(text or "")) for text in texts]
    return [escape(str(one["publicationName"])), escape(str(one["organizationName"])), _state(one), *shown]


def _state(record: Record) -> str:
    return state(str(record["status"]), _TONES.get(str(record["status"]), ""))


def _none(text: str) -> str:
    return f"<p class='soft'>{text}</p>"
