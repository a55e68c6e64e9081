"""The annotated copy of a workbook: the result of each row, in the file and in Slack (TRN-2)."""

import asyncio
import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from markupsafe import Markup

from rules.common.records import Person
from rules.common.text import join_names, safe_file_name
from rules.transition.plan import TransitionPlan
from rules.transition.progress import MoveProgress, MoveStatus
from rules.transition.rows import RowFault, row_label, wrong_by_row
from tasks.core.artifacts import artifact_page
from tasks.core.errors import BadInput
from tasks.core.policy import load_policy
from tasks.runs.claims import created, page, present_run
from tasks.salesforce.reassignments import read_people
from tasks.slack.files import PostedWorkbook, post_workbook, report_unreadable
from tasks.slack.messages import slack_members
from tasks.templates import render, slack_user
from tasks.transition.approved_plan import ApprovedPlan
from tasks.transition.intake import SUFFIXES, Workbook, parse_workbook
from tasks.transition.reports import NOT_READY, plan_key, progress_key
from tasks.transition.template import annotated
from tasks.transition.workbook import Sheet

READY = "ready"
CHECKED, RESULT = "checked", "result"
_LONGEST_STEM = 120
MOST_NAMED = 5
"""The number of rows that a message lists; the copy lists all."""

States = dict[int, tuple[str, str]]
"""By row, its state and the reason for it."""


async def read_or_report(workbook: Workbook, today: date, *, preview: bool) -> Sheet:
    """The rows of a workbook. If it cannot be read, the person who shared it in Slack gets a message there.

    Raises:
        BadInput: the workbook cannot be read.
    """
    try:
        return await asyncio.to_thread(parse_workbook, workbook, today)
    except BadInput as problem:
        if workbook.get("by") and not preview:
            text = await _text(workbook, (), f"nothing could be read. {problem} Then share it again.", copied=False)
            key = f"transition-unreadable:{present_run().id}"
            channel, thread_ts = workbook.get("thread") or ("", "")
            thread = (channel, thread_ts) if thread_ts else None
            await report_unreadable(key, name=workbook["name"], text=text, since=created(), thread=thread)
        raise


async def send_validation_copy(workbook: Workbook, sheet: Sheet, plan: TransitionPlan, mark: str) -> None:
    """Before the approval, send the team leads a copy that names what is not ready or was left out.

    Args:
        workbook: the workbook.
        sheet: its rows.
        plan: of the workbook; without faults and remarks, nothing is sent.
        mark: of the workbook.
    """
    if not plan.rows_not_ready and not sheet.remarks:
        return
    ready = {move.row.number: (READY, f"{move.name} goes to {move.handover.to_csm.name}.") for move in plan.accounts}
    summary = f"Rows ready: {len(ready)}, not ready: {plan.rows_not_ready}."
    leads = [move.handover.team_lead for move in plan.accounts]
    plan_page = ("Plan", await artifact_page(plan_key(mark)))
    text = await _text(workbook, leads, summary, lines=[*map(str, plan.faults), *sheet.remarks], page_beside=plan_page)
    await _send(workbook, sheet, ready | not_ready(plan.faults), CHECKED, text)


async def send_result(workbook: Workbook, approved: ApprovedPlan, mark: str, moved: Mapping[str, MoveProgress]) -> str:
    """Send the team leads a copy with the result of each row; the address of the message.

    Args:
        workbook: the workbook.
        approved: the approved plan.
        mark: of the workbook.
        moved: by account id, its progress.
    """
    states = results(approved, moved)
    counts = Counter(state for state, _ in states.values())
    summary = f"{join_names([f'{count} {state}' for state, count in counts.items()])}."
    failed = [
        f"Row {row_label(order.row)}, {order.account_name}: {states[order.row][1]}"
        for order in approved.orders
        if states[order.row][0] in (MoveStatus.FAILED, MoveStatus.CALLED_OFF)
    ]
    new_csms = await read_people.labelled("the new CSMs")(sorted({order.new_csm_id for order in approved.orders}))
    leads = [csm.lead for csm in new_csms if csm.lead]
    report = ("Report", await artifact_page(progress_key(mark)))
    text = await _text(workbook, leads, summary, lines=failed, page_beside=report)
    sheet = await asyncio.to_thread(parse_workbook, workbook, (await load_policy()).today)
    return (await _send(workbook, sheet, states, RESULT, text))["url"]


def results(approved: ApprovedPlan, moved: Mapping[str, MoveProgress]) -> States:
    """State and reason of every row, in their order: the progress of its account, or why it is not ready.

    Args:
        approved: the approved plan.
        moved: by account id, its progress.
    """
    progress = {order.row: moved[order.account_id] for order in approved.orders}
    states = {row: (str(move.status), move.message) for row, move in progress.items()}
    return dict(sorted((states | not_ready(approved.row_faults())).items()))


def not_ready(faults: Iterable[RowFault]) -> States:
    """State and reason of the rows that are not ready."""
    return {row: (NOT_READY, message) for row, message in wrong_by_row(faults).items()}


def copy_name(workbook: str, which: str) -> str:
    """The file name of the copy, valid on every system: `book.csv` becomes `book (checked).xlsx`."""
    ending = next((suffix for suffix in SUFFIXES if workbook.lower().endswith(suffix)), "")
    stem = workbook[: len(workbook) - len(ending)][:_LONGEST_STEM]
    return safe_file_name(f"{stem or 'workbook'} ({which}).xlsx")


async def _send(workbook: Workbook, sheet: Sheet, states: States, which: str, text: str) -> PostedWorkbook:
    """Post the copy once for the same states; a Retry with other states posts another copy."""
    digest = hashlib.sha256(json.dumps(sorted(states.items())).encode()).hexdigest()[:16]
    copy = await asyncio.to_thread(annotated, sheet, states)
    return await post_workbook(
        f"transition-copy:{present_run().id}:{which}:{digest}",
        title=f"{workbook['name']} ({which})",
        text=text,
        name=copy_name(workbook["name"], which),
        content=base64.b64encode(copy).decode(),
        since=created(),
    )


async def _text(
    workbook: Workbook,
    leads: Iterable[Person],
    summary: str,
    *,
    lines: Sequence[str] = (),
    page_beside: tuple[str, str] | None = None,
    copied: bool = True,
) -> str:
    """The message: mentions, summary, and the first of the rows that need attention."""
    return render(
        "transition_copy.slack",
        mentions=await _mentions(workbook, leads),
        workbook=workbook["name"],
        said=summary,
        lines=lines[:MOST_NAMED],
        more=len(lines[MOST_NAMED:]),
        copied=copied,
        run_url=page(present_run().id),
        page=page_beside,
    ).strip()


async def _mentions(workbook: Workbook, leads: Iterable[Person]) -> Markup:
    """Mention the person who shared the workbook in Slack, and the team leads who have a Slack account."""
    by_email = {lead.email: lead for lead in sorted(leads, key=lambda lead: (lead.name, lead.id)) if lead.email}
    names = ", ".join(lead.name for lead in by_email.values())
    members = await slack_members.labelled(names)(list(by_email)) if by_email else {}
    mentioned = [workbook.get("by", ""), *(members[email] for email in by_email if email in members)]
    return Markup(" ").join(slack_user(member) for member in dict.fromkeys(filter(None, mentioned)))
