"""The start page: where a person begins, what can be tried, and the switches."""

from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.page import link, not_there, page, table
from sandbox.salesforce.system import SalesforceSystem
from sandbox.start.cards import Cards, clients, closed_sales
from sandbox.start.forms import standing, switches
from sandbox.start.runs import page_address, run_address, runs_of
from sandbox.start.switches import DONE, Switches
from sandbox.start.workbook import LEAVER, NAME, transition_workbook
from sandbox.state import SandboxState

_SCRIPT: Final = (Path(__file__).parent / "page.js").read_text(encoding="utf-8")
_ALONE: Final = "This sandbox was started without Prefect. `make up` starts both."
_REFRESH: Final = "<meta http-equiv='refresh' content='2'>"
_MORE: Final = (
    (
        "/prefect?to=deployments",
        "End of contract",
        "Start deactivation/end-of-contract with preview on: what ends when",
    ),
    (
        f"/start/{NAME}",
        "Account transition",
        "Hana Berg goes on leave. Save this workbook of her accounts, then share it in Slack, in #cs-operations",
    ),
    (
        "/prefect?to=deployments",
        "Reconciliation",
        "Start reconciliation: it finds the differences planted in this world",
    ),
)
_DRIFT: Final = "(REC-"
_ENDS: Final = "The nightly sweep ends these services, or asks. Start deactivation/end-of-contract to see it now."
_DRIFTS: Final = "The nightly comparison reports these differences. Start reconciliation/reconciliation to see it now."


class StartPages:
    """The start page of one sandbox, and the ways from it to Prefect."""

    def __init__(self, sandbox: SandboxState, salesforce: SalesforceSystem) -> None:
        self._sandbox, self._salesforce = sandbox, salesforce
        self.routes = [
            Route("/", self.start),
            Route("/prefect", self.prefect),
            Route("/start/runs/{opportunity}", self.run),
            Route(f"/start/{NAME}", self.workbook),
            *Switches(sandbox).routes,
        ]

    async def start(self, request: Request) -> Response:
        """Show what can be tried."""
        org, sandbox = self._salesforce.org, self._sandbox
        runs = await runs_of(sandbox.dashboard_url, closed_sales(org))
        cards = Cards(org, runs, sandbox.behaviour.report_omits)
        done = DONE.get(request.query_params.get("done", ""), "")
        first = cards.first() or "<p>This world has no sales to try. Choose the demo world under <i>Begin anew</i>.</p>"
        body = (
            f"{_said(done)}<p>These are stand-ins of all vendors, with data to try things on. Close a sale, follow its "
            f"run in Prefect, and see what it did in each system.</p>{self._links()}"
            f"<div id='standing'>{standing(sandbox)}</div><div id='first'>{first}</div>"
            f"<h2 id='switches'>Switches</h2>{switches(sandbox)}<div id='others'>{cards.others()}</div>"
            f"{self._clients()}<h2>More to try</h2><div class='links'>{''.join(_tile(*one) for one in _MORE)}</div>"
            f"{self._raw()}<script>{_SCRIPT}</script>"
        )
        return page("Start here", body, here="/")

    async def prefect(self, request: Request) -> Response:
        """Go to Prefect's dashboard, to a part of it (`to`), or to a page by its key (`page`)."""
        dashboard = self._sandbox.dashboard_url
        if not dashboard:
            return not_there(_ALONE)
        if key := request.query_params.get("page", ""):
            return RedirectResponse(await page_address(dashboard, key), 303)
        part = request.query_params.get("to", "")
        return RedirectResponse(f"{dashboard}/v2/{part if part in ('deployments', 'runs') else ''}", 303)

    async def run(self, request: Request) -> Response:
        """Go to the run of an opportunity, as soon as there is one."""
        dashboard, opportunity = self._sandbox.dashboard_url, request.path_params["opportunity"]
        if not dashboard:
            return not_there(_ALONE)
        run = (await runs_of(dashboard, [opportunity])).get(opportunity)
        if run:
            return RedirectResponse(run_address(dashboard, run.id), 303)
        every = f"{dashboard}/v2/runs?tags={quote(f'opportunity:{opportunity}')}"
        waits = "<p>Its run has not begun yet. This page looks again every two seconds.</p>"
        return page("No run yet", f"{_REFRESH}{waits}<p>{link(every, 'All its runs in Prefect')}</p>", here="/")

    async def workbook(self, _: Request) -> Response:
        """Save the workbook of an account transition."""
        text = transition_workbook(self._salesforce.org)
        if not text:
            return not_there(f"This world has no accounts of {LEAVER}. Choose the demo world under Begin anew.")
        return Response(text, media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{NAME}"'})

    def _links(self) -> str:
        tiles = [
            _tile("/salesforce", "Salesforce", "Opportunities, accounts, contracts, contacts: change any field"),
            _tile("/slack/", "Slack", "Questions with buttons, workbooks, notices"),
            _tile("/lms", "LMS", "Companies, users, modules, publications"),
            _tile("/recurly", "Recurly", "Accounts and subscriptions"),
            _tile("/outreach", "Outreach", "Prospects, owners, sequences"),
            _tile("/mail", "Mail", "What reached whom, with attachments"),
        ]
        if self._sandbox.dashboard_url:
            tiles[:0] = [
                _tile("/prefect", "Prefect", "Every run, step by step; retry, resume, artifacts"),
                _tile("/prefect?page=lifecycle-home", "Operations", "What waits, failed and ends soon; every account"),
            ]
        if health := self._receiver_health():
            tiles.append(_tile(health, "Receiver", "Takes the messages of Salesforce and Slack: its health"))
        return f"<div class='links'>{''.join(tiles)}</div>"

    def _receiver_health(self) -> str:
        outbound = urlsplit(self._sandbox.behaviour.outbound_url or "")
        return f"{outbound.scheme}://{outbound.netloc}/health" if outbound.netloc else ""

    def _clients(self) -> str:
        """The clients in service that are there to show something: those whose service ends, and those that drifted."""
        rows = self._salesforce.org.endings
        parts = (
            ("Clients whose service ends", _ENDS, [one for one in rows if _DRIFT not in one["shows"]]),
            ("Clients whose systems disagree", _DRIFTS, [one for one in rows if _DRIFT in one["shows"]]),
        )
        head = ("Client", "Shows")
        return "".join(
            f"<details><summary>{title}</summary><p>{text}</p>{table(head, clients(some))}</details>"
            for title, text, some in parts
            if some
        )

    def _raw(self) -> str:
        rows = [
            [
                name,
                link(f"/_control/state?system={name}", "state"),
                link(f"/_control/journal?system={name}", "requests"),
            ]
            for name in self._sandbox.systems
        ]
        head = ("System", "Everything it has", "Every request it got")
        return f"<details><summary>Raw data, as JSON</summary>{table(head, rows)}</details>"


def _said(text: str) -> str:
    return f"<p class='notice' role='status' id='done'>{escape(text)}</p>" if text else ""


def _tile(address: str, name: str, text: str) -> str:
    return f"<a href='{escape(address)}'><b>{escape(name)}</b><span>{escape(text)}</span></a>"
