"""The start page, one page with one address: how far runs act, what waits, failed and ends soon, where the rest is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort

from blocks.salesforce.block import SalesforceOrg
from rules.common.local_time import local_time
from rules.common.text import counted
from rules.questions.failures import FailedRun
from rules.questions.waiting import WaitingLine, total
from tasks.core.artifacts import artifact_pages, keep_page, newest_pages, rows_shown_now
from tasks.core.connections import connection
from tasks.core.dashboard import all_pages, page_of_artifact, run_form
from tasks.core.steps import read_task
from tasks.deactivation.sweep_reports import ENDING_KEY, OUTLOOK_KEY
from tasks.deactivation.sweep_reports import KEY as SWEEP_KEY
from tasks.questions.failure_reports import PAGE_KEY as FAILED_KEY
from tasks.questions.sweep_reports import KEY as WAITING_KEY
from tasks.reconciliation.reports import KEY as DRIFT_KEY
from tasks.runs.account_page import account_page_key
from tasks.runs.claims import UNDER_WAY, every_run, page, server
from tasks.templates import render

KEY = "lifecycle-home"
"""The key of the start page."""
SOON = timedelta(days=30)
"""How far ahead the page lists ends of service."""
LISTED = 10
"""Rows of a list; its own page has all."""
ACCOUNTS = 15
"""Accounts that the page links to: those that were changed last."""
_NEW = "# Customer lifecycle\n\nThe first figures come within five minutes, from the deployment *waiting/reminders*."
_PAGES = {
    WAITING_KEY: "All open questions",
    FAILED_KEY: "All failed runs",
    SWEEP_KEY: "The last check of ending contracts",
    OUTLOOK_KEY: "The last outlook on 90 days",
    DRIFT_KEY: "The last report about drift",
    "weekly-report": "The last weekly report",
    "health-check": "The last health check",
}
"""The pages that the start page links to where they exist, with the words of the links."""
PREVIEWS = 20
"""Runs among which the last one is sought that was no preview."""
UPDATES = "reminders"
"""The deployment that updates the page."""
_NIGHTLY = {"end-of-contract": "Ending contracts", "reconciliation": "Reconciliation"}
"""The deployments whose last run the page shows."""


class Ending(NamedTuple):
    """A service that ends soon."""

    last_day: date
    name: str
    url: str
    why: str


class LastRun(NamedTuple):
    """The last run of a scheduled deployment."""

    what: str
    state: str
    at: str
    url: str


@dataclass(frozen=True)
class StartPage:
    """The content of the start page.

    Attributes:
        at: when it was made, for people.
        mode: how far runs act, and why (ADR-17).
        onboarded: onboardings that were completed since Monday.
        under_way: onboardings that run or wait now.
        accounts: names and addresses of the pages of the accounts that were changed last.
        pages: words and addresses of the other pages.
        search: the address of the list of all pages.
        update: the address of the form that updates this page.
    """

    at: str
    zone: ZoneInfo
    mode: str
    waiting: Sequence[WaitingLine] = ()
    failures: Sequence[FailedRun] = ()
    endings: Sequence[Ending] = ()
    nightly: Sequence[LastRun] = ()
    onboarded: int = 0
    under_way: int = 0
    accounts: Sequence[tuple[str, str]] = ()
    pages: dict[str, str] = field(default_factory=dict)
    search: str = ""
    update: str = ""

    @property
    def is_checked(self) -> bool:
        """Whether ending contracts were checked at least once; without it, no end is known."""
        return _PAGES[SWEEP_KEY] in self.pages


@read_task("Update the start page")
async def show_start_page(
    waiting: Sequence[WaitingLine], failures: Sequence[FailedRun], mode: str, today: date, zone: ZoneInfo
) -> str:
    """Update the start page; its address, which stays the same.

    Args:
        waiting: the open questions, the oldest first.
        failures: the failed runs that nobody has retried, the newest first.
        mode: how far runs act, and why.
        today: in the org's time zone.
        zone: of the org.
    """
    onboarded, under_way = await _onboardings(today, zone)
    found = await artifact_pages([*_PAGES])
    shown = StartPage(
        at=local_time(datetime.now(UTC), zone),
        zone=zone,
        mode=mode,
        waiting=waiting,
        failures=failures,
        endings=await _endings(today),
        nightly=await _last_runs(zone),
        onboarded=onboarded,
        under_way=under_way,
        accounts=await _accounts(),
        pages={words: found[key] for key, words in _PAGES.items() if key in found},
        search=all_pages(),
        update=await _update_form(),
    )
    return await keep_page(start_page_text(shown), key=KEY, description=summary(shown))


async def start_page() -> str:
    """The address of the start page; where there is none yet, a page is made that says when the first figures come."""
    pages = await artifact_pages([KEY])
    return pages.get(KEY) or await keep_page(_NEW, key=KEY, description="Start page")


def start_page_text(shown: StartPage) -> str:
    """The start page as Markdown."""
    return render(
        "start_page.md",
        page=shown,
        total=f"{total(shown.waiting):,.2f}",
        listed=LISTED,
        since=lambda moment: local_time(moment, shown.zone),
    )


def summary(shown: StartPage) -> str:
    """The start page in a line."""
    waits, failed = counted(len(shown.waiting), "open question"), counted(len(shown.failures), "failed run")
    return f"Start page: {waits}, {failed}, {counted(len(shown.endings), 'service')} about to end. As of {shown.at}."


async def _endings(today: date) -> list[Ending]:
    """The services that end soon, by the last check of ending contracts."""
    org = await connection(SalesforceOrg)
    rows = [(date.fromisoformat(row["Last day"]), row) for row in await rows_shown_now(ENDING_KEY)]
    return [
        Ending(day, row["Name"], org.record_url(row["Account"]), row["Discrepancy"])
        for day, row in rows
        if today <= day <= today + SOON
    ]


async def _update_form() -> str:
    """The form of the deployment that updates the page; "" while there is none."""
    found = await server().read_deployments(
        deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[UPDATES]))
    )
    return run_form(found[0].id) if found else ""


async def _last_runs(zone: ZoneInfo) -> list[LastRun]:
    found = [(what, await _last_run(deployment)) for deployment, what in _NIGHTLY.items()]
    return [
        LastRun(what, run.state_name or "", local_time(run.start_time, zone), page(run.id))
        for what, run in found
        if run and run.start_time
    ]


async def _last_run(deployment: str) -> FlowRun | None:
    found = await server().read_flow_runs(
        deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[deployment])),
        flow_run_filter=FlowRunFilter(start_time=FlowRunFilterStartTime(is_null_=False)),
        sort=FlowRunSort.START_TIME_DESC,
        limit=PREVIEWS,
    )
    return next(iter(_real(found)), None)


async def _onboardings(today: date, zone: ZoneInfo) -> tuple[int, int]:
    """The onboardings that were completed since Monday, and those that are under way."""
    monday = datetime.combine(today - timedelta(days=today.weekday()), time(), zone)
    flow = FlowFilter(name=FlowFilterName(any_=["onboarding"]))
    week = FlowRunFilter(start_time=FlowRunFilterStartTime(after_=monday))
    active = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(UNDER_WAY))))
    done = [run for run in await every_run(week, FlowRunSort.ID_DESC, flow) if run.state_name == "Completed"]
    return len(_real(done)), len(_real(await every_run(active, FlowRunSort.ID_DESC, flow)))


def _real(runs: Sequence[FlowRun]) -> list[FlowRun]:
    return [run for run in runs if not run.parameters.get("preview")]


async def _accounts() -> list[tuple[str, str]]:
    found = await newest_pages(account_page_key("%"), ACCOUNTS)
    return [(one.description or str(one.key), page_of_artifact(one.latest_id)) for one in found]
