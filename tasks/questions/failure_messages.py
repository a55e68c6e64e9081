"""The message to CS Operations about failed runs, with buttons that retry them (REC-3)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from slack_sdk.models.blocks import (
    Block,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    PlainTextObject,
    SectionBlock,
)

from rules.questions.failures import FailedRun, FailureGroup
from tasks.core.runbook import state_card
from tasks.slack.layout import LONGEST_TEXT, button_value, markdown, text_section
from tasks.templates import render

Blocks = list[dict[str, Any]]
MOST_ROWS = 10
"""Runs with a button each; of more, the message has counts and a button for each group."""
MOST_GROUPS = 20
MOST_NAMED = 5
"""Runs that a group names when there are too many for a button each."""
LONGEST_MESSAGE = 300
"""Characters of a failure's message that are shown; the run's page shows all."""


def failure_message(
    groups: Sequence[FailureGroup], may: Sequence[str], zone: ZoneInfo, page: str
) -> tuple[str, Blocks]:
    """Text and blocks of the message, within Slack's limits.

    Args:
        groups: the failures, at least one.
        may: the member ids of those who may press the buttons; empty if everybody in the channel may.
        zone: of the times.
        page: the address of the page that lists all failures.
    """
    count = sum(len(group.runs) for group in groups)
    intro = render("failures.slack", count=count).strip()
    blocks: list[Block] = [text_section(intro)]
    for group in groups[:MOST_GROUPS]:
        blocks.append(_header(group, may, zone, named=MOST_NAMED if count > MOST_ROWS else 0))
        if count <= MOST_ROWS:
            blocks += [_row(run, may, zone) for run in group.runs]
    retryable = any(group.kind.retryable for group in groups)
    foot = render("failures_foot.slack", page=page, retryable=retryable, more=len(groups[MOST_GROUPS:]))
    blocks.append(ContextBlock(elements=[markdown(foot)]))
    return _notification(intro, groups), [block.to_dict() for block in blocks]


def at(moment: datetime, zone: ZoneInfo) -> str:
    """A moment for people, with its time zone: `Nov 29, 01:33 EST`."""
    return f"{moment.astimezone(zone):%b %d, %H:%M %Z}"


def _notification(intro: str, groups: Sequence[FailureGroup]) -> str:
    """The text for notifications, and for readers without blocks."""
    lines = [_group_text(group, since="", named=MOST_NAMED) for group in groups[:3]]
    return "\n".join([intro, *lines])[:LONGEST_TEXT]


def _header(group: FailureGroup, may: Sequence[str], zone: ZoneInfo, *, named: int) -> SectionBlock:
    """Who must do what about a group; the receiver knows the block by its id."""
    text = _group_text(group, since=at(group.since, zone), named=named)
    slug, vendor = group.name
    header = text_section(text, f"failures:{slug}:{vendor}")
    if group.kind.retryable and len(group.runs) > 1:
        value = {"retry": slug, "vendor": vendor, "since": group.since.isoformat()}
        header.accessory = _button("Retry all", f"retry-all:{slug}:{vendor}", value, may)
        header.accessory.confirm = ConfirmObject(
            title="Retry all of them?",
            text=f"This retries every run that failed for this reason since {at(group.since, zone)}: "
            f"{len(group.runs)} so far.",
            confirm="Retry all",
            deny="Back",
        )
    return header


def _group_text(group: FailureGroup, *, since: str, named: int) -> str:
    card = state_card(group.kind.state)
    return render("failures_group.slack", group=group, card=card, since=since, named=named).strip()


def _row(run: FailedRun, may: Sequence[str], zone: ZoneInfo) -> SectionBlock:
    text = render("failures_run.slack", run=run, since=at(run.since, zone), longest=LONGEST_MESSAGE).strip()
    row = text_section(text)
    if run.kind.retryable:
        value = {"run": run.run_id, "failure": run.state_id}
        row.accessory = _button("Retry", f"retry:{run.run_id}", value, may)
    return row


def _button(label: str, action: str, value: dict[str, str], may: Sequence[str]) -> ButtonElement:
    return ButtonElement(
        text=PlainTextObject(text=label), action_id=action, value=button_value(value, may), style="primary"
    )
