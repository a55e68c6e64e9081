"""What people read of a transition: the plan, how far it is, and the page of each account that moved."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from blocks.salesforce.block import SalesforceOrg
from rules.common.records import Change
from rules.common.text import counted
from rules.transition.approved_move import Appointment, ApprovedMove
from rules.transition.plan import BookComparison, TransitionPlan
from rules.transition.progress import MoveProgress
from rules.transition.reassignments import Handover
from rules.transition.rows import row_label, wrong_by_row
from rules.transition.undo import Reversal
from tasks.core.artifacts import show_page, show_table
from tasks.core.connections import connection
from tasks.core.policy import load_policy
from tasks.core.steps import read_task
from tasks.runs.audit import audit_key
from tasks.runs.claims import artifact_page
from tasks.templates import join_markdown, link, picture, render
from tasks.transition.approved_plan import ApprovedPlan
from tasks.transition.past_moves import PastMove

LONGEST_BAR = 300
"""Pixels of the fullest book, before or after."""
ENDED = "Its tasks and sequences in Outreach are ended, its call is off, and its checklist is marked as withdrawn."
_ID = re.compile(r"(?<=\S) \([A-Za-z0-9]{18}\)$")


class ShelfBars(NamedTuple):
    """A CSM's books in the picture: lengths in pixels."""

    name: str
    before: int
    after: int
    label: str


class ShownChange(NamedTuple):
    """A changed field as a page shows it: a name without its id, with which no table would fit the page."""

    record: str
    url: str
    field: str
    before: str
    after: str
    rule: str


def plan_key(mark: str) -> str:
    """The key of the page of a workbook's plan."""
    return f"account-transition-plan-{mark}"


def progress_key(mark: str) -> str:
    """The key of the table of a workbook's accounts."""
    return f"account-transition-{mark}"


def waiting_key(mark: str) -> str:
    """The key of the page that tells what a workbook's run waits for."""
    return f"waiting-transition-{mark}"


def move_key(account_id: str) -> str:
    """The key of an account's page about its move."""
    return f"account-move-{account_id.lower()}"


@read_task("Report on {order.account_name}")
async def show_move(
    order: ApprovedMove, handover: Handover, done: Sequence[Change], appointment: Appointment | None, *, preview: bool
) -> None:
    """Show what moves, or moved, how the customer is informed, and when the new CSM is called about it."""
    org, zone = await connection(SalesforceOrg), (await load_policy()).time_zone
    text = render(
        "account_move.md",
        title=f"{'Preview: ' if preview else ''}{order.account_name} goes to {handover.to_csm.name}",
        order=order,
        handover=handover,
        meets=appointment.by_clocks(handover.at_call(appointment.host_id), zone) if appointment else "",
        why_not=appointment.why_not if appointment else "",
        changes=[_shown(change, org) for change in done],
        before="Now" if preview else "Before",
        after="Then" if preview else "After",
        account_url=org.record_url(order.account_id),
        audit_url="" if preview else artifact_page(audit_key(order.account_id)),
    )
    said = f"{order.account_name} goes to {handover.to_csm.name}: {order.reason}."
    await show_page(text, key=move_key(order.account_id), description=said)


@read_task("Show the plan for {workbook}")
async def show_plan(plan: TransitionPlan, workbook: str, mark: str, *, preview: bool) -> None:
    """Show what a workbook would do: every account, the rows at fault, the books before and after, the warnings.

    Args:
        plan: of the workbook.
        workbook: its name.
        mark: of the workbook.
        preview: nothing is asked.
    """
    org = await connection(SalesforceOrg)
    warnings = (*plan.warnings, *(warning for one in plan.accounts for warning in one.warnings))
    text = render(
        "transition_plan.md",
        title=f"{'Preview: ' if preview else ''}{workbook}",
        plan=plan,
        warnings=warnings,
        chart=picture("shelves_chart.svg", bars=_bars(plan.books)) if plan.books else "",
        record_url=org.record_url,
        planned_at=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        money=_money,
        percent=_percent,
        row_label=row_label,
    )
    await show_page(text, key=plan_key(mark), description=plan.summary)


@read_task("Show how far {kept.workbook} is")
async def show_progress(kept: ApprovedPlan, mark: str, moved: Mapping[str, MoveProgress], copy_url: str = "") -> None:
    """Keep the table of a workbook's rows, with state, reason and links.

    Args:
        kept: what was approved.
        mark: of the workbook.
        moved: by account id, how far those are that have begun.
        copy_url: where the copy with every row's result is; "" while there is none.
    """
    org = await connection(SalesforceOrg)
    rows = [_row(order, moved.get(order.account_id), org.record_url(order.account_id)) for order in kept.orders]
    refused = [(row, _refused(row, said)) for row, said in wrong_by_row(kept.row_faults()).items()]
    every = [*zip((one.row for one in kept.orders), rows, strict=True), *refused]
    table = [row for _, row in sorted(every, key=lambda numbered: numbered[0])]
    done = sum(one.status == "moved" for one in moved.values())
    said = f"{kept.workbook}: {done} of {len(kept.orders)} accounts moved, rows refused: {len(refused)}."
    with_copy = (said, link("The workbook with every row's result", copy_url)) if copy_url else (said,)
    await show_table(table, key=progress_key(mark), description=join_markdown(*with_copy))


def _shown(change: Change, org: SalesforceOrg) -> ShownChange:
    before, after = (_ID.sub("", value) for value in (change.before, change.after))
    url = org.record_url(change.record.rpartition(" ")[2])
    return ShownChange(change.record, url, change.field, before, after, change.rule)


def _row(order: ApprovedMove, moved: MoveProgress | None, url: str) -> dict[str, str]:
    return {
        "Row": row_label(order.row),
        "Account": link(order.account_name, url),
        "State": link(moved.status, moved.url) if moved else "its wave comes later",
        "Told": str(order.route),
        "Said": moved.message if moved else "",
    }


def _refused(row: int, said: str) -> dict[str, str]:
    return {"Row": row_label(row), "Account": "", "State": "refused", "Told": "", "Said": said}


def _bars(shelves: Sequence[BookComparison]) -> list[ShelfBars]:
    fullest = max((max(one.load, one.load_after) for one in shelves), default=0) or 1
    return [
        ShelfBars(
            one.person.name,
            round(LONGEST_BAR * one.load / fullest),
            round(LONGEST_BAR * one.load_after / fullest),
            f"{_percent(one.load)} → {_percent(one.load_after)}, {one.accounts} → {one.accounts_after} accounts",
        )
        for one in shelves
    ]


def _percent(share: Fraction) -> str:
    return f"{float(share):.0%}"


def _money(amount: Decimal | None) -> str:
    return "unknown" if amount is None else f"{amount:,.2f}"


@read_task("Report on giving {move.name} back")
async def show_undo(move: PastMove, back: Reversal, *, preview: bool) -> None:
    """Show what an account's former holders get back, and what stays because somebody changed it since."""
    org = await connection(SalesforceOrg)
    text = render(
        "account_undo.md",
        title=f"{'Preview: ' if preview else ''}{move.name} goes back",
        move=move,
        changes=[_shown(change, org) for change in back.changes],
        stays=back.kept,
        ended="" if preview else ENDED,
        account_url=org.record_url(move.order.account_id),
    )
    said = f"{move.name}: {counted(len(back.changes), 'field')} {'would be ' if preview else ''}given back."
    await show_page(text, key=f"account-undo-{move.order.account_id.lower()}", description=said)
