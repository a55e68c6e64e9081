"""Outreach as a person sees it: prospects, their owners, sequences and tasks."""

from html import escape
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.outreach.store import Record, Store, points_to
from sandbox.page import SHOWN, cut_note, facts, link, not_there, page, search_form, state, table

_HERE: Final = "/outreach"
_TONES: Final = {
    "active": "good",
    "finished": "",
    "paused": "warn",
    "failed": "bad",
    "complete": "",
    "incomplete": "warn",
}
_PROSPECT_HEAD: Final = ("Prospect", "Account", "Owner", "E-mail", "Sequences")
_SEQUENCE_HEAD: Final = ("Sequence", "State", "Mailbox", "Since")
_TASK_HEAD: Final = ("Task", "State", "Owner", "Due", "Note")


class ProspectPages:
    """The pages of prospects."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.routes = [
            Route("/outreach", _to_prospects),
            Route("/outreach/", _to_prospects),
            Route("/outreach/prospects", self.prospects),
            Route("/outreach/prospects/{number:int}", self.prospect),
        ]

    async def prospects(self, request: Request) -> Response:
        """List the prospects; `q` is a part of a name, an account or an e-mail address."""
        query = request.query_params.get("q", "")
        wanted = query.strip().casefold()
        lines = [line for one in self._store.records["prospects"] if wanted in (line := self._line(one))[-1]]
        more = cut_note(len(lines), "prospects")
        shown = [line[:-1] for line in lines[:SHOWN]]
        body = (
            f"{search_form(query, 'Find a person or an account')}{more}{table(_PROSPECT_HEAD, shown, 'No prospect.')}"
        )
        return page("Outreach prospects", body, here=_HERE)

    async def prospect(self, request: Request) -> Response:
        """One prospect with the sequences and tasks."""
        number, known = request.path_params["number"], self._store.records["prospects"]
        if not 1 <= number <= len(known):
            return not_there(f"Outreach has no prospect {number}.", here=_HERE)
        prospect = known[number - 1]
        values = prospect["attributes"]
        account = self._store.related(prospect, "account")
        custom = str(account["attributes"]["customId"] or "") if account else ""
        shown = [
            ("Owner", escape(self._owner(prospect))),
            ("Title", escape(str(values["title"] or ""))),
            ("E-mail", escape(", ".join(values["emails"]))),
            ("Account", escape(_name(account))),
            ("Owner of the account", escape(self._owner(account)) if account else ""),
            ("Salesforce account", link(f"/salesforce/lightning/r/{custom}/view", custom) if custom else ""),
            ("Opted out", "yes" if values["optedOut"] else "no"),
        ]
        states = [self._sequence(one) for one in self._of("sequenceStates", prospect)]
        tasks = [self._task(one) for one in self._of("tasks", prospect)]
        body = (
            f"{facts(shown)}<h2>Sequences</h2>{table(_SEQUENCE_HEAD, states, 'In no sequence.')}"
            f"<h2>Tasks</h2>{table(_TASK_HEAD, tasks, 'No tasks.')}"
        )
        return page(_name(prospect), body, here=_HERE, path=f"{link('/outreach', 'Outreach prospects')}")

    def _line(self, prospect: Record) -> list[str]:
        """The cells of a prospect, and the text in which it is searched."""
        account, values = self._store.related(prospect, "account"), prospect["attributes"]
        emails, owner = ", ".join(values["emails"]), self._owner(prospect)
        active = [
            _name(self._store.related(one, "sequence"))
            for one in self._of("sequenceStates", prospect)
            if one["attributes"]["state"] == "active"
        ]
        cells = [_name(account), owner, emails, ", ".join(active)]
        name = link(f"/outreach/prospects/{prospect['id']}", _name(prospect))
        return [name, *map(escape, cells), "\n".join([_name(prospect), *cells]).casefold()]

    def _of(self, kind: str, prospect: Record) -> list[Record]:
        return [one for one in self._store.records[kind] if points_to(one, "prospect", prospect)]

    def _owner(self, record: Record | None) -> str:
        return _name(self._store.related(record, "owner")) if record else ""

    def _sequence(self, one: Record) -> list[str]:
        mailbox = self._store.related(one, "mailbox")
        return [
            escape(_name(self._store.related(one, "sequence"))),
            _state(one),
            escape(str(mailbox["attributes"]["email"])) if mailbox else "",
            escape(str(one["attributes"]["createdAt"])[:10]),
        ]

    def _task(self, one: Record) -> list[str]:
        values = one["attributes"]
        texts = (self._owner(one), str(values["dueAt"] or "")[:10], str(values["note"] or ""))
        return [escape(f"{values['taskType']}: {values['action']}"), _state(one), *map(escape, texts)]


async def _to_prospects(_request: Request) -> Response:
    return RedirectResponse("/outreach/prospects", 303)


def _name(record: Record | None) -> str:
    if record is None:
        return ""
    values = record["attributes"]
    parts = [values.get("name"), values.get("firstName"), values.get("lastName")]
    return " ".join(str(part) for part in parts if part) or f"{record['type']} {record['id']}"


def _state(record: Record) -> str:
    return state(str(record["attributes"]["state"]), _TONES.get(str(record["attributes"]["state"]), ""))
