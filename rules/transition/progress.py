"""How far the accounts of a workbook are, and what a person is asked on the way."""

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
    """How far the move of one account is."""

    LATER = "on its day"
    UNDER_WAY = "under way"
    MOVED = "moved"
    FAILED = "failed"
    CALLED_OFF = "called off"
    GIVEN_BACK = "given back"
    ELSEWHERE = "with somebody else"

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing happens to it by itself today."""
        return self is not MoveStatus.UNDER_WAY

    @property
    def is_as_wanted(self) -> bool:
        """Whether nobody has to do anything about it: it moved, will on its day, or was given back on purpose."""
        return self in (MoveStatus.MOVED, MoveStatus.LATER, MoveStatus.GIVEN_BACK)


@dataclass(frozen=True)
class MoveProgress:
    """One account on its way: how far, the last word of its run, and that run's page."""

    status: MoveStatus
    message: str
    url: str


def moved_ids(moved: Mapping[str, MoveProgress]) -> list[str]:
    """The ids of the accounts whose runs say that they moved them."""
    return sorted(account for account, one in moved.items() if one.status is MoveStatus.MOVED)


def with_present_holders(
    orders: Iterable[ApprovedMove], moved: Mapping[str, MoveProgress], present: Mapping[str, str | None]
) -> dict[str, MoveProgress]:
    """How far the accounts are, where "moved" is said of those alone that are with their new CSM (TRN-10).

    Args:
        orders: as they were approved.
        moved: by account id, how far each is by its run.
        present: by account id, the CSM whom Salesforce has now; an account that is gone is missing.
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
        return f"It was moved, and Salesforce has no account {order.account_name} any more."
    now = present[order.account_id] or "nobody"
    return f"It was moved, and its CSM was changed since: the account names {now} now. Nothing was undone."


def approval(plan: TransitionPlan, workbook: str, page: str) -> Problem:
    """What the team leads are asked before anything moves: exactly this plan, or nothing.

    Args:
        plan: of the workbook.
        workbook: its name.
        page: where the plan is shown.
    """
    leads = {one.handover.team_lead.id: one.handover.team_lead for one in plan.accounts}
    people = tuple(sorted(leads.values(), key=lambda one: (one.name, one.id)))
    count = len(plan.accounts)
    moving = f"{count} account{'' if count == 1 else 's'}"
    warned = len(plan.warnings) + sum(len(one.warnings) for one in plan.accounts)
    found = f"a plan for {moving}; rows at fault: {plan.rows_at_fault}"
    return Problem(
        *(Responsible.TEAM_LEAD, "Workbook", "", workbook),
        f"{found}, worth a second thought: {warned}",
        f"{join_names([one.name for one in people])}: look at the plan, then approve it. An account that changes in "
        "Salesforce before it moves is not moved.",
        "TRN-2",
        topic=f"{APPROVAL} {plan.mark}",
        choices=(Choice(plan.mark, f"Move {moving} as planned"),),
        people=people,
        page=page,
    )


def whether_to_go_on(number: int, wave: Sequence[ApprovedMove], moved: Mapping[str, MoveProgress]) -> Problem:
    """What CS Operations are asked when too many of a wave failed."""
    failed = [one.account_name for one in wave if moved[one.account_id].status is MoveStatus.FAILED]
    named = [*failed[:MOST_NAMED], *([f"{len(failed) - MOST_NAMED} more"] if len(failed) > MOST_NAMED else [])]
    return Problem(
        *(Responsible.CS_OPS, "Workbook", "", f"Wave {number}"),
        f"{len(failed)} of {len(wave)} accounts failed: {join_names(named)}",
        "Open their runs, put right what they say and press Retry there. Then check again here, or go on without them.",
        "TRN-10",
        topic=f"wave {number}",
        choices=(Choice(GO_ON, "Go on with the others"),),
    )
