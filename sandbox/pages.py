"""Pages to look around in: what there is, and the mail that reached people."""

from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.page import page
from sandbox.state import SandboxState


class MailSystem:
    """The inbox of everyone: what was mailed to whom, by any system."""

    name = "mail"

    def __init__(self, sandbox: SandboxState) -> None:
        self._sandbox = sandbox
        self.routes: list[Route] = []

    def reset(self) -> None:
        """Nothing of its own to forget: the mails are the sandbox's."""

    def state(self) -> dict[str, Any]:
        """Every mail, oldest first: those that reached a person, and those to addresses that nobody has."""
        return {"mails": self._sandbox.mails, "undelivered": self._sandbox.undelivered}

    def seed(self, records: dict[str, Any]) -> dict[str, Any]:
        """Refuse: mails are what the systems sent."""
        raise ValueError(f"mail: nothing can be seeded here, not even {', '.join(records) or 'nothing'}")


class Pages:
    """The pages of one sandbox."""

    def __init__(self, sandbox: SandboxState) -> None:
        self._sandbox = sandbox
        self.routes = [Route("/", self.index), Route("/mail", self.mail), Route("/mail/", self.mail)]

    async def index(self, _request: Request) -> Response:
        """List the systems, with links to their state and journal."""
        rows = "".join(
            f"<tr><td>{name}</td><td><a href='/_control/state?system={name}'>state</a></td>"
            f"<td><a href='/_control/journal?system={name}'>journal</a></td></tr>"
            for name in self._sandbox.systems
        )
        body = (
            f"<p>Today is {self._sandbox.clock.today().isoformat()}. "
            f"<a href='/salesforce/lightning/o/Opportunity/list'>Salesforce's opportunities</a> · "
            f"<a href='/slack/'>Slack</a> · <a href='/mail'>Mail</a> · "
            f"<a href='/_control/journal'>everything received</a> · "
            f"<a href='/_control/faults'>faults</a></p><table>{rows}</table>"
        )
        return page("Sandbox", body)

    async def mail(self, _request: Request) -> Response:
        """Show who got what, newest first, and what nobody got."""
        empty = "<p>No mail was sent yet.</p>"
        body = _table(self._sandbox.mails) or empty
        if lost := _table(self._sandbox.undelivered):
            body += f"<h2>Not delivered: nobody has these addresses</h2>{lost}"
        return page("Mail", body)


def _table(mails: list[dict[str, Any]]) -> str:
    """The mails, newest first; "" when there are none."""
    rows = "".join(map(_mail_row, reversed(mails)))
    head = "<tr><th>At</th><th>To</th><th>From</th><th>Kind</th><th>Subject and text</th></tr>"
    return f"<table>{head}{rows}</table>" if rows else ""


def _mail_row(mail: dict[str, Any]) -> str:
    cells = [escape(str(mail[part])) for part in ("at", "to", "from", "kind")]
    text = f"<b>{escape(mail['subject'])}</b>{_invitation(mail)}<pre>{escape(mail['body'])}</pre>{_attached(mail)}"
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in [*cells, text]) + "</tr>"


def _invitation(mail: dict[str, Any]) -> str:
    event = mail.get("calendar")
    if not event:
        return ""
    if not event.get("start"):
        return f"<p>Invitation that no calendar reads: {escape('; '.join(event['problems']))}</p>"
    what = "Withdrawn" if event["method"] == "CANCEL" else "Invitation"
    people = escape(", ".join(event["attendees"]))
    when = f"{event['start']} to {event['end']}"
    return f"<p>{what} no. {event['sequence']}: <b>{escape(when)}</b>, with {people}</p>"


def _attached(mail: dict[str, Any]) -> str:
    names = mail.get("attachments")
    return f"<p>Attached: {escape(', '.join(names))}</p>" if names else ""
