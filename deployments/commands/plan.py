"""Run a procedure as a preview from a shell and print its plan."""

import asyncio
import json
import re
from contextlib import suppress
from datetime import date
from typing import Any

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.client.schemas.objects import Artifact, FlowRun
from prefect.deployments.flow_runs import arun_deployment
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from rich.console import Console
from rich.markdown import Markdown

from deployments.commands.plan_view import show_ends
from deployments.stack.processes import NotReady
from flows.deactivation import OUTLOOK
from tasks.core.dashboard import page_of_artifact
from tasks.deactivation.sweep_reports import OUTLOOK_KEY, OUTLOOK_TABLE

out = Console(highlight=False)

LONGEST = 600.0
"""Seconds to wait for a run."""
_FIRST, _LAST = date(1700, 1, 1), date(4000, 12, 31)
"""The days that Salesforce knows."""


_PICTURE = re.compile(r"!\[[^]]*\]\(data:[^)]*\)")
"""A picture in a page: a terminal would print its bytes."""


class BadDay(ValueError):
    """Raised for a day that cannot be planned; the message says why."""


async def preview(deployment: str, parameters: dict[str, Any]) -> int:
    """Start a preview, wait for it, and print its pages and how it ended; returns 1 if it did not complete."""
    return await run_and_print(deployment, parameters | {"preview": True})


async def run_and_print(deployment: str, parameters: dict[str, Any], key: str = "") -> int:
    """Start a run, wait for it, and print its pages and how it ended; returns 1 if it did not complete.

    Args:
        deployment: `<flow>/<deployment>`.
        parameters: of the flow.
        key: of the page to print; "" for every page.
    """
    run, artifacts = await run_to_end(deployment, parameters)
    for artifact in artifacts:
        if artifact.type == "markdown" and key in ("", artifact.key):
            out.print(Markdown(_PICTURE.sub("", str(artifact.data))))
    out.print(last_word(run), markup=False, soft_wrap=True)
    return 0 if completed(run) else 1


async def preview_ends(on: str) -> int:
    """Print the services that end on each of the 90 days from a day on; returns 1 if the preview did not complete.

    Args:
        on: ISO date; empty for today in the org's time zone.
    """
    try:
        parameters = {"on": _day(on).isoformat()} if on else {}
    except BadDay as bad:
        out.print(str(bad), markup=False, soft_wrap=True)
        return 1
    run, artifacts = await run_to_end("deactivation/end-of-contract", parameters | {"preview": True})
    table = next((json.loads(str(page.data)) for page in artifacts if page.key == OUTLOOK_TABLE), None)
    if table:
        show_ends(table, out)
    out.print(last_word(run), markup=False, soft_wrap=True)
    if not completed(run):
        return 1
    if not table:
        out.print("No service ends in these 90 days.")
    for page in artifacts:
        if page.key == OUTLOOK_KEY:
            out.print(f"In the dashboard: {page_of_artifact(page.id)}", markup=False, soft_wrap=True)
    return 0


def _day(on: str) -> date:
    try:
        day = date.fromisoformat(on)
    except ValueError:
        raise BadDay(f"--on {on!r} is not a date: write it like 2027-03-31.") from None
    if not _FIRST <= day <= _LAST - OUTLOOK:
        raise BadDay(f"--on {on} is beyond Salesforce's dates: years {_FIRST.year} to {_LAST.year}.")
    return day


async def run_to_end(deployment: str, parameters: dict[str, Any]) -> tuple[FlowRun, list[Artifact]]:
    """Start a run on a worker and wait until it ends or asks people, at most ten minutes; it, and its artifacts.

    Raises:
        NotReady: there is no such deployment, or its flow has no such parameters.
    """
    try:
        run = await arun_deployment(deployment, parameters=parameters, timeout=0, as_subflow=False)
    except PrefectHTTPStatusError as error:
        if error.response.status_code != httpx.codes.CONFLICT:
            raise
        raise NotReady(f"{deployment} was not started. {error.response.json()['detail']}") from None
    except ObjectNotFound:
        raise NotReady(f"Prefect has no deployment {deployment}. Run `lifecycle bootstrap`.") from None
    async with get_client() as client:
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST):
                while not _is_at_rest(run):
                    await asyncio.sleep(1)
                    run = await client.read_flow_run(run.id)
        of_run = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run.id]))
        return run, await client.read_artifacts(artifact_filter=of_run)


def _is_at_rest(run: FlowRun) -> bool:
    return run.state is not None and (run.state.is_final() or run.state.is_paused())


def completed(run: FlowRun) -> bool:
    """Whether the run ended as completed."""
    return run.state is not None and run.state.is_completed()


def last_word(run: FlowRun) -> str:
    """Name and message of the run's state."""
    if run.state is None:
        return "The run has no state."
    return f"{run.state.name}: {run.state.message}"
