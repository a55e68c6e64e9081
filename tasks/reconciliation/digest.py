"""The message to CS Operations about drift that is new, with a button to repair it (REC-2)."""

import json
from datetime import datetime
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from blocks.policy.block import Policy
from rules.common.records import Change
from rules.reconciliation.report import Report, Section
from tasks.core.connections import connection
from tasks.core.locks import SLACK_QUESTIONS, lock
from tasks.core.steps import write_task
from tasks.reconciliation.reports import KEY
from tasks.runs.claims import artifact_page
from tasks.slack.messages import Announced, post_once, slack_members
from tasks.templates import render

MOST_NAMES = 5
"""Clients of a sentence that the message names."""
MOST_SECTIONS = 20
"""A message holds 50 blocks; a sentence takes two."""


async def digest(report: Report) -> tuple[str, list[dict[str, Any]]]:
    """Text and blocks of the message about what is new."""
    allowed = await slack_members.fn((await connection(Policy)).cs_operations)
    may, page = sorted(allowed.values()), artifact_page(KEY)
    text = render("drift.slack", report=report, page=page).strip()
    blocks: list[Block] = [_section(text)]
    for section in report.new[:MOST_SECTIONS]:
        blocks.append(_section(render("drift_section.slack", section=section, most=MOST_NAMES).strip()))
        if section.repairable:
            blocks.append(_buttons(section, may))
    return text, [block.to_dict() for block in blocks]


@write_task("Tell CS Operations what has drifted", keyed_by=("key",))
async def post_drift(key: str, *, text: str, blocks: list[dict[str, Any]], since: datetime) -> Announced:
    """Post the message in the CS Operations channel, once (REC-2). The key is `drift:<run id>`."""
    channel = (await connection(Policy)).cs_ops_channel
    change = Change("Slack", f"Channel {channel}", "Message", "", "New drift", "REC-2")
    async with lock(SLACK_QUESTIONS):
        return await post_once(channel, key, text, change, since=since, blocks=blocks)


def _buttons(section: Section, may: list[str]) -> ActionsBlock:
    key = section.sentence.key
    repair = _button(section, "Repair", may, preview=False)
    repair.style = "primary"
    repair.confirm = ConfirmObject(
        title="Start the repair?",
        text=f"{section.repairable} of {section.count} offenders are repaired, each by a run that you can follow.",
        confirm="Start",
        deny="Back",
    )
    return ActionsBlock(block_id=key, elements=[_button(section, "Preview the repair", may, preview=True), repair])


def _button(section: Section, label: str, may: list[str], *, preview: bool) -> ButtonElement:
    value = json.dumps({"repair": section.sentence.key, "preview": preview, "may": may})
    action = "preview" if preview else "repair"
    return ButtonElement(text=PlainTextObject(text=label), action_id=action, value=value)


def _section(text: str) -> SectionBlock:
    return SectionBlock(text=MarkdownTextObject(text=text))
