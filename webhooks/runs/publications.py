"""Starts the runs of one client's publications (PUB-1, PUB-5)."""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Final
from weakref import WeakValueDictionary

from rules.publications.requests import Requested
from webhooks.runs.flow_runs import FlowRun, NewRun
from webhooks.runs.prefect_runs import PrefectRuns

TAG: Final = "publications"
# A run whose process died before it started stays pending for ever: it must not absorb later changes.
STARTS_WITHIN: Final = timedelta(minutes=2)


class Publications:
    """Starts runs of publications. One per process."""

    def __init__(self, runs: PrefectRuns, deployment: str) -> None:
        self._runs, self._deployment = runs, deployment
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def of_contract(self, contract_id: str, event: str) -> FlowRun:
        """The run that reads a changed contract: one that has yet to start, otherwise a new one.

        Args:
            contract_id: 18 characters.
            event: names the change; the same event again is the same run.

        Raises:
            PrefectError: Prefect did not confirm it.
        """
        tag = f"contract:{contract_id}"
        # Several edits in a row arrive at once: the first starts a run, the others find it.
        async with self._locks.setdefault(contract_id, asyncio.Lock()):
            for run in await self._runs.not_begun((TAG, tag)):
                if _will_start(run):
                    return run
            return await self._runs.start(
                NewRun(
                    self._deployment,
                    key=f"{TAG}:{contract_id}:{event}",
                    parameters={"contract_id": contract_id, "preview": False},
                    tags=(TAG, tag),
                    by="Salesforce",
                )
            )

    async def requested(self, account_id: str, request: Requested, form: str) -> FlowRun:
        """The run of a request from Slack.

        Args:
            account_id: 18 characters.
            request: the change, and the person who requested it.
            form: id of the submitted form; the same form again is the same run.

        Raises:
            PrefectError: Prefect did not confirm it.
        """
        return await self._runs.start(
            NewRun(
                self._deployment,
                key=f"{TAG}:{account_id}:slack:{form}",
                parameters={"account_id": account_id, "request": asdict(request), "preview": False},
                tags=(TAG, f"account:{account_id}"),
                by=f"Slack ({request.requested_by})",
            )
        )


def _will_start(run: FlowRun) -> bool:
    return run.state.type == "SCHEDULED" or datetime.now(UTC) - run.state.timestamp < STARTS_WITHIN
