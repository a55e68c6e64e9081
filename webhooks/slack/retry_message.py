"""The message about failed runs after a press: who retried what, and when, in place of the buttons (REC-3).

The message is derived from Prefect each time, for all of its buttons. Two presses at once thus end in the same message,
whichever is shown last.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, Final

from rules.questions.failures import RETRIED
from webhooks.runs.flow_runs import FlowRun
from webhooks.runs.prefect_runs import PrefectRuns
from webhooks.slack.payload import ButtonPress, RetryAllValue, RetryValue, parse_value

Block = dict[str, Any]
GROUP: Final = "failures:"
"""The beginning of the id of a block that heads a group of failures; the rows of its runs follow it."""


@dataclass(frozen=True)
class _Buttons:
    """The buttons of a message: by the number of the block."""

    rows: Mapping[int, RetryValue]
    groups: Mapping[int, RetryAllValue]


def retry_all_key(press: ButtonPress, value: RetryAllValue) -> str:
    """The idempotency key of the retry that a button starts: one for each group of each message."""
    return f"retry-all:{press.message}:{value.retry}:{value.vendor}"


class RetryMessage:
    """Derives the layout of messages about failed runs. One per process."""

    def __init__(self, runs: PrefectRuns) -> None:
        self._runs = runs

    async def refreshed(self, press: ButtonPress) -> tuple[Block, ...] | None:
        """The layout of the message as it must be now; None if that is what the member saw.

        Raises:
            PrefectError: Prefect did not answer.
        """
        buttons = _buttons_of(press.blocks)
        outcomes = await self._groups(press, buttons.groups) | await self._rows(buttons.rows)
        blocks: list[Block] = []
        is_started = False
        for number, block in enumerate(press.blocks):
            if str(block.get("block_id", "")).startswith(GROUP):
                is_started = number in outcomes
            if number in outcomes:
                blocks.append(_without_button(block, outcomes[number]))
            elif is_started and number in buttons.rows:
                blocks.append(_without_button(block, ""))
            else:
                blocks.append(block)
        return tuple(blocks) if tuple(blocks) != press.blocks else None

    async def _rows(self, rows: Mapping[int, RetryValue]) -> dict[int, str]:
        """For each run that is no longer failed as the message says: who retried it."""
        if not rows:
            return {}
        ids = sorted({str(row.run) for row in rows.values()})
        runs = {run.id: run for run in await self._runs.matching({"id": {"any_": ids}})}
        changed = {number: row for number, row in rows.items() if _state_of(runs, row) != str(row.failure)}
        return {number: await self._outcome(row) if str(row.run) in runs else GONE for number, row in changed.items()}

    async def _outcome(self, row: RetryValue) -> str:
        notes = await self._runs.inputs(str(row.run), f"{RETRIED}{row.failure}")
        return _noted(next(iter(notes.values()))) if notes else "Retried, or changed, in the dashboard."

    async def _groups(self, press: ButtonPress, groups: Mapping[int, RetryAllValue]) -> dict[int, str]:
        """For each group that was retried from this message: who did it."""
        if not groups:
            return {}
        keys = {retry_all_key(press, value): number for number, value in groups.items()}
        started = await self._runs.matching({"idempotency_key": {"any_": sorted(keys)}})
        found = ((keys[run.idempotency_key], run) for run in started if run.idempotency_key in keys)
        return {number: f"All retried by {_escaped(_by(run))} {_at(run.created)}" for number, run in found}


GONE: Final = "The run no longer exists."


def _buttons_of(blocks: Sequence[Block]) -> _Buttons:
    values = dict(_values(blocks))
    rows = {number: value for number, value in values.items() if isinstance(value, RetryValue)}
    groups = {number: value for number, value in values.items() if isinstance(value, RetryAllValue)}
    return _Buttons(rows, groups)


def _values(blocks: Sequence[Block]) -> Iterable[tuple[int, object]]:
    for number, block in enumerate(blocks):
        button = block.get("accessory")
        if isinstance(button, dict) and isinstance(button.get("value"), str):
            yield number, parse_value(button["value"])


def _state_of(runs: Mapping[str, FlowRun], row: RetryValue) -> str:
    run = runs.get(str(row.run))
    return run.state.id if run else ""


def _without_button(block: Block, outcome: str) -> Block:
    """The block with a line of outcome in place of its button."""
    rest = {name: value for name, value in block.items() if name != "accessory"}
    text = rest.get("text")
    if outcome and isinstance(text, dict):
        rest["text"] = text | {"text": f"{text.get('text', '')}\n:recycle: {outcome}"}
    return rest


def _noted(note: str) -> str:
    """Who retried a run and when, from the note that was saved with it."""
    try:
        values = json.loads(note)
        user, who, at = str(values["user"]), str(values["who"]), datetime.fromisoformat(values["at"])
    except (ValueError, KeyError, TypeError):
        return "Retried."
    return f"Retried by {f'<@{_escaped(user)}>' if user else _escaped(who)} {_at(at)}"


def _by(run: FlowRun) -> str:
    return str(run.labels.get("started-by", "somebody"))


def _at(moment: datetime) -> str:
    """A moment that Slack shows in the time zone of each reader."""
    return f"<!date^{int(moment.timestamp())}^on {{date_short}} at {{time}}|at {moment:%H:%M} UTC>"


def _escaped(text: str) -> str:
    return escape(text, quote=False)
