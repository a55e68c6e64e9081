"""The approved move of an account, and its comparison with the records before the move (TRN-10)."""

from collections.abc import Iterable, Iterator
from datetime import date
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from rules.common.records import Person
from rules.transition.account_facts import AccountFacts
from rules.transition.communication import Route
from rules.transition.match import MatchedAccount, MatchedRow, NewCsm, cannot_take
from rules.transition.meeting import by_clocks
from rules.transition.plan import PlannedMove, TransitionTerms, plan_account
from rules.transition.rows import NEW_CSM, Reason, Row, RowFault, Transfer

_USER = r"^005[A-Za-z0-9]{15}$"


class ApprovedMove(BaseModel):
    """An approved move, as the parameters of its run.

    Attributes:
        key: the permanent key of the move and of everything it creates: `transition:<approval>:<account id>`.
        account_id: 18 characters.
        former_csm_id: "" when the account had no CSM.
        row: its number in the workbook.
        reason: why the account moves (TRN-1).
        transfer: the team lead's choice.
        effective: the day of the move, in the org's time zone.
        notes: for the new CSM.
        risk: accounts with risk 0 move first.
        route: how the customer is informed.
        approved: the approved lines.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(min_length=1, max_length=100)
    account_id: str = Field(pattern=r"^001[A-Za-z0-9]{15}$")
    account_name: str
    former_csm_id: str = Field(pattern=rf"{_USER}|^$")
    new_csm_id: str = Field(pattern=_USER)
    row: int
    reason: Reason
    transfer: Transfer
    effective: date
    notes: str
    risk: int
    route: Route
    approved: tuple[str, ...]


class Appointment(BaseModel):
    """The hand-over call of a move (TRN-9).

    Attributes:
        start: aware; None when no time is possible.
        host_id: the former CSM, or the new CSM's team lead when the former one is gone or away.
        why_not: why there is no call, for people; "" when there is one.
        zones: the time zones of host and new CSM, by user id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: AwareDatetime | None
    host_id: str = Field(pattern=_USER)
    why_not: str = ""
    zones: dict[str, str] = Field(default_factory=dict)

    def by_clocks(self, people: Iterable[Person], zone: ZoneInfo) -> str:
        """Return the time of the call in everybody's time zone; "" without a call.

        Args:
            people: the participants.
            zone: of the org, for participants without a known time zone.
        """
        if self.start is None:
            return ""
        clocks = ((one.name, ZoneInfo(self.zones[one.id]) if one.id in self.zones else zone) for one in people)
        return by_clocks(self.start, clocks)


def approved_move(planned: PlannedMove, approval: str) -> ApprovedMove:
    """Make the approved move of a planned one.

    Args:
        planned: the account.
        approval: the id of the approval; another approval of the same workbook makes other moves.
    """
    handover, row = planned.handover, planned.row
    return ApprovedMove(
        key=f"transition:{approval}:{planned.account_id}",
        account_id=planned.account_id,
        account_name=planned.name,
        former_csm_id=handover.from_csm.id if handover.from_csm else "",
        new_csm_id=handover.to_csm.id,
        row=row.number,
        reason=row.reason,
        transfer=row.transfer,
        effective=row.effective,
        notes=row.notes,
        risk=planned.health.category.risk,
        route=planned.communication.route,
        approved=planned.approved,
    )


def matched_row(order: ApprovedMove, users: Iterable[NewCsm]) -> MatchedRow | RowFault:
    """Match an approved move with its users; return a fault when the new CSM can no longer get the account.

    Args:
        order: the approved move.
        users: the former and the new CSM, if they exist.
    """
    known = {user.person.id: user for user in users}
    row = Row.model_construct(
        number=order.row,
        account=order.account_name,
        new_csm=order.new_csm_id,
        reason=order.reason,
        effective=order.effective,
        transfer=order.transfer,
        notes=order.notes,
    )
    taker = known.get(order.new_csm_id)
    if taker is None:
        return RowFault(order.row, NEW_CSM, f"Salesforce has no user {order.new_csm_id}.")
    if wrong := next(iter(cannot_take(row, taker)), None):
        return wrong
    assert taker.lead is not None
    giver = known.get(order.former_csm_id)
    held = MatchedAccount(order.account_id, order.account_name, giver.person if giver else None)
    return MatchedRow(row, held, taker.person, taker.lead)


def changes_since_approval(
    order: ApprovedMove,
    facts: AccountFacts | None,
    move: MatchedRow | RowFault,
    today: date,
    terms: TransitionTerms,
    *,
    begun: bool = False,
) -> str:
    """Return what has changed since the approval, so that nothing is moved; "" for no change.

    A move that has begun, and whose account is with the new CSM, is completed in any case.

    Args:
        order: the approved move.
        facts: of the account, now; None when it was deleted.
        move: from `matched_row`, now.
        today: in the org's time zone.
        terms: the policy.
        begun: whether this move wrote before, or may have.
    """
    if facts is None:
        return "Salesforce has no such account any more"
    if isinstance(move, RowFault):
        return move.message
    holder = facts.csm.id if facts.csm else ""
    if facts.csm and holder == order.new_csm_id:
        return "" if begun else f"{facts.csm.name} is its CSM already"
    if holder != order.former_csm_id:
        return f"its CSM is {facts.csm.name if facts.csm else 'nobody'} by now"
    now = plan_account(move, facts, today, terms)
    return now.message if isinstance(now, RowFault) else "; ".join(differences(order, now))


def differences(order: ApprovedMove, now: PlannedMove) -> tuple[str, ...]:
    """Return each difference from the approved lines.

    Args:
        order: the approved move.
        now: a new plan from the present records.
    """
    before, after = set(order.approved), set(now.approved)
    return (*_marked("gone", before - after), *_marked("new", after - before))


def _marked(word: str, lines: Iterable[str]) -> Iterator[str]:
    return (f"{word}: {line}" for line in sorted(lines))
