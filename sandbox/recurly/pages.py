"""Recurly's admin pages as a person sees them: accounts and their subscriptions."""

from collections.abc import Iterable
from html import escape
from typing import Any, Final, Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.page import SHOWN, cut_note, facts, link, not_there, page, search_form, state, table

_HERE: Final = "/recurly"
_TONES: Final = {"active": "good", "canceled": "warn", "paused": "warn", "expired": "bad", "inactive": "bad"}
_ACCOUNT_HEAD: Final = ("Company", "State", "Code", "E-mail", "Live subscription", "Created")
_HEAD: Final = ("Plan", "State", "Quantity", "Amount", "Renews by itself", "Period ends", "Expires")
Row = dict[str, Any]


class Books(Protocol):
    """The accounts and subscriptions of a site."""

    def every_account(self) -> list[Row]:
        """All accounts, oldest first."""

    def subscriptions_of(self, account: Row) -> list[Row]:
        """The subscriptions of an account."""


class AccountPages:
    """The pages of accounts."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.routes = [
            Route("/recurly", _to_accounts),
            Route("/recurly/", _to_accounts),
            Route("/recurly/app", _to_accounts),
            Route("/recurly/app/accounts", self.accounts),
            Route("/recurly/app/accounts/{account}", self.account),
        ]

    async def accounts(self, request: Request) -> Response:
        """List the accounts, newest first; `q` is a part of a company's name, a code or an e-mail address."""
        query = request.query_params.get("q", "")
        wanted = query.strip().casefold()
        found = [one for one in reversed(self._books.every_account()) if wanted in _searched(one)]
        more = cut_note(len(found), "accounts")
        lines = map(_line, found[:SHOWN])
        body = (
            f"{search_form(query, 'Find a company, code or e-mail')}{more}{table(_ACCOUNT_HEAD, lines, 'No account.')}"
        )
        return page("Recurly accounts", body, here=_HERE)

    async def account(self, request: Request) -> Response:
        """One account, by its id or its code, with its subscriptions."""
        key = request.path_params["account"]
        account = next((one for one in self._books.every_account() if key in (one["id"], one["code"])), None)
        if account is None:
            return not_there(f"Recurly has no account {key}.", here=_HERE)
        code = str(account["code"])
        record = f"/salesforce/lightning/r/{code}/view" if code.startswith("001") else ""
        known = [
            ("State", _state(account)),
            ("Code", link(record, code) if record else escape(code)),
            ("Account id", escape(str(account["id"]))),
            ("E-mail", escape(str(account["email"] or ""))),
            ("Past due invoice", "yes" if account["has_past_due_invoice"] else "no"),
            ("Created", escape(str(account["created_at"]))),
        ]
        lines = _subscriptions(self._books.subscriptions_of(account))
        body = f"{facts(known)}<h2>Subscriptions</h2>{table(_HEAD, lines, 'No subscriptions.')}"
        return page(str(account["company"] or code), body, here=_HERE, path=f"{link('/recurly', 'Recurly accounts')}")


async def _to_accounts(_request: Request) -> Response:
    return RedirectResponse("/recurly/app/accounts", 303)


def _searched(account: Row) -> str:
    return "\n".join(str(account[name] or "") for name in ("company", "code", "email", "id")).casefold()


def _line(account: Row) -> list[str]:
    name = account["company"] or account["code"]
    return [
        link(f"/recurly/app/accounts/{account['id']}", name),
        _state(account),
        escape(str(account["code"])),
        escape(str(account["email"] or "")),
        "yes" if account["has_live_subscription"] else "no",
        escape(str(account["created_at"])[:10]),
    ]


def _subscriptions(rows: Iterable[Row]) -> list[list[str]]:
    return [
        [
            escape(str(one["plan"]["name"])),
            _state(one),
            str(one["quantity"]),
            escape(f"{one['subtotal']:,.2f} {one['currency']}"),
            "yes" if one["auto_renew"] else "no",
            escape(str(one["current_period_ends_at"] or "")[:10]),
            escape(str(one["expires_at"] or "")[:10]),
        ]
        for one in rows
    ]


def _state(row: Row) -> str:
    return state(str(row["state"]), _TONES.get(str(row["state"]), ""))
