"""How much a sweep may change without being asked: ends and returns together (PUB-4, PUB-5)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rules.common.problems import Choice, Problem, Responsible
from rules.contracts.sweep import SweepAction, SweepItem

GUARD_TOPIC = "end of contract"


@dataclass(frozen=True)
class Guard:
    """How much a sweep may end without being asked.

    Attributes:
        most: clients.
        share: of all clients, in percent.
        few: up to so many clients the share says nothing.
    """

    most: int
    share: Decimal
    few: int


def exceeds_guard(lines: Iterable[SweepItem], clients: int, guard: Guard, approved: str) -> Problem | None:
    """What CS Operations are asked before so many services end or come back at once; None when there is no need.

    Args:
        lines: of the sweep.
        clients: how many there are in all.
        guard: how much a sweep may change.
        approved: up to how many CS Operations said yes to; "" when they were not asked.
    """
    new = [one for one in lines if one.is_new and one.action is SweepAction.START]
    days = Counter(one.last_day for one in new if not one.returns)
    ending, back = days.total(), len(new) - days.total()
    over = len(new) > guard.most or (len(new) > guard.few and len(new) * 100 > guard.share * clients)
    if not over or (approved and len(new) <= int(approved)):
        return None
    return Problem(
        *(Responsible.CS_OPS, "Sweep", "", "Services that would end or come back"),
        "; ".join((*_ends_shown(days, ending), *_returns_shown(back), f"of {clients} clients")),
        f"More than {guard.most}, or {guard.share.normalize():f} %, are changed only if CS Operations say so. Look at "
        "the table: were end dates or CS Status changed by mistake? Correct them in Salesforce and check again, or let "
        "it be done.",
        "PUB-4",
        topic=GUARD_TOPIC,
        choices=(Choice(str(len(new)), f"Let up to {len(new)} {_what(ending, back)}"),),
    )


def _ends_shown(days: Counter[date | None], ending: int) -> Iterator[str]:
    if ending:
        ((most_on, at_once), *_) = days.most_common(1)
        yield f"{ending} would end, {at_once} of them on {most_on}"


def _returns_shown(back: int) -> Iterator[str]:
    if back:
        is_or_are = "is" if back == 1 else "are"
        yield f"{back} {is_or_are} deactivated and would come back, or be asked about, as a contract is in force"


def _what(ending: int, back: int) -> str:
    if ending and back:
        return "end or come back"
    return "end" if ending else "come back"
