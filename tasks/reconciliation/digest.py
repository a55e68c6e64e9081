"""The message to CS Operations about drift that is new, with a button to repair it (REC-2)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    PlainTextObject,
)

from rules.reconciliation.report import Report, Section
from tasks.core.artifacts import artifact_page
from tasks.core.steps import write_task
from tasks.questions.slack import cs_ops_members
from tasks.reconciliation.reports import KEY
from tasks.slack.layout import LONGEST_TEXT, button_value, text_section
from tasks.slack.messages import Announced, post_for_cs_ops
from tasks.templates import render

MOST_NAMES = 5
"""Clients of a sentence that the message names."""
LONGEST_SHOWN = 120
"""Characters of a name or a value that the message shows: one offender always fits. The report shows all."""
MOST_SECTIONS = 20
"""A message holds 50 blocks; a sentence takes two."""


async def digest(report: Report) -> tuple[str, list[dict[str, Any]]]:
    """Text and blocks of the message about what is new."""
    return drift_message(report, await cs_ops_members(), await artifact_page(KEY))


def drift_message(report: Report, may: Sequence[str], page: str) -> tuple[str, list[dict[str, Any]]]:
    """Text and blocks of the message, within Slack's limits.

    Args:
        report: with something new.
        may: the member ids of those who may press the buttons; empty if everybody in the channel may.
        page: the address of the report.
    """
    text = render("drift.slack", report=report, page=page).strip()
    blocks: list[Block] = [text_section(text)]
    for section in report.new[:MOST_SECTIONS]:
        blocks.append(text_section(_names(section)))
        if section.repairable:
            blocks.append(_buttons(section, may))
    return text, [block.to_dict() for block in blocks]


@write_task("Tell CS Operations what has drifted", keyed_by=("key",))
async def post_drift(key: str, *, text: str, blocks: list[dict[str, Any]], since: datetime) -> Announced:
    """Post the message in the CS Operations channel, once (REC-2). The key is `drift:<run id>`."""
    return await post_for_cs_ops(key, text, "New drift", "REC-2", since=since, blocks=blocks)


def _names(section: Section) -> str:
    """The sentence, and as many of the new offenders as a section holds."""
    texts = (
        render("drift_section.slack", section=section, most=most, longest=LONGEST_SHOWN).strip()
        for most in range(MOST_NAMES, -1, -1)
    )
    return next(text for text in texts if len(text) <= LONGEST_TEXT)


def _buttons(section: Section, may: Sequence[str]) -> ActionsBlock:
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


def _button(section: Section, label: str, may: Sequence[str], *, preview: bool) -> ButtonElement:
    key = section.sentence.key
    action = f"{'preview' if preview else 'repair'}:{key}"
    value = button_value({"repair": key, "preview": preview}, may)
    return ButtonElement(text=PlainTextObject(text=label), action_id=action, value=value)
