"""Handles a press of *Retry* or *Retry all* in the message about failed runs (REC-3).

A run is retried only in the failed state that the button names, so a second press, and a press on an old message,
change nothing. Afterwards the message says who retried what and when: `webhooks.slack.retry_message`.
"""

import json
import logging
from datetime import datetime
from html import escape

from rules.questions.failures import RETRIED
from webhooks.common.errors import MissingError, PrefectError
from webhooks.runs.flow_runs import FlowRun, NewRun
from webhooks.runs.prefect_runs import PrefectRuns
from webhooks.slack.button_handler import ButtonOutcome, Reply, refused
from webhooks.slack.payload import ButtonPress, RetryAllValue, RetryValue
from webhooks.slack.retry_message import RetryMessage, retry_all_key

logger = logging.getLogger(__name__)


class RetryHandler:
    """Retries failed runs. One per process."""

    def __init__(self, runs: PrefectRuns, deployment: str) -> None:
        self._runs, self._deployment, self._message = runs, deployment, RetryMessage(runs)

    async def handle(self, press: ButtonPress, value: RetryValue | RetryAllValue, arrived: datetime) -> Reply:
        """Retry the run, or start the retry of all, if the member may; pressing again is harmless.

        Raises:
            PrefectError: Prefect did not confirm it.
        """
        if refusal := refused(press.user, value.may):
            return refusal
        if isinstance(value, RetryValue):
            outcome, text = await self._retry(press, value, arrived)
        else:
            outcome, text = await self._retry_all(press, value)
        logger.info("pressed", extra={"outcome": outcome.value, "reason": press.key})
        try:
            blocks = await self._message.refreshed(press)
        except PrefectError as error:
            # The retry stands; the next press refreshes the message.
            logger.warning("a message was not refreshed", extra={"reason": str(error)})
            blocks = None
        return Reply(outcome, text, blocks)

    async def _retry(self, press: ButtonPress, value: RetryValue, arrived: datetime) -> tuple[ButtonOutcome, str]:
        run_id, failure = str(value.run), str(value.failure)
        try:
            run = await self._runs.read(run_id)
            if run.state.id == failure:
                note = {"who": press.user_name, "user": press.user, "at": arrived.isoformat(timespec="seconds")}
                await self._runs.add_input(run_id, f"{RETRIED}{failure}", json.dumps(note))
                if await self._runs.retry(run, f"Retried by {press.user_name} in Slack"):
                    return ButtonOutcome.RETRIED, f"Retrying: {_name(run)}."
                run = await self._runs.read(run_id)
        except MissingError:
            return ButtonOutcome.TOO_LATE, "This run no longer exists, so there is nothing to retry."
        return ButtonOutcome.TOO_LATE, _too_late(run)

    async def _retry_all(self, press: ButtonPress, value: RetryAllValue) -> tuple[ButtonOutcome, str]:
        run = await self._runs.start(
            NewRun(
                self._deployment,
                key=retry_all_key(press, value),
                parameters={"failure_class": value.retry, "vendor": value.vendor, "since": value.since},
                tags=(),
                by=f"{press.user_name} in Slack",
            )
        )
        if run.is_new:
            return ButtonOutcome.STARTED, "The retry of all these runs has started: one run a second."
        by = escape(str(run.labels.get("started-by", "somebody")), quote=False)
        return ButtonOutcome.REPLAYED, f"These runs were retried already, by {by}. Later failures are in a new message."


def _too_late(run: FlowRun) -> str:
    """Why a run is not retried."""
    name = _name(run)
    match run.state.type:
        case "COMPLETED":
            return f"{name} was retried and has completed. There is nothing to retry."
        case "FAILED" | "CRASHED":
            return f"{name} was retried and has failed again. Use the newer message."
        case "PAUSED":
            return f"{name} was retried and waits for a person."
        case "CANCELLED" | "CANCELLING":
            return f"{name} was cancelled, so there is nothing to retry."
        case _:
            return f"{name} was retried already and is under way."


def _name(run: FlowRun) -> str:
    return f"*{escape(run.name, quote=False)}*"
