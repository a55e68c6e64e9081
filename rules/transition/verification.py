"""Whether an account is with its new CSM in every system; what is not is named (TRN-10)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rules.common.problems import Problem, Responsible
from rules.common.records import Person
from rules.common.text import normalize
from rules.transition.reassignments import RULE, OwnershipField, not_reassigned

PRESS = "Press Retry: what is missing is made up for."


@dataclass(frozen=True)
class Owned:
    """Something in Outreach and who has it: `Account 7`, `Prospect 12`, `Task 31`; "" for nobody."""

    record: str
    owner_email: str


@dataclass(frozen=True)
class InSystems:
    """An account after its move, as every system has it.

    Attributes:
        ownership: in Salesforce, by `rules.transition.reassignments.ownership_fields`.
        owned: in Outreach: the account, its prospects and the open tasks about them; None when Outreach has no such
            account.
        introductions: how many times the main contact is in the sequence that introduces the new CSM.
        checklists: files of the account that carry the key of this move.
    """

    ownership: tuple[OwnershipField, ...]
    owned: tuple[Owned, ...] | None
    introductions: int
    checklists: int


def discrepancies(account_id: str, csm: Person, found: InSystems, *, introductions: int) -> tuple[Problem, ...]:
    """Everything that is not as it must be after the move; none when the transition is absolute.

    Args:
        account_id: 18 characters.
        csm: who has the account now.
        found: what the systems say.
        introductions: how many there should be: 1, or 0 where nobody is written to by a sequence.
    """
    return tuple(
        Problem(Responsible.CS_OPS, record, "", field, is_there, f"It must be {wanted}. {PRESS}", rule)
        for record, field, is_there, wanted, rule in _otherwise(f"Account {account_id}", csm, found, introductions)
    )


def _otherwise(
    account: str, csm: Person, found: InSystems, introductions: int
) -> Iterator[tuple[str, str, str, str, str]]:
    for owned in not_reassigned(found.ownership):
        yield (
            owned.record,
            owned.field,
            owned.holder_id or "nobody",
            f"{owned.new_holder.name} ({owned.new_holder.id})",
            RULE,
        )
    for one in _of_others(found.owned or (), csm.email):
        yield f"Outreach {one.record}", "Owner", one.owner_email or "nobody", str(csm.email), RULE
    if found.introductions != introductions:
        yield account, "Introductions in Outreach", str(found.introductions), str(introductions), "TRN-3"
    if found.checklists != 1:
        yield account, "Checklists among the files", str(found.checklists), "1", "TRN-8"


def _of_others(owned: Iterable[Owned], email: str | None) -> Iterator[Owned]:
    return (one for one in owned if normalize(one.owner_email) != normalize(email))
