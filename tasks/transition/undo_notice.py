"""The message in Slack that a move was undone, where its plan was approved (TRN-10)."""

from collections.abc import Sequence
from uuid import UUID

from prefect.exceptions import ObjectNotFound

from blocks.slack.block import Posted
from rules.common.text import counted
from rules.transition.undo import Reversal
from tasks.core.artifacts import artifact_page
from tasks.questions.history import load_history
from tasks.runs.claims import created, page, present_run
from tasks.slack.messages import Announced
from tasks.slack.notices import announce_undo
from tasks.templates import render
from tasks.transition.past_moves import PastMove
from tasks.transition.reports import undo_key

MOST_NAMED = 5
"""The number of things not restored that the message lists; the page lists all."""


async def notify_of_undo(move: PastMove, outcome: str, back: Reversal) -> Announced:
    """Tell team leads what went back and what stays, in the thread of the plan; each undo of a move once."""
    place = await _place_of_approval(move.workbook_run)
    return await announce_undo(
        f"undone:{move.run_id}",
        move.name,
        undo_text(move, outcome, len(back.changes), back.kept, await artifact_page(undo_key(move.order.account_id))),
        since=created(),
        channel=place.channel if place else "",
        thread_ts=place.ts if place else None,
    )


def undo_text(move: PastMove, outcome: str, fields: int, stays: Sequence[str], undo_page: str) -> str:
    """The message, in Slack's markup; `undo_page` shows every value."""
    return render(
        "undone.slack",
        name=move.name,
        outcome=outcome,
        fields=counted(fields, "field"),
        stays=stays[:MOST_NAMED],
        more=len(stays[MOST_NAMED:]),
        page_url=undo_page,
        run_url=page(present_run().id),
    ).strip()


async def _place_of_approval(workbook_run: str) -> Posted | None:
    """The message in Slack in which the workbook's run asked for the approval of its plan; None where there is none."""
    if not workbook_run:
        return None
    try:
        history = await load_history(UUID(workbook_run))
    except ObjectNotFound:
        return None
    return next((posted for _, posted in history.posted), None)
