"""Limit how many ends and returns a sweep executes without approval (PUB-4, PUB-5)."""

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
    """The number of clients that a sweep may change without approval.

    Attributes:
        most: the largest number of clients.
        share: the largest percentage of all clients.
        few: the percentage applies only above this number of clients.
    """

    most: int
    share: Decimal
    few: int


def exceeds_guard(items: Iterable[SweepItem], clients: int, guard: Guard, approved: str) -> Problem | None:
    """Return the question to CS Operations when a sweep would change too many clients; None otherwise.

    Args:
        items: of the sweep.
        clients: the number of all clients.
        guard: the limits.
        approved: the number that CS Operations approved, as text; "" when they were not asked.
    """
    new = [item for item in items if item.is_new and item.action is SweepAction.START]
    days = Counter(item.last_day for item in new if not item.returns)
    ending, back = days.total(), len(new) - days.total()
    over = len(new) > guard.most or (len(new) > guard.few and len(new) * 100 > guard.share * clients)
    if not over or (approved and len(new) <= int(approved)):
        return None
    return Problem(
        *(Responsible.CS_OPS, "Sweep", "", "Services that would end or come back"),
        "; ".join((*_ends_shown(days, ending), *_returns_shown(back), f"of {clients} clients")),
        f"More than {guard.most} clients, or {guard.share.normalize():f} %, are changed only with the approval of CS "
        "Operations. Check the table: were end dates or CS Status changed by mistake? Correct them in Salesforce and "
        "check again, or approve the changes.",
        "PUB-4",
        topic=GUARD_TOPIC,
        choices=(Choice(str(len(new)), f"Let up to {len(new)} {_verbs(ending, back)}"),),
    )


def _ends_shown(days: Counter[date | None], ending: int) -> Iterator[str]:
    if ending:
        ((most_on, at_once), *_) = days.most_common(1)
        yield f"{ending} would end, {at_once} of them on {most_on}"


def _returns_shown(back: int) -> Iterator[str]:
    if back:
        is_or_are = "is" if back == 1 else "are"
        yield f"{back} {is_or_are} deactivated and would come back, or be asked about, as a contract is in force"


def _verbs(ending: int, back: int) -> str:
    if ending and back:
        return "end or come back"
    return "end" if ending else "come back"
