"""A button pressed in Slack: the answer is left with its run, and the run is woken (D-4).

The answer is written first. A run looks for its answers whenever its body runs, and before it comes to rest; so
whatever goes wrong afterwards, the answer is not lost.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from html import escape

from rules.questions.questions import Decision
from webhooks.common.errors import MissingError
from webhooks.runs.prefect_runs import FlowRun, PrefectRuns
from webhooks.runs.waking import RunWaker, WakeSignal, has_failed_otherwise
from webhooks.slack.payload import Press

logger = logging.getLogger(__name__)


class Outcome(StrEnum):
    """What became of an interaction or an event."""

    ANSWERED = "answered"
    REPLAYED = "replayed"
    REFUSED = "refused"
    TOO_LATE = "too late"
    FAILED = "failed"
    NOT_OURS = "not ours"
    NOTED = "noted"


@dataclass(frozen=True)
class Reply:
    """What became of a press, and the word to the presser in Slack's mrkdwn; "" when there is none."""

    outcome: Outcome
    text: str


class ButtonHandler:
    """Takes answers to runs' questions."""

    def __init__(self, runs: PrefectRuns, waking: RunWaker) -> None:
        self._runs, self._waking = runs, waking

    async def take(self, press: Press, arrived: datetime) -> Reply:
        """Leave the answer with its run and wake it, when the presser may.

        Raises:
            PrefectError: Prefect did not confirm it; pressing again is harmless.
        """
        reply = await self._take(press, arrived)
        facts = {"run": str(press.answer.run), "outcome": reply.outcome.value, "reason": press.key}
        logger.info("pressed", extra=facts)
        return reply

    async def _take(self, press: Press, arrived: datetime) -> Reply:
        may, run_id = press.answer.may, str(press.answer.run)
        if may and press.user not in may:
            people = " or ".join(f"<@{escape(each)}>" for each in may)
            return Reply(Outcome.REFUSED, f"This is for {people} to answer. Nothing was done.")
        try:
            run = await self._runs.read(run_id)
            over = _over(run)
            if over:
                return Reply(Outcome.TOO_LATE, over)
            if not await self._runs.add_input(run_id, press.key, _stored(press, arrived)):
                return Reply(Outcome.REPLAYED, "")
            # Read again: what it was before the answer was there says nothing about what it has seen.
            run = await self._runs.read(run_id)
        except MissingError:
            return Reply(Outcome.TOO_LATE, "This no longer exists: there is nothing left to answer.")
        await self._waking.wake(run, WakeSignal(press.key, arrived, answers=True))
        return Reply(Outcome.ANSWERED, _over(run) or _taken(press, run))


def _stored(press: Press, arrived: datetime) -> str:
    answer = {
        "who": press.who,
        "user": press.user,
        "via": "Slack",
        "at": arrived.isoformat(timespec="seconds"),
        "decision": press.answer.decision,
        "topic": press.answer.topic,
        "choice": press.answer.choice,
    }
    return json.dumps(answer)


def _over(run: FlowRun) -> str:
    match run.state.type:
        case "COMPLETED":
            return f"{_name(run)} is finished already: there is nothing left to answer."
        case "CANCELLED" | "CANCELLING":
            return f"{_name(run)} was cancelled; nothing is to be answered."
        case _:
            return ""


def _taken(press: Press, run: FlowRun) -> str:
    name = _name(run)
    if has_failed_otherwise(run):
        return f"Noted, but {name} has stopped by an error. Your answer is kept until somebody presses Retry there."
    match press.answer.decision:
        case Decision.CHECK:
            return f"Checking again: {name}."
        case Decision.CANCEL if run.state.type == "RUNNING":
            return f"Noted, but {name} is at work at this moment: it stops unless it has gone past its question."
        case Decision.CANCEL:
            return f"Cancelled: {name} stops here."
        case Decision.CHOOSE:
            return f"Noted: {escape(press.label, quote=False)}. {name} goes on."


def _name(run: FlowRun) -> str:
    return f"*{escape(run.name, quote=False)}*"
