"""The inbox of everyone: the mail that reached people, by any system, and its pages."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.page import link, not_there, page, search_form
from sandbox.state import SandboxState

_HERE: Final = "/mail"
_SEARCHED: Final = ("to", "from", "subject", "body")
_SHOWN: Final = 300


class MailSystem:
    """What was mailed to whom."""

    name = "mail"

    def __init__(self, sandbox: SandboxState) -> None:
        self._sandbox = sandbox
        self.routes: list[Route] = []
        self.pages = [
            Route("/mail", self.inbox),
            Route("/mail/", self.inbox),
            Route("/mail/{n:int}/files/{file:int}", self.file),
        ]

    def reset(self) -> None:
        """Nothing of its own to forget: the mails are the sandbox's."""

    def state(self) -> dict[str, Any]:
        """Every mail, oldest first: those that reached a person, and those to addresses that nobody has."""
        return {"mails": self._sandbox.mails, "undelivered": self._sandbox.undelivered}

    def seed(self, records: dict[str, Any]) -> dict[str, Any]:
        """Refuse: mails are what the systems sent."""
        raise ValueError(f"mail: nothing can be seeded here, not even {', '.join(records) or 'nothing'}")

    async def inbox(self, request: Request) -> Response:
        """Show who got what, newest first, and what nobody got."""
        query = request.query_params.get("q", "")
        empty = (
            "<p class='soft'>No mail was sent yet.</p>" if not query else "<p class='soft'>No mail has this text.</p>"
        )
        body = search_form(query, "Find a person or a text")
        body += self._list(_found(self._sandbox.mails, query)) or empty
        if lost := self._list(_found(self._sandbox.undelivered, query)):
            body += f"<h2>Not delivered: nobody has these addresses</h2>{lost}"
        return page("Mail", body, here=_HERE)

    async def file(self, request: Request) -> Response:
        """Save a file of a mail."""
        files = self._sandbox.attachments.get(request.path_params["n"], [])
        number = request.path_params["file"]
        if number >= len(files):
            return not_there("There is no such file.", here=_HERE)
        file = files[number]
        named = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(file.content, headers=named, media_type=file.kind)

    def _list(self, mails: list[dict[str, Any]]) -> str:
        """The mails, newest first; "" when there are none."""
        return "".join(map(self._mail, mails[: -_SHOWN - 1 : -1]))

    def _mail(self, mail: dict[str, Any]) -> str:
        subject = f"<b>{escape(mail['subject'] or '(no subject)')}</b>"
        paperclip = " 📎" if self._files(mail) else ""
        return (
            f"<details class='mail'><summary><span>{escape(mail['at'].replace('T', ' ')[:16])} UTC</span>"
            f"<span>{escape(mail['to'])}</span><span>{subject}{paperclip}</span>"
            f"<small>{escape(str(mail['kind']))}</small></summary><div><p class='soft'>From {escape(mail['from'])} to "
            f"{escape(mail['to'])}</p>{_invitation(mail)}<pre>{escape(mail['body'])}</pre>{self._files(mail)}</div>"
            "</details>"
        )

    def _files(self, mail: dict[str, Any]) -> str:
        files = self._sandbox.attachments.get(mail.get("n", 0), [])
        links = [link(f"/mail/{mail['n']}/files/{number}", file.name) for number, file in enumerate(files)]
        return f"<p>Attached: {' · '.join(links)}</p>" if links else ""


def _found(mails: Iterable[dict[str, Any]], query: str) -> list[dict[str, Any]]:
    wanted = query.strip().casefold()
    return [mail for mail in mails if any(wanted in str(mail[part]).casefold() for part in _SEARCHED)]


def _invitation(mail: Mapping[str, Any]) -> str:
    event = mail.get("calendar")
    if not event:
        return ""
    if not event.get("start"):
        return f"<p>Invitation that no calendar reads: {escape('; '.join(event['problems']))}</p>"
    what = "Withdrawn invitation" if event["method"] == "CANCEL" else "Invitation"
    version = f" (version {event['sequence']})" if event["sequence"] else ""
    people = escape(", ".join(event["attendees"]))
    when = f"{event['start']} to {event['end']}"
    return f"<p>{what}{version}: <b>{escape(when)}</b>, with {people}</p>"
