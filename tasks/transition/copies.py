"""The copy of a workbook that goes back: what became of each row, in the file and in Slack (TRN-2)."""

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
from tasks.core.errors import BadInput
from tasks.core.policy import load_policy
from tasks.runs.claims import artifact_page, created, page, present_run
from tasks.salesforce.reassignments import read_people
from tasks.slack.files import PostedWorkbook, post_workbook, report_unreadable
from tasks.slack.messages import slack_members
from tasks.templates import render, slack_user
from tasks.transition.approved_plan import ApprovedPlan
from tasks.transition.intake import SUFFIXES, Workbook, sheet_of
from tasks.transition.reports import plan_key, progress_key
from tasks.transition.template import annotated
from tasks.transition.workbook import Sheet

READY, REFUSED = "ready", "refused"
CHECKED, RESULT = "checked", "result"
_LONGEST_STEM = 120
MOST_NAMED = 5
"""Rows that a message names; the file names all."""

States = dict[int, tuple[str, str]]
"""State and reason by row."""


async def read_or_report(given: Workbook, today: date, *, preview: bool) -> Sheet:
    """The rows of a workbook; who shared it in Slack is told there when nothing can be read of it.

    Raises:
        BadInput: nothing can be read of it.
    """
    try:
        return await asyncio.to_thread(sheet_of, given, today)
    except BadInput as problem:
        if given.get("by") and not preview:
            text = await _text(given, (), f"nothing could be read. {problem} Then share it again.", copied=False)
            key = f"transition-unreadable:{present_run().id}"
            channel, thread_ts = given.get("thread") or ("", "")
            thread = (channel, thread_ts) if thread_ts else None
            await report_unreadable(key, name=given["name"], text=text, since=created(), thread=thread)
        raise


async def send_validation_copy(given: Workbook, sheet: Sheet, plan: TransitionPlan, mark: str) -> None:
    """Before anything is asked: tell the team leads what is at fault or was left out, with a copy that says why.

    Args:
        given: the workbook.
        sheet: as it was read.
        plan: of it; without faults, and when all was read, nothing is sent.
        mark: of the workbook.
    """
    wrong = plan.rows_at_fault
    if not wrong and not sheet.remarks:
        return
    ready = {one.row.number: (READY, f"{one.name} goes to {one.handover.to_csm.name}.") for one in plan.accounts}
    said = f"Rows ready: {len(ready)}, at fault: {wrong}."
    leads = [one.handover.team_lead for one in plan.accounts]
    page_of_plan = ("Plan", artifact_page(plan_key(mark)))
    text = await _text(given, leads, said, lines=[*map(str, plan.faults), *sheet.remarks], page_beside=page_of_plan)
    await _send(given, sheet, ready | refusals(plan.faults), CHECKED, text)


async def send_result(given: Workbook, kept: ApprovedPlan, mark: str, moved: Mapping[str, MoveProgress]) -> str:
    """When all is at rest: tell the team leads what became of each row; the address of the message.

    Args:
        given: the workbook.
        kept: what was approved.
        mark: of the workbook.
        moved: by account id, how far each is.
    """
    states = results(kept, moved)
    counts = Counter(state for state, _ in states.values())
    said = f"{join_names([f'{count} {state}' for state, count in counts.items()])}."
    failed = [
        f"Row {row_label(one.row)}, {one.account_name}: {states[one.row][1]}"
        for one in kept.orders
        if states[one.row][0] in (MoveStatus.FAILED, MoveStatus.CALLED_OFF)
    ]
    takers = await read_people.labelled("the new CSMs")(sorted({one.new_csm_id for one in kept.orders}))
    report = ("Report", artifact_page(progress_key(mark)))
    text = await _text(given, [one.lead for one in takers if one.lead], said, lines=failed, page_beside=report)
    sheet = await asyncio.to_thread(sheet_of, given, (await load_policy()).today)
    return (await _send(given, sheet, states, RESULT, text))["url"]


def results(kept: ApprovedPlan, moved: Mapping[str, MoveProgress]) -> States:
    """State and reason of every row, in their order: how far its account is, or why it was refused.

    Args:
        kept: what was approved.
        moved: by account id, how far each is.
    """
    ends = {one.row: moved[one.account_id] for one in kept.orders}
    states = {row: (str(one.status), one.message) for row, one in ends.items()} | refusals(kept.row_faults())
    return dict(sorted(states.items()))


def refusals(faults: Iterable[RowFault]) -> States:
    """State and reason of the rows at fault."""
    return {row: (REFUSED, said) for row, said in wrong_by_row(faults).items()}


def copy_name(workbook: str, which: str) -> str:
    """The name of the copy, which every system can save: `book.csv` comes back as `book (checked).xlsx`."""
    ending = next((one for one in SUFFIXES if workbook.lower().endswith(one)), "")
    stem = workbook[: len(workbook) - len(ending)][:_LONGEST_STEM]
    return safe_file_name(f"{stem or 'workbook'} ({which}).xlsx")


async def _send(given: Workbook, sheet: Sheet, states: States, which: str, text: str) -> PostedWorkbook:
    """Post the copy, once for all that it says: a Retry that finds other states sends another one."""
    told = hashlib.sha256(json.dumps(sorted(states.items())).encode()).hexdigest()[:16]
    copy = await asyncio.to_thread(annotated, sheet, states)
    return await post_workbook(
        f"transition-copy:{present_run().id}:{which}:{told}",
        title=f"{given['name']} ({which})",
        text=text,
        name=copy_name(given["name"], which),
        content=base64.b64encode(copy).decode(),
        since=created(),
    )


async def _text(
    given: Workbook,
    leads: Iterable[Person],
    said: str,
    *,
    lines: Sequence[str] = (),
    page_beside: tuple[str, str] | None = None,
    copied: bool = True,
) -> str:
    """The message: whom it is for, what it says, the first of the rows that somebody must look at."""
    return render(
        "transition_copy.slack",
        mentions=await _mentions(given, leads),
        workbook=given["name"],
        said=said,
        lines=lines[:MOST_NAMED],
        more=len(lines[MOST_NAMED:]),
        copied=copied,
        run_url=page(present_run().id),
        page=page_beside,
    ).strip()


async def _mentions(given: Workbook, leads: Iterable[Person]) -> Markup:
    """Who shared the workbook in Slack, and the team leads, as far as they are there."""
    by_email = {one.email: one for one in sorted(leads, key=lambda one: (one.name, one.id)) if one.email}
    names = ", ".join(one.name for one in by_email.values())
    members = await slack_members.labelled(names)(list(by_email)) if by_email else {}
    told = [given.get("by", ""), *(members[email] for email in by_email if email in members)]
    return Markup(" ").join(slack_user(member) for member in dict.fromkeys(filter(None, told)))
