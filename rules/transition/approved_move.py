"""What a person has approved of a plan, account by account, and whether it is still that (TRN-10)."""

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
    """A move that was approved, in plain form: what its run is told.

    Attributes:
        key: names the move for ever, and all that it makes: `transition:<approval>:<account id>`.
        account_id: 18 characters.
        account_name: for people.
        former_csm_id: who gives the account away; "" when nobody held it.
        new_csm_id: who takes it.
        row: of the workbook.
        reason: why it moves (TRN-1).
        transfer: how the customer is told, as the team lead wanted it.
        effective: the day of the move, in the org's time zone.
        notes: for the new CSM.
        risk: 0 moves first.
        route: how the customer is told.
        approved: every line of it.
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
    """When the new CSM hears about the account, and from whom (TRN-9).

    Attributes:
        start: aware; None when no time suited.
        host_id: who hands over: the former CSM, or the new one's team lead where the former is gone or away.
        why_not: why there is none, in words for people; "" when there is one.
        zones: by the ids of who hands over and of the new CSM, the names of the time zones by whose clocks they work.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: AwareDatetime | None
    host_id: str = Field(pattern=_USER)
    why_not: str = ""
    zones: dict[str, str] = Field(default_factory=dict)

    def by_clocks(self, people: Iterable[Person], zone: ZoneInfo) -> str:
        """When the call is, by the clock of each of these people, the zone beside every time; "" when there is none.

        Args:
            people: who is there.
            zone: of the org, for those whose own is not known.
        """
        if self.start is None:
            return ""
        clocks = ((one.name, ZoneInfo(self.zones[one.id]) if one.id in self.zones else zone) for one in people)
        return by_clocks(self.start, clocks)


def approved_move(planned: PlannedMove, approval: str) -> ApprovedMove:
    """The order for an account of a plan.

    Args:
        planned: the account.
        approval: of this plan: the same workbook with another approval makes other moves.
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
    """What an order means with the people of its ids; a fault when the new CSM cannot take the account any more.

    Args:
        order: as it was approved.
        users: the former and the new CSM, as far as they exist.
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
    """Why nothing may be moved: what is otherwise than approved, in words; "" when it is as it was.

    A move that began, and whose account is with the new CSM, is made complete, whatever has changed since.

    Args:
        order: as it was approved.
        facts: of the account, as all systems have it now; None when it is not there.
        move: what the order means now.
        today: in the org's time zone.
        terms: of CS Operations.
        begun: this very move wrote before, or may have.
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
    """What is otherwise than approved, a line each.

    Args:
        order: as it was approved.
        now: planned anew, from the records as they are.
    """
    before, after = set(order.approved), set(now.approved)
    return (*_told("gone", before - after), *_told("new", after - before))


def _told(word: str, lines: Iterable[str]) -> Iterator[str]:
    return (f"{word}: {line}" for line in sorted(lines))
