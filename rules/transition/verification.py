"""Verify that an account is with its new CSM in every system (TRN-10)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rules.common.problems import Problem, Responsible
from rules.common.records import Person
from rules.common.text import normalize
from rules.transition.reassignments import RULE, OwnershipField, not_reassigned
from rules.transition.undo import PRESS


@dataclass(frozen=True)
class Owned:
    """A record in Outreach (`Account 7`, `Prospect 12`, `Task 31`) and its owner; "" for nobody."""

    record: str
    owner_email: str


@dataclass(frozen=True)
class InSystems:
    """An account after its move, read from every system.

    Attributes:
        ownership: in Salesforce, by `rules.transition.reassignments.ownership_fields`.
        owned: in Outreach: the account, its prospects and their open tasks; None without an account there.
        introductions: how often the main contact is in the sequence that introduces the new CSM.
        checklists: the number of the account's files with the key of this move.
    """

    ownership: tuple[OwnershipField, ...]
    owned: tuple[Owned, ...] | None
    introductions: int
    checklists: int


def discrepancies(account_id: str, csm: Person, found: InSystems, *, introductions: int) -> tuple[Problem, ...]:
    """Return a problem for everything that the move did not complete.

    Args:
        account_id: 18 characters.
        csm: the new CSM.
        found: read from the systems.
        introductions: the expected number: 1, or 0 without a sequence.
    """
    return tuple(
        Problem(Responsible.CS_OPS, record, "", field, actual, f"It must be {expected}. {PRESS}", rule)
        for record, field, actual, expected, rule in _differences(f"Account {account_id}", csm, found, introductions)
    )


def _differences(
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
