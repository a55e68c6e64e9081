"""The publications of one client, as the receiver starts them (PUB-1, PUB-5)."""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Final
from weakref import WeakValueDictionary

from rules.publications.requests import Requested
from webhooks.runs.prefect_runs import FlowRun, NewRun, PrefectRuns

TAG: Final = "publications"
# One whose process died before it began stays pending for good: it must not swallow what comes later.
BEGINS_WITHIN: Final = timedelta(minutes=2)


class Publications:
    """Starts the runs that bring a client's publications in line. One per process."""

    def __init__(self, runs: PrefectRuns, deployment: str) -> None:
        self._runs, self._deployment = runs, deployment
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def of_contract(self, contract_id: str, word: str) -> FlowRun:
        """The run that heeds this word of a changed contract: one that has yet to read the record, else a new one.

        Args:
            contract_id: 18 characters.
            word: names the word; the same again is the same run.

        Raises:
            PrefectError: Prefect did not confirm it.
        """
        tag = f"contract:{contract_id}"
        # A record edited many times in a row is told of many times at once: the first starts, the others find.
        async with self._locks.setdefault(contract_id, asyncio.Lock()):
            for run in await self._runs.not_begun((TAG, tag)):
                if _is_to_begin(run):
                    return run
            return await self._runs.start(
                NewRun(
                    self._deployment,
                    key=f"{TAG}:{contract_id}:{word}",
                    parameters={"contract_id": contract_id},
                    tags=(TAG, tag),
                    by="Salesforce",
                )
            )

    async def requested(self, account_id: str, request: Requested, form: str) -> FlowRun:
        """The run that follows a request from Slack.

        Args:
            account_id: 18 characters.
            request: by whom it is, as well.
            form: names the form that was sent; the same again is the same run.

        Raises:
            PrefectError: Prefect did not confirm it.
        """
        return await self._runs.start(
            NewRun(
                self._deployment,
                key=f"{TAG}:{account_id}:slack:{form}",
                parameters={"account_id": account_id, "request": asdict(request)},
                tags=(TAG, f"account:{account_id}"),
                by=f"Slack ({request.requested_by})",
            )
        )


def _is_to_begin(run: FlowRun) -> bool:
    return run.state.type == "SCHEDULED" or datetime.now(UTC) - run.state.timestamp < BEGINS_WITHIN
