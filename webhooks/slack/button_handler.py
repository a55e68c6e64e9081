"""Handles a press of a button in a question: saves the answer with its run, then wakes the run (D-4).

The answer is saved first. A run looks for its answers whenever its body runs, and before it suspends itself. So a
later failure cannot lose the answer.
"""

import json
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from html import escape
from typing import Any

from rules.questions.questions import Decision
from webhooks.common.errors import MissingError
from webhooks.runs.flow_runs import FlowRun
from webhooks.runs.prefect_runs import PrefectRuns
from webhooks.runs.waking import RunWaker, WakeSignal, has_failed_otherwise
from webhooks.slack.payload import ButtonPress, ButtonValue

logger = logging.getLogger(__name__)


class ButtonOutcome(StrEnum):
    """The result of a press, for logs and metrics."""

    ANSWERED = "answered"
    REPLAYED = "replayed"
    REFUSED = "refused"
    TOO_LATE = "too late"
    STARTED = "repair started"
    RETRIED = "retried"
    FAILED = "failed"


@dataclass(frozen=True)
class Reply:
    """The result of a press.

    Attributes:
        text: the message to the member in Slack's mrkdwn; "" for no message.
        blocks: the new layout of the button's message; None if it stays as it is.
    """

    outcome: ButtonOutcome
    text: str
    blocks: tuple[dict[str, Any], ...] | None = None


def refused(user: str, may: Collection[str]) -> Reply | None:
    """The reply to a member who may not press the button; None for one who may."""
    if not may or user in may:
        return None
    people = " or ".join(f"<@{escape(member)}>" for member in may)
    return Reply(ButtonOutcome.REFUSED, f"Only {people} can answer this. Nothing was changed.")


class ButtonHandler:
    """Handles presses of buttons. One per process."""

    def __init__(self, runs: PrefectRuns, waker: RunWaker) -> None:
        self._runs, self._waker = runs, waker

    async def handle(self, press: ButtonPress, value: ButtonValue, arrived: datetime) -> Reply:
        """Save the answer with its run and wake the run, if the member may answer.

        Raises:
            PrefectError: Prefect did not confirm it; pressing again is harmless.
        """
        reply = await self._answer(press, value, arrived)
        details = {"run": str(value.run), "outcome": reply.outcome.value, "reason": press.key}
        logger.info("pressed", extra=details)
        return reply

    async def _answer(self, press: ButtonPress, value: ButtonValue, arrived: datetime) -> Reply:
        if refusal := refused(press.user, value.may):
            return refusal
        run_id = str(value.run)
        try:
            run = await self._runs.read(run_id)
            if text := _too_late(run):
                return Reply(ButtonOutcome.TOO_LATE, text)
            if not await self._runs.add_input(run_id, press.key, _stored_answer(press, value, arrived)):
                return Reply(ButtonOutcome.REPLAYED, "")
            # Read again: the run may have changed its state before the answer was there.
            run = await self._runs.read(run_id)
        except MissingError:
            return Reply(ButtonOutcome.TOO_LATE, "This run no longer exists, so there is nothing to answer.")
        await self._waker.wake(run, WakeSignal(press.key, arrived, answers=True))
        return Reply(ButtonOutcome.ANSWERED, _too_late(run) or _confirmation(press, value, run))


def _stored_answer(press: ButtonPress, value: ButtonValue, arrived: datetime) -> str:
    answer = {
        "who": press.user_name,
        "user": press.user,
        "via": "Slack",
        "at": arrived.isoformat(timespec="seconds"),
        "decision": value.decision,
        "topic": value.topic,
        "choice": value.choice,
    }
    return json.dumps(answer)


def _too_late(run: FlowRun) -> str:
    """Why the run takes no more answers, or ""."""
    match run.state.type:
        case "COMPLETED":
            return f"{_name(run)} has already finished, so there is nothing to answer."
        case "CANCELLED" | "CANCELLING":
            return f"{_name(run)} was cancelled, so there is nothing to answer."
        case _:
            return ""


def _confirmation(press: ButtonPress, value: ButtonValue, run: FlowRun) -> str:
    name = _name(run)
    if has_failed_otherwise(run):
        return f"Your answer is saved, but {name} has failed. The run reads it when somebody presses Retry there."
    match value.decision:
        case Decision.CHECK:
            return f"Checking again: {name}."
        case Decision.CANCEL if run.state.type == "RUNNING":
            return f"Your answer is saved, but {name} is running. It stops unless it has already passed its question."
        case Decision.CANCEL:
            return f"Cancelled: {name} stops here."
        case Decision.CHOOSE:
            label = escape(press.label or value.choice, quote=False)
            return f"Saved: {label}. {name} continues."


def _name(run: FlowRun) -> str:
    return f"*{escape(run.name, quote=False)}*"
