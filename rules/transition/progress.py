"""The progress of a workbook's accounts, and the questions about it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rules.common.problems import Choice, Problem, Responsible
from rules.common.text import join_names
from rules.transition.approved_move import ApprovedMove
from rules.transition.plan import TransitionPlan

APPROVAL = "plan of the transition"
GO_ON = "go on"
MOST_NAMED = 5


class MoveStatus(StrEnum):
    """The status of the move of one account."""

    LATER = "on its day"
    UNDER_WAY = "under way"
    MOVED = "moved"
    FAILED = "failed"
    CALLED_OFF = "called off"
    UNDONE = "undone"
    ELSEWHERE = "with somebody else"

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing more happens today without a person."""
        return self is not MoveStatus.UNDER_WAY

    @property
    def is_as_wanted(self) -> bool:
        """Whether nobody has to act: the account moved, will move on its day, or its move was undone."""
        return self in (MoveStatus.MOVED, MoveStatus.LATER, MoveStatus.UNDONE)


@dataclass(frozen=True)
class MoveProgress:
    """The status of one account's move, the final message of its run, and the run's page."""

    status: MoveStatus
    message: str
    url: str


def moved_ids(moved: Mapping[str, MoveProgress]) -> list[str]:
    """Return the ids of the accounts whose runs report them as moved."""
    return sorted(account for account, one in moved.items() if one.status is MoveStatus.MOVED)


def with_present_holders(
    orders: Iterable[ApprovedMove], moved: Mapping[str, MoveProgress], present: Mapping[str, str | None]
) -> dict[str, MoveProgress]:
    """Correct the progress: only accounts that are with their new CSM count as moved (TRN-10).

    Args:
        orders: the approved moves.
        moved: by account id, the progress that the runs report.
        present: by account id, the CSM in Salesforce now; a deleted account is missing.
    """
    return dict(moved) | {
        one.account_id: MoveProgress(MoveStatus.ELSEWHERE, _elsewhere(one, present), moved[one.account_id].url)
        for one in orders
        if one.account_id in moved
        and moved[one.account_id].status is MoveStatus.MOVED
        and present.get(one.account_id) != one.new_csm_id
    }


def _elsewhere(order: ApprovedMove, present: Mapping[str, str | None]) -> str:
    if order.account_id not in present:
        return f"The account was moved, but Salesforce no longer has an account {order.account_name}."
    now = present[order.account_id] or "nobody"
    return f"The account was moved, but its CSM was changed afterwards: it is now {now}. Nothing was undone."


def approval(plan: TransitionPlan, workbook: str, page: str) -> Problem:
    """Return the question to the team leads whether exactly this plan is approved.

    Args:
        plan: of the workbook.
        workbook: its name.
        page: the page that shows the plan.
    """
    leads = {one.handover.team_lead.id: one.handover.team_lead for one in plan.accounts}
    people = tuple(sorted(leads.values(), key=lambda one: (one.name, one.id)))
    count = len(plan.accounts)
    moving = f"{count} account{'' if count == 1 else 's'}"
    warned = len(plan.warnings) + sum(len(one.warnings) for one in plan.accounts)
    found = f"a plan for {moving}; rows not ready: {plan.rows_not_ready}"
    return Problem(
        *(Responsible.TEAM_LEAD, "Workbook", "", workbook),
        f"{found}; warnings: {warned}",
        f"{join_names([one.name for one in people])}: review the plan, then approve it. An account that changes in "
        "Salesforce before its move is not moved.",
        "TRN-2",
        topic=f"{APPROVAL} {plan.mark}",
        choices=(Choice(plan.mark, f"Move {moving} as planned"),),
        people=people,
        page=page,
    )


def whether_to_go_on(number: int, wave: Sequence[ApprovedMove], moved: Mapping[str, MoveProgress]) -> Problem:
    """Return the question to CS Operations when too many accounts of a wave failed."""
    failed = [one.account_name for one in wave if moved[one.account_id].status is MoveStatus.FAILED]
    named = [*failed[:MOST_NAMED], *([f"{len(failed) - MOST_NAMED} more"] if len(failed) > MOST_NAMED else [])]
    return Problem(
        *(Responsible.CS_OPS, "Workbook", "", f"Wave {number}"),
        f"{len(failed)} of {len(wave)} accounts failed: {join_names(named)}",
        "Open their runs, correct what they report and press Retry there. Then check again, or go on without them.",
        "TRN-10",
        topic=f"wave {number}",
        choices=(Choice(GO_ON, "Go on with the others"),),
    )
