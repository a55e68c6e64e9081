"""The pages of a transition: the plan, the progress, the move of each account, and its undo."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from blocks.salesforce.block import SalesforceOrg
from rules.common.local_time import local_time
from rules.common.records import Change
from rules.common.text import counted
from rules.transition.approved_move import Appointment, ApprovedMove
from rules.transition.plan import BookComparison, TransitionPlan
from rules.transition.progress import MoveProgress, MoveStatus
from rules.transition.reassignments import Handover
from rules.transition.rows import row_label, wrong_by_row
from rules.transition.undo import Reversal
from tasks.core.artifacts import artifact_page, show_page, show_rows
from tasks.core.connections import connection
from tasks.core.policy import load_policy
from tasks.core.steps import read_task
from tasks.runs.account_page import account_page_key
from tasks.templates import join_markdown, link, picture, render
from tasks.transition.approved_plan import ApprovedPlan
from tasks.transition.past_moves import PastMove

LONGEST_BAR = 300
"""Length in pixels of the fullest book, before or after."""
NOT_READY = "not ready"
"""The state of a row that does not move."""
_COLUMNS = ("Row", "Account", "State", "Route", "Message")
_ENDED = "Its tasks and sequences in Outreach are ended, its call is cancelled, its checklist is marked as withdrawn."
_ID = re.compile(r"(?<=\S) \([A-Za-z0-9]{18}\)$")


class BookBars(NamedTuple):
    """A CSM's book before and after the transition, as bars of a chart: lengths in pixels."""

    name: str
    before: int
    after: int
    label: str


class ShownChange(NamedTuple):
    """A changed field on a page: names without their ids, so that the table fits the page."""

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
    """The key of the page of a workbook's accounts."""
    return f"account-transition-{mark}"


def waiting_key(mark: str) -> str:
    """The key of the page with the open questions of a workbook's run."""
    return f"waiting-transition-{mark}"


def move_key(account_id: str) -> str:
    """The key of an account's page about its move."""
    return f"account-move-{account_id.lower()}"


def undo_key(account_id: str) -> str:
    """The key of an account's page about the undo of its move."""
    return f"account-undo-{account_id.lower()}"


@read_task("Report on {order.account_name}")
async def show_move(
    order: ApprovedMove, handover: Handover, done: Sequence[Change], appointment: Appointment | None, *, preview: bool
) -> None:
    """Show the changes of a move, how the customer is informed, and when the call of the new CSM is."""
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
        audit_url="" if preview else await artifact_page(account_page_key(order.account_id)),
    )
    summary = f"{order.account_name} goes to {handover.to_csm.name}: {order.reason}."
    await show_page(text, key=move_key(order.account_id), description=summary)


@read_task("Show the plan for {workbook}")
async def show_plan(plan: TransitionPlan, workbook: str, mark: str, *, preview: bool) -> str:
    """Show the plan of a workbook: accounts, rows that are not ready, books before and after; the page's address.

    Args:
        plan: of the workbook.
        workbook: its name.
        mark: of the workbook.
        preview: whether the plan is only shown and no approval is requested.
    """
    org = await connection(SalesforceOrg)
    warnings = (*plan.warnings, *(warning for move in plan.accounts for warning in move.warnings))
    text = render(
        "transition_plan.md",
        title=f"{'Preview: ' if preview else ''}{workbook}",
        plan=plan,
        warnings=warnings,
        chart=picture("shelves_chart.svg", bars=_bars(plan.books)) if plan.books else "",
        record_url=org.record_url,
        planned_at=local_time(datetime.now(UTC), (await load_policy()).time_zone),
        money=_money,
        percent=_percent,
        row_label=row_label,
    )
    return await show_page(text, key=plan_key(mark), description=plan.summary)


@read_task("Show the progress of {approved.workbook}")
async def show_progress(
    approved: ApprovedPlan, mark: str, moved: Mapping[str, MoveProgress], copy_url: str = ""
) -> None:
    """Update the page of a workbook's rows, with state, reason and links. It keeps its address.

    Args:
        approved: the approved plan.
        mark: of the workbook.
        moved: by account id, the progress of the accounts whose moves have started.
        copy_url: address of the copy with the result of every row; "" while there is none.
    """
    org = await connection(SalesforceOrg)
    not_ready = {row: _not_ready(row, message) for row, message in wrong_by_row(approved.row_faults()).items()}
    rows = not_ready | {
        order.row: _row(order, moved.get(order.account_id), org.record_url(order.account_id))
        for order in approved.orders
    }
    done = sum(move.status is MoveStatus.MOVED for move in moved.values())
    summary = f"{approved.workbook}: {done} of {len(approved.orders)} accounts moved, rows not ready: {len(not_ready)}."
    parts = (summary, link("The workbook with the result of every row", copy_url)) if copy_url else (summary,)
    await show_rows(
        [rows[row] for row in sorted(rows)], key=progress_key(mark), summary=join_markdown(*parts), keep=True
    )


def _shown(change: Change, org: SalesforceOrg) -> ShownChange:
    before, after = (_ID.sub("", value) for value in (change.before, change.after))
    url = org.record_url(change.record.rpartition(" ")[2])
    return ShownChange(change.record, url, change.field, before, after, change.rule)


def _row(order: ApprovedMove, moved: MoveProgress | None, url: str) -> dict[str, str]:
    state, message = (link(moved.status, moved.url), moved.message) if moved else ("its wave comes later", "")
    values = (row_label(order.row), link(order.account_name, url), state, str(order.route), message)
    return dict(zip(_COLUMNS, values, strict=True))


def _not_ready(row: int, message: str) -> dict[str, str]:
    return dict(zip(_COLUMNS, (row_label(row), "", NOT_READY, "", message), strict=True))


def _bars(books: Sequence[BookComparison]) -> list[BookBars]:
    fullest = max((max(book.load, book.load_after) for book in books), default=0) or 1
    return [
        BookBars(
            book.person.name,
            round(LONGEST_BAR * book.load / fullest),
            round(LONGEST_BAR * book.load_after / fullest),
            f"{_percent(book.load)} → {_percent(book.load_after)}, {book.accounts} → {book.accounts_after} accounts",
        )
        for book in books
    ]


def _percent(share: Fraction) -> str:
    return f"{float(share):.0%}"


def _money(amount: Decimal | None) -> str:
    return "unknown" if amount is None else f"{amount:,.2f}"


@read_task("Report on the undo of {move.name}")
async def show_undo(move: PastMove, back: Reversal, *, also: Sequence[str] = (), preview: bool) -> None:
    """Show the restored fields of an account, and what is not restored because somebody changed it after the move.

    `also`: for a preview, what else would go back, a sentence each.
    """
    org = await connection(SalesforceOrg)
    text = render(
        "account_undo.md",
        title=f"{'Preview: ' if preview else ''}{move.name} goes back",
        move=move,
        changes=[_shown(change, org) for change in back.changes],
        stays=back.kept,
        ended="" if preview else _ENDED,
        also=also,
        preview=preview,
        account_url=org.record_url(move.order.account_id),
    )
    summary = f"{move.name}: {counted(len(back.changes), 'field')} {'would be ' if preview else ''}restored."
    await show_page(text, key=undo_key(move.order.account_id), description=summary)
